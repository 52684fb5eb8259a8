"""Completion in bash, zsh and fish."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tenantkit.cli.main import main

COMPLETE = [sys.executable, "-m", "tenantkit"]


def completed(shell: str, words: str, index: str) -> str:
    """What the program answers to a completion script."""
    request = {"_TENANTKIT_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": index}
    answer = subprocess.run(COMPLETE, env=os.environ | request, capture_output=True, text=True, check=True, timeout=60)
    return answer.stdout


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o nosort -F _tenantkit_completion tenantkit\n"),
        ("zsh", "compdef _tenantkit_completion tenantkit\n"),
        ("fish", 'complete --no-files --command tenantkit --arguments "(_tenantkit_completion)";'),
    ],
)
def test_a_script_is_printed_for_each_shell(shell: str, registers: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0

    script = capsys.readouterr().out
    assert f"_TENANTKIT_COMPLETE={shell}_complete" in script
    assert registers in script


def test_bash_accepts_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])

    script = capsys.readouterr().out + "\ncomplete -p tenantkit\n"
    answer = subprocess.run(["bash"], input=script, capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout == "complete -o nosort -F _tenantkit_completion tenantkit\n"


def test_commands_and_options_are_completed() -> None:
    assert completed("bash", "tenantkit pl", "1") == "plain,plan\n"
    assert completed("bash", "tenantkit plan --dry", "2") == "plain,--dry-run\n"
    assert completed("bash", "tenantkit plan --output ", "3") == "plain,table\nplain,json\n"


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2

    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'." in capsys.readouterr().err

"""What is printed: data as it is, also when it looks like Python code, and nothing to a closed pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tenantkit.cli.output import print_result, print_text
from tenantkit.cli.reports import exit_code
from tenantkit.provision.report import ApplyOutcome, Report
from tenantkit.rules.manifest import ObjectRef

DATA = {
    "team": "kubeconfig=",
    "annotation": "tk.whoami(cluster) shows context=",
    "reason": "use tk.Sandbox() (see .report)",
}
NAMESPACE = ObjectRef("v1", "Namespace", "vision")


def test_data_that_looks_like_code_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_result("json", DATA, "")
    print_result("table", DATA, "kubeconfig= names tk.Sandbox()")

    shown, _, table = capsys.readouterr().out.rpartition("}\n")
    assert json.loads(shown + "}") == DATA
    assert table == "kubeconfig= names tk.Sandbox()\n"


def test_text_in_any_language_is_json_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    print_result("json", {"team": "Größe 视觉"}, "")

    assert "Größe 视觉" in capsys.readouterr().out


def test_output_to_a_closed_pipe_is_dropped_and_the_command_continues() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = f"from {print_text.__module__} import *\nfor _ in range(3): print_text('x' * 9)\nnotify('finished')"

    done = subprocess.run(
        [sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )

    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "finished\n")


@pytest.mark.parametrize("words", [["--help"], ["plan", "--help"], ["--version"], ["completion", "zsh"]])
def test_a_closed_pipe_ends_a_command_quietly(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "tenantkit", *words], stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60
    )

    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_process_without_standard_output_still_runs_its_command() -> None:
    command = f"exec {sys.executable} -m tenantkit completion zsh >&-"

    done = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, check=False, timeout=60)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(failed=(ApplyOutcome(NAMESPACE, "blocked"), ApplyOutcome(NAMESPACE, "unknown"))), 4),
        (Report(failed=(ApplyOutcome(NAMESPACE, "blocked"), ApplyOutcome(NAMESPACE, "conflict"))), 1),
        (Report(failed=(ApplyOutcome(NAMESPACE, "blocked"),), not_ready=(ApplyOutcome(NAMESPACE, "wait"),)), 1),
        (Report(failed=(ApplyOutcome(NAMESPACE, "blocked"),), interrupted=True), 130),
        (Report(not_attempted=(ApplyOutcome(NAMESPACE, "create"),), interrupted=True), 130),
        (Report(not_ready=(ApplyOutcome(NAMESPACE, "wait"),)), 1),
    ],
)
def test_the_exit_code_says_how_an_incomplete_apply_ended(report: Report, code: int) -> None:
    assert exit_code(report) == code


HOSTILE = "a\x1b[2J\x9b1mb\u202etxt.\u2066c\x7f\x00\r\u2028d\ud800e"


def test_control_characters_are_escapes_in_json_and_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_result("json", {HOSTILE: [HOSTILE]}, "")
    as_json = capsys.readouterr().out
    print_result("table", None, f"one\n\ttwo {HOSTILE}")
    as_text = capsys.readouterr().out

    assert json.loads(as_json) == {HOSTILE: [HOSTILE]}
    assert all(character.isprintable() or character == "\n" for character in as_json)
    escaped = r"a\x1b[2J\x9b1mb\u202etxt.\u2066c\x7f\x00\r\u2028d\ud800e"
    assert as_text == f"one\n\ttwo {escaped}\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252"])
def test_an_output_that_cannot_hold_a_character_gets_its_escape(encoding: str) -> None:
    program = (
        "from tenantkit.cli.output import *\n"
        "print_text('Größe 视觉 …')\nprint_result('json', {'team': 'Größe 视觉 …'}, '')\nnotify('视觉')"
    )
    environment = {**os.environ, "PYTHONIOENCODING": f"{encoding}:strict"}

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=True, timeout=60)

    first, _, rest = done.stdout.decode(encoding).partition("\n")
    assert json.loads(rest) == {"team": "Größe 视觉 …"}
    assert first == ("Größe 视觉 …".encode(encoding, "backslashreplace").decode(encoding))


def test_a_full_disk_is_an_error_with_an_exit_code() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 (a device)
        done = subprocess.run(
            [sys.executable, "-m", "tenantkit", "completion", "zsh"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr

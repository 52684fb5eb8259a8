"""The help: each command has a sentence, an example that its parser accepts, and its exit codes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from tenantkit import __version__
from tenantkit.cli.command import Command
from tenantkit.cli.exit_codes import MEANINGS, ExitCode
from tenantkit.cli.main import main, program

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "command-line.md").read_text()
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# without a comment, and without the target of a redirection
LINE = re.compile(r"^tenantkit ([^#>\n]+)", re.MULTILINE)
COMMANDS = sorted(program.commands)


def command_lines() -> list[str]:
    """The commands in the code blocks of the README and of the page about the command line."""
    blocks = BLOCK.findall(README) + BLOCK.findall(PAGE)
    return sorted({line.strip() for block in blocks for line in LINE.findall(block)})


def command_of(name: str) -> Command:
    command = program.commands[name]
    assert isinstance(command, Command)
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_sentence_an_example_and_exit_codes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0

    shown = capsys.readouterr().out
    command = command_of(name)
    assert command.get_short_help_str(200).endswith(".")
    assert f"Example:\n  {command.example}\n" in shown
    assert "  130  interrupted by Ctrl-C or SIGTERM\n" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_is_accepted_by_the_parser(name: str) -> None:
    words = shlex.split(command_of(name).example.removeprefix('eval "$(').removesuffix(')"'))

    assert words[:2] == ["tenantkit", name]
    command_of(name).make_context(name, words[2:], parent=click.Context(program)).close()


@pytest.mark.parametrize("line", command_lines())
def test_a_command_on_a_page_is_accepted_by_the_parser(line: str) -> None:
    name, *words = shlex.split(line)

    command_of(name).make_context(name, words, parent=click.Context(program)).close()


def test_the_readme_installs_the_wheel_of_this_version() -> None:
    assert f"dist/tenantkit-{__version__}-py3-none-any.whl[lab]" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text(name: str) -> None:
    options = [it for it in command_of(name).params if isinstance(it, click.Option)]

    assert [option.name for option in options if not option.help] == []


def test_the_top_level_help_lists_commands_and_exit_codes_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    shown = capsys.readouterr().out
    assert [code for code in ExitCode if MEANINGS[code] not in shown] == []
    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []
    assert "..." not in shown.partition("Commands:")[2]


def test_the_page_about_the_command_line_names_every_command_option_and_exit_code() -> None:
    options = {name for command in program.commands.values() for it in command.params for name in it.opts}

    assert [name for name in COMMANDS if f"tenantkit {name}" not in PAGE] == []
    assert sorted(name for name in options if name.startswith("--") and f"`{name}" not in PAGE) == []
    assert [code for code in ExitCode if f"| {code:d} | {MEANINGS[code]} |" not in PAGE] == []


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["--version"]), capsys.readouterr().out) == (0, f"tenantkit {__version__}\n")


@pytest.mark.parametrize("name", ["plan", "apply", "demo"])
def test_a_command_that_can_refuse_a_tenant_documents_the_exit_code(name: str) -> None:
    assert ExitCode.BLOCKED in command_of(name).exit_codes

"""The command that prints a completion script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tenantkit.cli.command import Command
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import print_text

PROGRAM = "tenantkit"
VARIABLE = "_TENANTKIT_COMPLETE"


@click.command(cls=Command, example='eval "$(tenantkit completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script for bash, zsh or fish.

    For bash and zsh, add the example to ~/.bashrc or ~/.zshrc. For fish, write the script to
    ~/.config/fish/completions/tenantkit.fish.
    """
    shell_class = get_completion_class(shell)
    assert shell_class is not None  # noqa: S101 (click has all three)
    print_text(shell_class(context.find_root().command, {}, PROGRAM, VARIABLE).source())
    return ExitCode.DONE

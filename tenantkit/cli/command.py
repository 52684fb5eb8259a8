"""A command of `tenantkit`: its help ends with an example and with the exit codes that it can return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenantkit.cli.exit_codes import MEANINGS, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

ALWAYS = (ExitCode.DONE, ExitCode.FAILED, ExitCode.USAGE, ExitCode.INTERRUPTED)


class Command(click.Command):
    """A click command with an example and exit codes.

    Args:
        *arguments: passed to click.
        example: a command line as a user types it.
        exit_codes: the codes besides those that every command can return.
        **options: passed to click.
    """

    def __init__(self, *arguments: Any, example: str, exit_codes: Sequence[ExitCode] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.example = example
        self.exit_codes = tuple(sorted({*ALWAYS, *exit_codes}))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example and the exit codes below the options."""
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{self.example}\n")
        write_exit_codes(formatter, self.exit_codes)
        super().format_epilog(ctx, formatter)


def write_exit_codes(formatter: click.HelpFormatter, codes: Sequence[ExitCode]) -> None:
    """Write a section with exit codes and their meanings."""
    with formatter.section("Exit codes"):
        formatter.write_dl([(str(int(code)), MEANINGS[code]) for code in codes])

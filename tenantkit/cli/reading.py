"""What commands that read share: the part of the cluster that they read, and how they print a frame.

A table is that of the frame itself, as wide as the terminal; in a pipe or a file it is as wide as its rows. JSON has
all rows and columns, in base units. What could not be read is reported in both, so that a short answer is not taken for
a whole one.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import print_result
from tenantkit.exceptions import words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from tenantkit.cli.output import Format

Filters: TypeAlias = dict[str, Any]  # the keyword arguments of a reader


def filter_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add `--tenant`, `--namespaces` and `--selector` to a command, which gets them as `filters`, for `**filters`."""

    @click.option("--tenant", metavar="NAME", help="Only this tenant. Default: all that you may read.")
    @click.option(
        "-n",
        "--namespaces",
        metavar="NAME[,NAME...]",
        multiple=True,
        help="Only these namespaces, in place of --tenant. Repeatable.",
    )
    @click.option("-l", "--selector", metavar="SELECTOR", help="Only objects with these labels.")
    @wraps(command)
    def filtered(
        *arguments: Any, tenant: str | None, namespaces: tuple[str, ...], selector: str | None, **options: Any
    ) -> int:
        names = [name.strip() for text in namespaces for name in text.split(",")]
        if tenant is not None and names:
            raise click.UsageError("--tenant and --namespaces exclude each other: use one of them")
        filters = {"tenant": tenant, "namespaces": names or None, "label_selector": selector}
        return command(*arguments, filters=filters, **options)

    return filtered


def reader_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add what `filter_options` adds, and TENANT as an argument, which means the same as `--tenant`."""

    @click.argument("named", metavar="[TENANT]", required=False)
    @filter_options
    @wraps(command)
    def filtered(*arguments: Any, named: str | None, filters: Filters, **options: Any) -> int:
        if named is None:
            return command(*arguments, filters=filters, **options)
        if "/" in named:
            right = f"use --workload {named}" if "workload" in options else "name its tenant"
            raise click.UsageError(f"{named!r} is a workload: {right}")
        if filters["tenant"] or filters["namespaces"]:
            raise click.UsageError("TENANT, --tenant and --namespaces exclude each other: use one of them")
        return command(*arguments, filters=filters | {"tenant": named}, **options)

    return filtered


def print_frame(output: Format, frame: pd.DataFrame, *, is_whole: bool = False) -> int:
    """Print a frame as a table or as JSON.

    Args:
        output: `table` or `json`.
        frame: from any reader.
        is_whole: whether the table also has the rows that need no attention.

    Returns:
        The exit code: an answer is an answer, also where a part could not be read.
    """
    data = frame_json(frame) if output == "json" else {}
    print_result(output, data, frame_table(frame, is_whole=is_whole) if output == "table" else "")
    return ExitCode.DONE


def frame_table(frame: pd.DataFrame, *, is_whole: bool = False) -> str:
    """A frame as text, with notes of what is left out; a sentence for a frame without rows."""
    from tenantkit.display.frame_text import frame_text, sentences_lines
    from tenantkit.display.shown import empty_sentence, incomplete_notes, shown_of

    width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None
    if frame.empty:
        return "\n".join(sentences_lines([empty_sentence(frame), *incomplete_notes(frame.attrs, "shell")], width))
    shown = shown_of(frame, datetime.now(UTC), max_rows=None, max_columns=None, is_folded=not is_whole, surface="shell")
    return frame_text(shown, width)


def frame_json(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame as plain data: `rows`, `scope` and `incomplete`; a missing value is None, a time is a text in UTC."""
    scope = frame.attrs.get("scope") or ()
    columns = [[_plain(value) for value in frame.iloc[:, place].tolist()] for place in range(frame.shape[1])]
    names = [str(name) for name in frame.columns]
    return {
        "rows": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
        "scope": scope if isinstance(scope, str) else list(scope),
        "incomplete": {
            kind: words_of(reason, "shell") for kind, reason in (frame.attrs.get("incomplete") or {}).items()
        },
    }


def _plain(value: Any) -> Any:
    import pandas as pd

    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    return value

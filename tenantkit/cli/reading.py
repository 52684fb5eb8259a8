"""What commands that read share: the part of the cluster that they read, and how they print a frame.

A table has the columns that fit a terminal, with units; JSON has all columns, in base units. What could not be read is
reported on standard error and in the JSON, so that a short answer is not taken for a whole one.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import notify, print_result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


def print_frame(output: Format, frame: pd.DataFrame, *, empty: str, columns: Sequence[str] = ()) -> int:
    """Print a frame as a table or as JSON, and what could not be read to standard error.

    Args:
        output: `table` or `json`.
        frame: from any reader.
        empty: the sentence for a frame without rows, such as `No tenants.`.
        columns: those of the table, in its order. Default: all. JSON always has all.

    Returns:
        The exit code: an answer is an answer, also where a part could not be read.
    """
    for kind, reason in (frame.attrs.get("incomplete") or {}).items():
        notify(f"tenantkit: {kind} could not be read in full: {reason}")
    data = frame_json(frame) if output == "json" else {}
    text = frame_table(frame, columns) if output == "table" and len(frame) else empty
    print_result(output, data, text)
    return ExitCode.DONE


def frame_table(frame: pd.DataFrame, columns: Sequence[str] = ()) -> str:
    """A frame as text: the named columns, amounts with units, empty columns left out."""
    from tenantkit.display.styling import texts_of
    from tenantkit.display.tables import text_table

    texts = texts_of(frame)[list(columns) or list(frame.columns)]
    names = [str(name).replace("_", " ").upper() for name in texts.columns]
    return text_table(names, [tuple(row) for row in texts.itertuples(index=False, name=None)], is_whole=True)


def frame_json(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame as plain data: `rows`, `scope` and `incomplete`; a missing value is None, a time is a text in UTC."""
    columns = [[_plain(value) for value in frame.iloc[:, place].tolist()] for place in range(frame.shape[1])]
    names = [str(name) for name in frame.columns]
    return {
        "rows": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
        "scope": list(frame.attrs.get("scope") or ()),
        "incomplete": dict(frame.attrs.get("incomplete") or {}),
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

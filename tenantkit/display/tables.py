"""Tables for people: text for a terminal, HTML for a notebook.

Texts from a cluster are written by others: control characters could rewrite a terminal's lines, markup a page. Both are
made harmless here, in one place. Rejected alternative: pandas' own rendering, which would import pandas for each print.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_CELL_LIMIT = 60


def clean(text: str) -> str:
    """The text on one line and without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def cut(text: str, limit: int) -> str:
    """The text on one line, with at most `limit` characters; a longer one is cut first, and ends with `…`."""
    return clean(text) if len(text) <= limit else f"{clean(text[: limit - 1])}…"


def value_text(value: Any) -> str | None:
    """A field's value as text: text as it is, anything else as JSON, None as None."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str | None]], *, is_whole: bool = False) -> str:
    """Left-aligned columns; empty ones are left out, and cells are cut at 60 characters except in the last column.

    Args:
        columns: their names.
        rows: the cells.
        is_whole: whether no cell is cut.
    """
    used = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    last = used[-1] if used else -1
    cells = [[columns[index] for index in used]]
    cells += [[_cut(row[index], whole=is_whole or index == last) for index in used] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(used))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def html_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """The same as an HTML table below a line of text; every cell is escaped, and JupyterLab parses no formulas."""
    used = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    head = "".join(f'<th scope="col" style="text-align:left">{escape(columns[index])}</th>' for index in used)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="text-align:left">{escape(clean(row[index] or ""))}</td>' for index in used)
        + "</tr>"
        for row in rows
    )
    table = f'<table class="mathjax_ignore"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>' if rows else ""
    return f"<p>{escape(clean(caption))}</p>{table}"


def _cut(text: str | None, *, whole: bool) -> str:
    return clean(text or "") if whole else cut(text or "", _CELL_LIMIT)

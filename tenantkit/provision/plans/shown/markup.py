"""A plan on a page: headlines and notices first, objects and fields folded below the summary."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tenantkit.display.tables import clean, html_table
from tenantkit.provision.plans.table import SHOWN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.provision.plans.headlines import Sort

# The first word of a line, so that its sort is seen without colours.
SORT_WORDS: dict[Sort, str] = {"loss": "Removes", "others": "Needs others", "change": "Changes"}


def plan_html(
    lines: Iterable[tuple[Sort, str]], notices: Iterable[str], summary: str, rows: Sequence[Sequence[str | None]]
) -> str:
    """The plan as HTML.

    Args:
        lines: the headlines, with their sorts.
        notices: what to know before it is applied.
        summary: number of objects by action.
        rows: the cells of `SHOWN_COLUMNS`; folded.
    """
    items = [f"<li><b>{SORT_WORDS[sort]}:</b> {escape(text)}</li>" for sort, text in lines]
    items += [f"<li><b>Note:</b> {escape(clean(text))}</li>" for text in notices]
    listed = f'<ul class="mathjax_ignore">{"".join(items)}</ul>' if items else ""
    if not rows:
        return f"{listed}<p>{escape(summary)}</p>"
    table = html_table("By object and field:", SHOWN_COLUMNS, rows)
    return f"{listed}<details><summary>{escape(summary)}</summary>{table}</details>"

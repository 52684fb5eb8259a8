"""Answers of `why` and `quota_holders` below a live view, as of the time at which they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import amount_text
from tenantkit.forms.kit.panel import notice, now_text, table
from tenantkit.forms.live.texts import cell_text

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.forms.kit.markup import Content

_HOLDER_LIMIT = 50


def causes_content(causes: pd.DataFrame, subject: str) -> tuple[Content, ...]:
    """The causes of `why`, and what it could not read, as of now.

    Args:
        causes: from `why`.
        subject: what was asked about: `Job/train in vision`.
    """
    is_unreadable = causes["cause"] == "not readable"
    found = causes[~is_unreadable]
    kinds = ", ".join(dict.fromkeys(causes.loc[is_unreadable, "object"]))
    text = f"{kinds} could not be read, so causes that depend on them are not shown."
    unreadable = notice("warning", text, word="Not readable") if kinds else None
    if found.empty:
        text = f"No problems found for {subject} at {now_text()}. A pod younger than one minute may still be starting."
        return unreadable, notice("info", text)
    caption = f"Problems found for {subject} at {now_text()}: {len(found)} cause{'s' * (len(found) != 1)}"
    columns = ("workload", "cause", "object", "message", "evidence", "next_steps")
    rows = [[cell_text(value) for value in row] for row in found[list(columns)].fillna("").to_numpy()]
    return unreadable, table(columns, rows, caption=caption)


def holders_content(holders: pd.DataFrame, namespace: str, resource: str) -> tuple[Content, ...]:
    """Who holds one resource of a namespace's quotas, the largest first, as of now.

    Args:
        holders: from `quota_holders`.
        namespace: of the quotas.
        resource: as the quota spells it.
    """
    shown = holders[(holders["namespace"] == namespace) & (holders["resource"] == resource)]
    if shown.empty:
        return (notice("info", f"Nothing in {namespace} holds {resource} at {now_text()}."),)
    number = len(shown)
    shown = shown.sort_values("used", ascending=False, kind="stable").head(_HOLDER_LIMIT)
    person = next((name for name in ("person", "creator") if name in shown.columns), None)
    columns = ["workload", *([person] if person else []), "objects", "used"]
    rows = []
    for _, row in shown.fillna({"workload": "counted by the server, but no such object exists"}).iterrows():
        texts = ["" if row.isna()[name] else cell_text(row[name]) for name in columns[:-1]]
        rows.append([*texts, amount_text(row["used"], row["unit"])])
    limit = f": the {_HOLDER_LIMIT} largest of {number:,}" if number > _HOLDER_LIMIT else ""
    return (table(columns, rows, caption=f"Who holds {resource} of {namespace} at {now_text()}{limit}"),)

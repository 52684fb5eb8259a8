"""How a plan shows itself: as text, as one line, and on a page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.display.tables import clean, cut, text_table
from tenantkit.hints import Message
from tenantkit.provision.plans.headlines import headline_lines, headlines, is_others_to_end
from tenantkit.provision.plans.notice import notice_lines
from tenantkit.provision.plans.quota_words import by_importance
from tenantkit.provision.plans.requests.of_plan import whom_to_ask
from tenantkit.provision.plans.shown.markup import plan_html
from tenantkit.provision.plans.table import SHOWN_COLUMNS, entries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tenantkit.hints import Surface
    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.plans.headlines import Sort
    from tenantkit.rules.manifest import ObjectRef

_LINE_LIMIT = 160
_NOTE_LIMIT = 200


def lines_of(plan: Plan, surface: Surface, refs: Collection[ObjectRef] | None = None) -> list[tuple[Sort, str]]:
    """The headlines with their sorts; of some objects, or of all."""
    return headline_lines(headlines(plan.changes, whom_to_ask(plan), plan.subject, refs), surface)


def plan_text(plan: Plan, surface: Surface, *, fields: bool) -> str:
    """The headlines, the notices, the changes by meaning and the summary as text."""
    lines = "\n".join(text for _, text in lines_of(plan, surface))
    notices = "\n".join(f"note: {clean(line)}" for line in notice_lines(plan.notices, surface))
    has_table = fields and not _is_folded(plan)
    table = text_table(SHOWN_COLUMNS, _rows(plan, surface), is_whole=True) if has_table else ""
    return "\n\n".join(part for part in (lines, notices, _request_line(plan, surface), table, plan.summary) if part)


def plan_line(plan: Plan) -> str:
    """The first headline, the first notice, whom to ask, where the text to send is, and the summary as one line."""
    first = [cut(text, _LINE_LIMIT) for _, text in lines_of(plan, "python")[:1]]
    whom = whom_to_ask(plan)
    ask = [f"ask {whom}"] if plan.request and whom not in "".join(first) else []
    request = filter(None, [_request_line(plan, "python")])
    return f"<Plan: {'; '.join([*first, *_notes(plan), *ask, *request, plan.summary])}>"


def plan_page(plan: Plan) -> str:
    """The plan as HTML."""
    notes = [*notice_lines(plan.notices, "python"), *filter(None, [_request_line(plan, "python")])]
    return plan_html(lines_of(plan, "python"), notes, plan.summary, _rows(plan, "python"))


def _notes(plan: Plan) -> Iterator[str]:
    """The first notice, and how many more there are. A command to copy is never cut: its end says where it acts."""
    lines = notice_lines(plan.notices, "python")
    if lines:
        is_command = plan.notices[0].code == "clean-up"
        yield f"note: {clean(lines[0]) if is_command else cut(lines[0], _NOTE_LIMIT)}"
    if len(lines) > 1:
        yield f"{len(lines) - 1} more note{'s' * (len(lines) > 2)}"  # noqa: PLR2004 (more than one more)


def _request_line(plan: Plan, surface: Surface) -> str:
    """Where the text to send is, if there is something to ask for."""
    return Message("to ask for it, {send_request}").words(surface) if plan.request else ""


def _is_folded(plan: Plan) -> bool:
    """Whether the rows only say what stays: nothing is done in a tenant that is not the user's to end."""
    return plan.subject in ("deletion", "release") and is_others_to_end(plan.changes)


def _by_importance(change: PlanChange) -> PlanChange:
    """A quota's change with the amounts first that a lead asks for."""
    if change.ref.kind != "ResourceQuota":
        return change
    rank = {name: place for place, name in enumerate(by_importance(row.path[-1] for row in change.rows if row.path))}
    rows = sorted(change.rows, key=lambda row: rank[row.path[-1]] if row.path else -1)
    return replace(change, rows=tuple(rows))


def _rows(plan: Plan, surface: Surface) -> list[tuple[str | None, ...]]:
    """The rows to show: unchanged objects are only counted."""
    listed = [entry for entry in entries(map(_by_importance, plan.changes)) if entry.row.action != "unchanged"]
    return [cells for entry in listed for cells in entry.shown(surface)]

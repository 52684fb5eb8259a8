"""Plans, reports and errors as forms show them: tables with a word and a colour per row, and links."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import CancelledError, PartialApplyError, TenantKitError
from tenantkit.forms.kit.changes import changes_to_make, refused_changes
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.kit.panel import notice, table, unexpected
from tenantkit.provision.plans.headlines import headline_lines, headlines
from tenantkit.provision.plans.notice import notice_lines
from tenantkit.provision.plans.shown.markup import SORT_WORDS
from tenantkit.provision.plans.table import entries
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from tenantkit.forms.kit.markup import Content, Html
    from tenantkit.forms.kit.panel import Tone
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report

_CELL_LIMIT = 200
_WORDS = {"not yours": "pending"}
_SORT_CLASSES = {"loss": "delete", "others": "not-yours", "change": "update"}
_NOTHING_APPLIED = {False: "Failed", True: "Cancelled"}  # by whether it was interrupted
_DELETED = "This tenant has been deleted since the form was opened. Apply creates it again, without what was in it."
_FORCED = "Others have set some of the fields. The box is ticked: Apply overwrites them."
_NOT_FORCED = (
    "Others have set some of the fields. Tick the box to overwrite them; otherwise Apply leaves them as they are and "
    "reports them as failed."
)
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class PlanState:
    """What a form knows about the plan that it shows; each sentence beside the plan follows from it.

    Args:
        read_at: when the cluster was read.
        is_current: whether the fields still describe the tenant that was planned.
        is_applying: whether an apply of this plan is running.
        can_apply: whether the button Apply is enabled.
        forces_conflicts: whether Apply overwrites what others have set.
        is_deleted: whether the form's tenant existed, and no longer does.
    """

    read_at: str
    is_current: bool = True
    is_applying: bool = False
    can_apply: bool = True
    forces_conflicts: bool = False
    is_deleted: bool = False


def plan_content(plan: Plan, state: PlanState) -> tuple[Content, ...]:
    """What a form shows of a plan: whether and how it can be applied, what it means, and its rows, folded."""
    deleted = notice("warning", _DELETED, word="Deleted") if state.is_deleted and not state.is_applying else None
    lines = notice_lines([replace(it, tenant=None) for it in plan.notices], "form")  # the form's own tenant
    notes = notice("warning", "\n".join(lines), word="Before you apply") if lines else None
    return deleted, notes, plan_notice(plan, state), plan_headlines(plan), plan_table(plan)


def plan_notice(plan: Plan, state: PlanState) -> Html:
    """A summary of a plan, and what to do next."""
    if state.is_applying:
        text = "The changes below are being made. Cancel stops after the current object; nothing is rolled back."
        return notice("info", text, word="Applying")
    if not state.is_current:
        text = "The fields have changed since this plan was made. Plan again, or change them back."
        return notice("warning", text, word="Outdated")
    left = _left_as_it_is(plan)
    if not changes_to_make(plan):
        word = "This plan cannot be applied" if refused_changes(plan) else "Nothing to apply"
        if left:
            return notice("error" if refused_changes(plan) else "warning", "\n".join(left), word=word)
        return notice("ok", f"The cluster matched the form at {state.read_at}.", word="No changes")
    review = "Review them, then click Apply." if state.can_apply else "Apply is disabled: the reason is shown above."
    if any(change.conflicts for change in plan.changes):
        choice = _FORCED if state.forces_conflicts else _NOT_FORCED
        return notice("warning", "\n".join([f"{choice} {review}", *left]), word="Planned, with conflicts")
    text = f"None of the changes below has been made yet. {review}"
    return notice("warning" if left else "info", "\n".join([text, *left]), word="Planned")


def _left_as_it_is(plan: Plan) -> list[str]:
    """A sentence for each sort of rows that Apply does not carry out."""
    counts = Counter(change.action for change in plan.changes)
    foreign = sum(row.action == "foreign" for row in plan.rows)
    refused = counts["blocked"] + counts["unknown"]
    sentences = (
        (refused, "{} blocked or unknown and will not be changed: the table below says why."),
        (counts["not yours"], "{} pending: only the platform team may make these changes."),
        (foreign, "{} foreign: somebody else added what is listed there, and tenantkit does not change it."),
    )
    nouns = ("object", "object", "row")
    return [
        text.format(f"1 {noun} is" if count == 1 else f"{count} {noun}s are")
        for (count, text), noun in zip(sentences, nouns, strict=True)
        if count
    ]


def error_content(error: BaseException, *, as_links: bool) -> tuple[Content, ...]:
    """The content of the panel for an error.

    Args:
        error: an expected error is shown as a sentence, a partial apply with its report, any other error in full.
        as_links: as for `url_list`.
    """
    if isinstance(error, PartialApplyError):
        report = error.report
        summary = notice(*_tone_and_text(error), word=None if report.applied else _NOTHING_APPLIED[report.interrupted])
        return summary, url_list(report, as_links=as_links), report_table(report)
    if isinstance(error, CancelledError):
        return (notice("warning", error.words("form"), word="Cancelled"),)
    if isinstance(error, TenantKitError):
        return (notice("error", error.words("form")),)
    if isinstance(error, KeyboardInterrupt):
        return (notice("warning", "Plan again to see the state of the cluster.", word="Interrupted"),)
    return (unexpected(error),)


def report_notice(report: Report, at: str) -> Html:
    """Whether an apply without a failure is complete, or waits for the platform team.

    Args:
        report: of the apply.
        at: the time.
    """
    if report.is_complete:
        return notice("ok", f"{report.summary}. The cluster matched the plan at {at}.")
    text = f"{report.summary}. The pending changes are not yours to make: ask {report.team} to apply this tenant."
    return notice("warning", text, word="Pending")


def plan_headlines(plan: Plan) -> Html | None:
    """What a plan means for the form's own tenant: lost access and deletions first."""
    lines = headline_lines(
        [replace(line, tenant=None) for line in headlines(plan.changes, platform_team(plan.platform))], "form"
    )
    if not lines:
        return None
    items = [
        element("li", element("span", SORT_WORDS[sort], class_=f"tk-word tk-{_SORT_CLASSES[sort]}"), " ", text)
        for sort, text in lines
    ]
    return element("ul", *items, class_="tk-headlines", aria_label="What changes")


def plan_table(plan: Plan) -> Html:
    """The rows of a plan, folded: what takes something away first. Unchanged objects are counted, not listed."""
    listed = [entry for entry in entries(plan.changes) if entry.row.action != "unchanged"]
    rows = [
        (
            action_word(entry.row.action),
            str(entry.row.ref),
            joined(*(element("div", line) for line in entry.lines)) if entry.lines else None,
            entry.row.words("form") or None,
        )
        for entry in listed
    ]
    columns, summary = ("action", "object", "change", "reason"), f"Plan: {plan.summary}"
    if not rows:
        return table(columns, rows, caption=summary)
    shown = table(columns, rows, caption="By object and field")
    return element("details", element("summary", summary), shown, class_="tk-fields")


def report_table(report: Report) -> Html:
    """The result for each object. Unchanged objects are counted, not listed."""
    groups = (
        ("applied", report.applied),
        ("failed", report.failed),
        ("pending", report.pending),
        ("not ready", report.not_ready),
        ("not attempted", report.not_attempted),
    )
    rows = [
        (
            action_word(result),
            it.action if result != "pending" else None,
            str(it.ref),
            element("code", _cut(it.field)) if it.field else None,
            it.words("form") or None,
        )
        for result, outcomes in groups
        for it in outcomes
    ]
    return table(("result", "action", "object", "field", "reason"), rows, caption=f"Report: {report.summary}")


def url_list(report: Report, *, as_links: bool) -> Html | None:
    """The addresses of the tenant's routes.

    Args:
        report: of the apply.
        as_links: False in the sandbox, where somebody else may own the real host.
    """
    urls = [url for tenant_urls in report.urls.values() for url in tenant_urls]
    if not urls:
        return None
    shown = [_link(url) if as_links and url.startswith(_WEB) else element("code", url) for url in urls]
    return element("ul", *(element("li", item) for item in shown), class_="tk-urls", aria_label="URLs")


def _tone_and_text(error: PartialApplyError) -> tuple[Tone, str]:
    is_partial = error.report.applied or error.report.interrupted
    return "warning" if is_partial else "error", error.words("form")


def _link(url: str) -> Html:
    return element("a", url, href=url, target="_blank", rel="noopener noreferrer")


def action_word(action: str) -> Html:
    """What happens to an object, or happened, in the words of a form."""
    return element("span", _WORDS.get(action, action), class_=f"tk-word tk-{action.replace(' ', '-')}")


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _CELL_LIMIT else text[: _CELL_LIMIT - 1] + "…"

"""The error of a run that was not completed: its report as one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tenantkit.exceptions import PartialApplyError
from tenantkit.hints import Hint, Message
from tenantkit.provision.reasons import joined

if TYPE_CHECKING:
    from tenantkit.provision.report import ApplyOutcome, Report

# Outcomes with these actions come from the plan: no request was sent for them.
REFUSED = ("blocked", "unknown")
_SHOWN = 5
_CONTINUE = {
    "applied": Hint("plan and apply again to continue ({report})"),
    "deleted": Hint("delete again to continue ({report})"),
}
_REPEAT = {
    "applied": Hint("plan and apply again once that is fixed ({report})"),
    "deleted": Hint("delete again once that is fixed ({report})"),
}


def partial_error(report: Report, *, done: Literal["applied", "deleted"]) -> PartialApplyError:
    """The error for a report that is not complete.

    Args:
        report: of the run.
        done: what the run did to objects.
    """
    hint = _CONTINUE[done]
    if report.applied:
        rest = f"What was {done} stays {done}"
    else:
        # a failed write may have been carried out: its answer was lost, or only its first request succeeded
        is_unsure = any(outcome.action not in REFUSED and outcome.field is None for outcome in report.failed)
        rest = f"Nothing {'else ' if is_unsure else ''}was {'written' if done == 'applied' else done}"
        hint = hint if report.interrupted else _REPEAT[done]
    what = Message(
        "{summary}. {reasons}. {rest}", {"summary": report.summary, "reasons": _reasons(report), "rest": rest}
    )
    return PartialApplyError(what, report=report, hint=hint)


def _reasons(report: Report) -> str | Message:
    """The first outcome of each reason."""
    failed_namespaces = {outcome.ref.name for outcome in report.failed if outcome.ref.kind == "Namespace"}
    first: dict[str, ApplyOutcome] = {}
    for outcome in (*report.failed, *report.not_ready):
        if outcome.ref.namespace not in failed_namespaces:  # objects in it only repeat the reason
            first.setdefault(outcome.reason, outcome)
    if not first:
        return "it was interrupted"
    return joined([_text(outcome) for outcome in list(first.values())[:_SHOWN]])


def _text(outcome: ApplyOutcome) -> str | Message:
    if outcome.why is None:
        return outcome.subject
    return Message("{subject}: {reason}", {"subject": outcome.subject, "reason": outcome.why.text})

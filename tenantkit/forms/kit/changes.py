"""What Apply would do with a plan, and why it would do nothing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plan import Plan

_CARRIED_OUT = ("create", "update", "delete", "conflict")


def changes_to_make(plan: Plan) -> list[PlanChange]:
    """What Apply would do: neither what is as it should be, nor what others have to do or have added."""
    return [change for change in plan.changes if change.action in _CARRIED_OUT]


def refused_changes(plan: Plan) -> list[PlanChange]:
    """What Apply would not do, since it is blocked, or not known."""
    return [change for change in plan.changes if change.action in REFUSED]


def why_nothing_to_make(plan: Plan) -> str:
    """Why Apply would do nothing; empty if it would do something."""
    if changes_to_make(plan):
        return ""
    if refused_changes(plan):
        return "the plan has only blocked or unknown rows"
    return "the plan has no changes that you may make" if plan.has_changes else "the plan has no changes"

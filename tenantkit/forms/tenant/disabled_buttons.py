"""Why the buttons of a tenant's form are disabled. Pure: the state of a form in, a reason per button out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.hints import Hint
from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.permissions import MissingPermissions
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.tenant import Tenant

_CARRIED_OUT = ("create", "update", "delete", "conflict")
APPLY_HINT = Hint("ask somebody who has this permission to apply {form_yaml}")


@dataclass(frozen=True, slots=True)
class FormState:
    """The state that decides which buttons are enabled.

    Args:
        missing: permissions of the user.
        is_new: whether the form creates a tenant.
        tenant: that the fields describe; None if a field is invalid.
        shows_all_problems: whether the user has asked for a plan before.
        plan: the one that is shown.
    """

    missing: MissingPermissions
    is_new: bool
    tenant: Tenant | None
    shows_all_problems: bool
    plan: Plan | None


def disabled_reasons(state: FormState) -> dict[str, str]:
    """The buttons that are disabled, each with the reason: `{"apply": "plan first"}`."""
    reasons = {"plan": plan_refusal(state.missing), "apply": _apply_reason(state)}
    return {button: reason for button, reason in reasons.items() if reason}


def plan_refusal(missing: MissingPermissions) -> str:
    """Why the user may not plan; empty if they may."""
    return f"you need permission to {missing.plan}" if missing.plan else ""


def apply_refusal(missing: MissingPermissions, *, is_new: bool) -> str:
    """Why the user may not apply anything; empty if they may change at least one part of the tenant."""
    permissions = missing.grant
    if not is_new:
        permissions = f"{missing.grant}, or to {missing.team}" if missing.grant and missing.team else ""
    return f"you need permission to {permissions}" if permissions else ""


def _apply_reason(state: FormState) -> str:
    if reason := apply_refusal(state.missing, is_new=state.is_new):
        return f"{reason}: {APPLY_HINT.words('form')}"
    if state.tenant is None:
        is_started = state.shows_all_problems or state.plan
        return "some fields are missing or invalid" if is_started else "fill in the fields, then plan"
    if state.plan is None:
        return "plan first"
    if state.tenant != state.plan.tenants[0]:
        return "the fields have changed since the plan: plan again"
    return "" if changes_to_make(state.plan) else _nothing_to_make(state.plan)


def _nothing_to_make(plan: Plan) -> str:
    if refused_changes(plan):
        return "the plan has only blocked or unknown rows"
    return "the plan has no changes that you may make" if plan.has_changes else "the plan has no changes"


def changes_to_make(plan: Plan) -> list[PlanChange]:
    """What Apply would do: neither what is as it should be, nor what others have to do or have added."""
    return [change for change in plan.changes if change.action in _CARRIED_OUT]


def refused_changes(plan: Plan) -> list[PlanChange]:
    """What Apply would not do, since it is blocked, or not known."""
    return [change for change in plan.changes if change.action in REFUSED]

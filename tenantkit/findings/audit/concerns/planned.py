"""Checks whose judge is the plan's comparison: the same answer as `plan` gives, from the same code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check
from tenantkit.findings.audit.view import SPEC
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tenantkit.findings.audit.check import Found, Severity, Wall
    from tenantkit.findings.audit.view import TenantView

APPLY = Message("run {plan}, review the rows, and apply the plan")


def planned(code: str) -> Callable[[TenantView], Iterable[Found]]:
    """A judge that reports the plan's differences for a check."""
    return lambda view: view.differences(code)


def planned_check(
    code: str, wall: Wall, severity: Severity, passes: str, *needs: str, what_to_do: Message = APPLY
) -> Check[TenantView]:
    """A check that passes if the plan has nothing to change.

    Args:
        code: of the check.
        wall: likewise, and so are the others.
        severity: of a failure.
        passes: what holds if it passes.
        needs: the kinds that it compares, besides the Namespace.
        what_to_do: if it fails. Default: plan and apply.
    """
    return Check(code, wall, severity, passes, what_to_do, planned(code), ("Namespace", SPEC, *needs))

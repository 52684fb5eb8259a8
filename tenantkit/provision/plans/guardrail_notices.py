"""What to know about the guardrails before an installation: those that are missing, and those that do not deny."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.running.warnings import GUARDRAILS_MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.spec.guardrails import GuardrailMode
    from tenantkit.spec.platform import Platform

_MEANINGS: dict[GuardrailMode, str] = {
    "warn": "only warns: what it would deny is accepted, and the answer has a warning",
    "audit": "only writes to the audit log: what it would deny is accepted",
    "off": "is off: nothing is denied",
}


def guardrail_notices(platform: Platform, *, has_policies: bool) -> Iterator[PlanNotice]:
    """The notices about guardrails.

    Args:
        platform: the settings.
        has_policies: whether the cluster serves ValidatingAdmissionPolicies.
    """
    modes = platform.guardrails.modes()
    if not has_policies and any(mode != "off" for mode in modes.values()):
        yield PlanNotice("guardrails-missing", GUARDRAILS_MISSING.text)
        return
    for name, mode in modes.items():
        if mode != "deny":
            yield PlanNotice("guardrail-open", f"guardrail {name!r} {_MEANINGS[mode]}")

"""The reasons of warnings: what the server warns of, and guardrails that a cluster cannot have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.reasons import Reason
from tenantkit.rules.refusals import parse_refusal

if TYPE_CHECKING:
    from tenantkit.rules.manifest import ObjectRef

GUARDRAILS_MISSING = Reason(
    "guardrails-missing",
    "this cluster has no ValidatingAdmissionPolicies, so the guardrails are missing: the API server does not stop what "
    "they deny, and provisioners can gain every right. Use Kubernetes 1.30 or newer",
)


def warned(text: str, ref: ObjectRef | None = None) -> Reason:
    """The server accepts a change, with a warning."""
    lead = f"{ref}: " if ref is not None else ""
    refusal = parse_refusal(text)
    if refusal is None or refusal.code != "guardrail":
        return Reason("warned", f"{lead}the server warns: {text}")
    names = refusal.names
    return Reason(
        "warned",
        f"{lead}{names['what']} is not allowed {names['where']}, and is only accepted until the platform denies it: "
        f"{names['instead']}",
    )

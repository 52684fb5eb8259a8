"""Guardrails: the admission policies are there, bound, deny, and are what the platform wants.

Source: page "Validating Admission Policy".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.view import PLATFORM
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.findings.audit.check import Found, Severity
    from tenantkit.findings.audit.view import ClusterView
    from tenantkit.spec.guardrails import GuardrailName

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
GUARDRAILS: dict[GuardrailName, tuple[Severity, str]] = {
    "hosts": ("critical", "routes ask only for granted hosts"),
    "services": ("high", "Services do not lead traffic past the platform's routes"),
    "people": ("critical", "RoleBindings bind only the tenant's people and roles"),
    "walls": ("critical", "only the platform changes quotas, limits, policies, labels and grants"),
    "pods": ("high", "pods stay off the control plane and out of the system's priority classes"),
    "outside": ("critical", "rights of tenants and provisioners end at tenants' namespaces"),
}


def guardrail_code(name: str) -> str:
    """The code of the check of a guardrail."""
    return f"guardrail-{name}"


def _guardrail(name: GuardrailName) -> Callable[[ClusterView], Iterator[Found]]:
    def judge(view: ClusterView) -> Iterator[Found]:
        if POLICY in view.snapshot.unserved or BINDING in view.snapshot.unserved:
            yield Evidence(POLICY, "", "the API server does not serve admissionregistration.k8s.io/v1")
            return
        mode = view.platform.guardrails.modes()[name]
        if mode != "deny":
            yield Evidence("Platform", f"guardrails.{name}", f"is {mode!r}")
        yield from view.platform_differences.get(guardrail_code(name), ())

    return judge


def _parameters(view: ClusterView) -> Iterator[Found]:
    yield from view.platform_differences.get("guardrail-parameters", ())


CHECKS = (
    *(
        Check(
            guardrail_code(name),
            "guardrails",
            severity,
            f"Guardrail {name} is installed, bound, denies and is not weakened: {what}.",
            Message("set the guardrail to deny, and install the platform again: use {install_platform}"),
            _guardrail(name),
            (PLATFORM, POLICY, BINDING),
        )
        for name, (severity, what) in GUARDRAILS.items()
    ),
    Check(
        "guardrail-parameters",
        "guardrails",
        "critical",
        "The lists that the guardrails read are those of the platform's settings.",
        Message("install the platform again: use {install_platform}"),
        _parameters,
        (PLATFORM, "ConfigMap"),
    ),
)

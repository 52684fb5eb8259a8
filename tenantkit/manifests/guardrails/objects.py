"""Every object of the guardrails, in the order of applying: a binding comes after all that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.guardrails import hosts, outside, people, pods, services, walls
from tenantkit.manifests.guardrails.settings import make_settings

if TYPE_CHECKING:
    from tenantkit.manifests.guardrails.policy import Policy
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform

POLICIES: tuple[Policy, ...] = (
    *hosts.POLICIES,
    *services.POLICIES,
    *people.POLICIES,
    *walls.POLICIES,
    *pods.POLICIES,
    *outside.POLICIES,
)
GUARDRAIL_KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def make_guardrails(platform: Platform) -> tuple[Manifest, ...]:
    """The settings, and the policies and bindings of each guardrail that is not off.

    The settings stay when all are off: a server notices only after a second that a binding is deleted, and a binding
    without its settings denies every request that it matches.
    """
    modes = platform.guardrails.modes()
    used = [policy for policy in POLICIES if modes[policy.guardrail] != "off"]
    return (
        make_settings(platform),
        *(policy.to_policy() for policy in used),
        *(policy.to_binding(modes[policy.guardrail]) for policy in used),
    )

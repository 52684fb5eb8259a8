"""The messages of the API server's refusals, each parsed into a code and advice."""

from __future__ import annotations

from typing import get_args

import pytest

from tenantkit.rules.refusals import RefusalCode, parse_refusal

MESSAGES: dict[RefusalCode, str] = {
    "namespace terminating": "unable to create new content in namespace x because it is being terminated",
    "tenant frozen": "exceeded quota: tenantkit-frozen, requested: pods=1, used: pods=3, limited: pods=0",
    "quota exceeded": "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
    "quota missing": "insufficient quota to consume: requests.nvidia.com/gpu",
    "quota not counted": "status unknown for quota: q, resources: pods",
    "request missing": "failed quota: q: must specify requests.cpu",
    "limit range": "maximum memory usage per Container is 1Gi, but limit is 2Gi",
    "pod security": 'violates PodSecurity "restricted:latest": runAsNonRoot != true',
    "guardrail": (
        "ValidatingAdmissionPolicy 'tenantkit-hosts' with binding 'tenantkit-hosts' denied request: tenantkit: an "
        "Ingress for host a.example.ai is not allowed in tenants' namespaces: ask for it"
    ),
    "policy": "ValidatingAdmissionPolicy 'hosts' with binding 'b' denied request: no",
    "webhook denied": 'admission webhook "x.example.com" denied the request: no',
    "webhook failed": 'failed calling webhook "x.example.com": timeout',
    "service account missing": 'error looking up service account a/b: serviceaccount "b" not found',
    "priority class missing": "no PriorityClass with name fast was found",
    "not permitted": 'pods is forbidden: User "dana" cannot list resource "pods"',
}


def test_the_quota_for_priority_classes_is_not_a_matter_of_amounts() -> None:
    refusal = parse_refusal(
        'pods "a" is forbidden: exceeded quota: tenantkit-priority, requested: pods=1, used: pods=0, limited: pods=0'
    )

    assert refusal is not None
    assert (refusal.code, refusal.names["name"]) == ("quota exceeded", "tenantkit-priority")
    assert refusal.next_steps.startswith("use a priority class that the platform lists, or none")


def test_every_code_has_a_message() -> None:
    assert set(MESSAGES) == set(get_args(RefusalCode))


@pytest.mark.parametrize(("code", "message"), MESSAGES.items())
def test_a_refusal_is_recognised_and_has_advice(code: RefusalCode, message: str) -> None:
    refusal = parse_refusal(f'pods "a" is forbidden: {message}')

    assert refusal is not None
    assert refusal.code == code
    assert "{" not in refusal.next_steps


def test_a_quota_without_its_amounts_is_recognised() -> None:
    refusal = parse_refusal("exceeded quota: q")

    assert refusal is not None
    assert refusal.names == {"name": "q", "requested": "", "used": "", "limited": ""}


def test_a_guardrails_denial_says_what_where_and_what_to_do_instead() -> None:
    refusal = parse_refusal(MESSAGES["guardrail"])

    assert refusal is not None
    assert refusal.next_steps == "ask for it"
    assert refusal.names["what"] == "an Ingress for host a.example.ai"
    assert refusal.names["where"] == "in tenants' namespaces"


def test_a_warning_of_a_guardrail_is_recognised() -> None:
    refusal = parse_refusal(
        "Validation failed for ValidatingAdmissionPolicy 'tenantkit-pods' with binding 'tenantkit-pods': tenantkit: a "
        "pod with spec.nodeName is not allowed in tenants' namespaces: use nodeSelector"
    )

    assert refusal is not None
    assert refusal.code == "guardrail"


def test_another_message_is_not_parsed() -> None:
    assert parse_refusal('Pod "x" is invalid: spec.containers[0].image: Required value') is None

"""A check that cannot read or understand what it needs is unknown, never green."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.audit.check import Doubt
from tenantkit.findings.audit.registry import ALL_CHECKS, CLUSTER_CHECKS, TENANT_CHECKS
from tenantkit.findings.audit.snapshot import EVERYWHERE, permission
from tenantkit.findings.audit.view import CLAIMS, GRANT, PLATFORM, SPEC
from tenantkit.rules.kinds import KINDS
from tests.unit.findings.audit.snapshots import SPEECH, VISION, codes, objects, outcomes, snapshot

if TYPE_CHECKING:
    from tenantkit.findings.audit.check import Check
    from tenantkit.rules.manifest import Manifest

SETTINGS = (CLAIMS, GRANT, PLATFORM, SPEC)
OF_TENANTS = [(check, need) for check in TENANT_CHECKS for need in check.needs if need not in SETTINGS]
OF_CLUSTER = [(check, need) for check in CLUSTER_CHECKS for need in check.needs if need not in SETTINGS]


def names(pairs: list[tuple[Check[Any], str]]) -> list[str]:
    return [f"{check.code}-{need}" for check, need in pairs]


def refused(kind: str, namespace: str) -> dict[str, Any]:
    text = permission("list", kind, None if namespace == EVERYWHERE else namespace)
    return {"gaps": {(kind, namespace): (Doubt("refused", text, is_total=True),)}}


@pytest.mark.parametrize(("check", "need"), OF_TENANTS, ids=names(OF_TENANTS))
def test_a_kind_that_may_not_be_listed_makes_a_check_of_a_tenant_unknown(check: Check[Any], need: str) -> None:
    kind = need.removesuffix("*")
    is_wide = need.endswith("*") or (not KINDS[kind].namespaced and kind != "Namespace")
    taken = snapshot(objects(VISION, SPEECH), **refused(kind, EVERYWHERE if is_wide else "vision"))

    found = outcomes(taken)

    result = found["vision", check.code]
    assert result.state == "unknown"
    assert f"list {KINDS[kind].qualified}" in result.evidence
    assert f"list {KINDS[kind].qualified}" in result.next_step("python")
    assert found["speech", check.code].state == ("unknown" if is_wide else "pass")


@pytest.mark.parametrize(("check", "need"), OF_CLUSTER, ids=names(OF_CLUSTER))
def test_a_kind_that_may_not_be_listed_makes_a_check_of_the_cluster_unknown(check: Check[Any], need: str) -> None:
    place = "tenantkit-system" if need == "ConfigMap" else EVERYWHERE

    result = outcomes(snapshot(objects(VISION), **refused(need, place)))[None, check.code]

    assert result.state == "unknown"
    assert f"list {KINDS[need].qualified}" in result.next_step("shell")


def test_without_the_claims_it_is_unknown_whether_hosts_are_claimed() -> None:
    result = outcomes(snapshot(objects(VISION), **refused("ConfigMap", "tenantkit-system")))["vision", "hosts-claimed"]

    assert result.state == "unknown"
    assert "list configmaps in namespace 'tenantkit-system'" in result.next_step("python")


def test_without_the_platforms_settings_what_depends_on_them_is_unknown() -> None:
    gap = Doubt("may not be read", "get configmap 'platform'", is_total=True)
    found = outcomes(snapshot(objects(VISION), platform=None, platform_gaps=(gap,)))

    for check in ALL_CHECKS:
        if PLATFORM in check.needs or SPEC in check.needs:
            place = None if check in CLUSTER_CHECKS else "vision"
            assert found[place, check.code].state == "unknown"


@pytest.mark.parametrize("grant", [None, "{", "[]", '{"name": "vision"}', '{"apiVersion": "tenantkit.dev/v99"}'])
def test_a_grant_that_cannot_be_read_fails_once_and_makes_the_rest_unknown(grant: str | None) -> None:
    found = objects(VISION, SPEECH)
    annotations = namespace_of(found, "vision")["metadata"]["annotations"]
    annotations.pop("tenantkit.dev/grant")
    if grant is not None:
        annotations["tenantkit.dev/grant"] = grant

    taken = snapshot(found)

    assert {key for key in codes(taken) if key[0] == "vision"} == {("vision", "grant-readable")}
    needing = {check.code for check in TENANT_CHECKS if GRANT in check.needs or SPEC in check.needs}
    assert {code for place, code in codes(taken, "unknown") if place == "vision"} == needing
    assert {key for state in ("fail", "unknown") for key in codes(taken, state) if key[0] == "speech"} == set()


def test_an_object_that_cannot_be_parsed_makes_the_checks_that_need_it_unknown() -> None:
    gap = (Doubt("cannot be judged: Service 'x' in 'vision' is nested deeper than 1,024 levels"),)
    taken = snapshot(objects(VISION), gaps={("Service", "vision"): gap, ("Service", EVERYWHERE): gap})

    result = outcomes(taken)["vision", "service-external-ips"]

    assert (result.state, result.evidence) == ("unknown", str(gap[0]))
    assert "kubectl" in result.next_step("python")


def test_what_is_found_beside_an_object_that_cannot_be_parsed_is_a_failure() -> None:
    gap = (Doubt("cannot be judged: Service 'x'"),)
    service = in_vision("Service", "y", spec={"externalIPs": ["203.0.113.7"]})

    result = outcomes(snapshot([*objects(VISION), service], gaps={("Service", "vision"): gap}))[
        "vision", "service-external-ips"
    ]

    assert result.state == "fail"
    assert "Service/y spec.externalIPs: 203.0.113.7; cannot be judged: Service 'x'" in result.evidence


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"spec": {"hostnames": "all"}}, "http-route-hosts"),
        ({"spec": {"hostnames": [7]}}, "http-route-hosts"),
        ({"spec": {"hostnames": ["vision.example.ai"], "parentRefs": {"name": "x"}}}, "http-route-references"),
        ({"spec": {"rules": [{"backendRefs": "x"}]}}, "http-route-references"),
        ({"spec": "odd"}, "http-route-hosts"),
    ],
)
def test_odd_content_makes_its_check_unknown_and_no_other_tenants(odd: Manifest, code: str) -> None:
    taken = snapshot([*objects(VISION, SPEECH), in_vision("HTTPRoute", "odd", **odd)])

    result = outcomes(taken)["vision", code]

    assert result.state == "unknown"
    assert "HTTPRoute/odd" in result.evidence or "an object" in result.evidence
    assert outcomes(taken)["speech", code].state == "pass"


def test_a_namespace_that_is_being_deleted_makes_its_walls_unknown() -> None:
    found = objects(VISION)
    namespace_of(found, "vision")["metadata"]["deletionTimestamp"] = "2026-11-30T11:00:00Z"

    taken = snapshot(found)

    assert {key for key in codes(taken) if key[0]} == {("vision", "namespace-active")}
    assert ("vision", "quota-compute") in codes(taken, "unknown")


def in_vision(kind: str, name: str, **fields: Any) -> Manifest:
    api_version = KINDS[kind].api_version
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "vision"}, **fields}


def namespace_of(found: list[Manifest], name: str) -> Manifest:
    return next(it for it in found if it["kind"] == "Namespace" and it["metadata"]["name"] == name)

"""What breaks a wall, without a server: for checks whose wall a server cannot be made to lose, and for further cases.

Every check is broken by at least one test, here or on a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.audit.concerns.pods import NODE_NAME_MARK
from tenantkit.findings.audit.registry import ALL_CHECKS, TENANT_CHECKS
from tenantkit.manifests.claims import claim_name, make_claim
from tenantkit.rules.kinds import KINDS
from tenantkit.spec.network import Network
from tenantkit.spec.routing import Routing
from tests.contract.product.audit.cluster_breaks import CLUSTER_BREAKS
from tests.contract.product.audit.tenant_breaks import TENANT_BREAKS
from tests.unit.findings.audit.snapshots import PLATFORM, SPEECH, VISION, codes, objects, outcomes, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform


@dataclass(frozen=True, slots=True)
class Case:
    """One wall that is broken in a snapshot.

    Args:
        code: the check that must fail, and no other.
        change: what is changed in the objects.
        extra: objects that are added to namespace `vision`.
        platform: other settings, for which the objects are made.
        case: tells several cases of one check apart.
    """

    code: str
    change: Callable[[list[Manifest]], None] = lambda _: None
    extra: tuple[Manifest, ...] = ()
    platform: Platform = PLATFORM
    case: str = ""
    also: frozenset[str] = frozenset()


def in_vision(kind: str, **fields: Any) -> Manifest:
    metadata = {"name": "x", "namespace": "vision", **fields.pop("metadata", {})}
    return {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **fields}


def budget(**spec: Any) -> Manifest:
    return in_vision("PodDisruptionBudget", spec=spec, status={"expectedPods": 3})


def http_route(**spec: Any) -> Manifest:
    return in_vision("HTTPRoute", spec={"hostnames": ["vision.example.ai"], **spec})


def uncounted(found: list[Manifest]) -> None:
    quota = next(it for it in found if it["metadata"]["name"] == "tenantkit-quota")
    del quota["status"]["hard"]["requests.cpu"]


def pod(**fields: Any) -> Manifest:
    spec = {"containers": [{"name": "main", "image": "x"}], "nodeName": "gpu-1", **fields.pop("spec", {})}
    return in_vision("Pod", spec=spec, **fields)


def ingress_of_class(found: list[Manifest]) -> None:
    next(it for it in found if it["kind"] == "Ingress")["spec"]["ingressClassName"] = "other"


def scoped(found: list[Manifest]) -> None:
    next(it for it in found if it["metadata"]["name"] == "tenantkit-quota")["spec"]["scopes"] = ["Terminating"]


def claimed_by_another(found: list[Manifest]) -> None:
    """Speech has claimed what vision was granted, and was not granted it."""
    next(it for it in found if it["metadata"]["name"] == claim_name("vision.example.ai"))["data"]["tenant"] = "speech"


FOREIGN = frozenset({"foreign-routes"})
CASES = (
    Case("quota-whole", scoped, case="of-some-pods"),
    Case("quota-enforced", uncounted),
    Case("hosts-claimed", claimed_by_another, case="taken"),
    Case("disruption-budgets", extra=(budget(maxUnavailable=0),), case="none-unavailable"),
    Case("disruption-budgets", extra=(budget(maxUnavailable="0%"),), case="none-in-percent"),
    Case("disruption-budgets", extra=(budget(minAvailable="100%"),), case="all-in-percent"),
    Case("disruption-budgets", extra=(budget(minAvailable=3),), case="all"),
    Case("http-route-hosts", extra=(http_route(hostnames=["bank.example.ai"]),), case="foreign", also=FOREIGN),
    Case("http-route-hosts", extra=(http_route(hostnames=[]),), case="none", also=FOREIGN),
    Case("http-route-hosts", extra=(http_route(hostnames=["*.example.ai"]),), case="wildcard", also=FOREIGN),
    Case("http-route-references", extra=(http_route(parentRefs=[{"name": "edge"}]),), case="parent", also=FOREIGN),
    Case(
        "http-route-references",
        extra=(http_route(rules=[{"backendRefs": [{"name": "x", "namespace": "speech"}]}]),),
        case="backend",
        also=FOREIGN,
    ),
    Case("pod-node-name", extra=(pod(metadata={NODE_NAME_MARK: "kubectl-create"}),)),
    Case(
        "pod-system-priority",
        extra=(
            in_vision(
                "CronJob",
                spec={
                    "jobTemplate": {"spec": {"template": {"spec": {"priorityClassName": "system-cluster-critical"}}}}
                },
            ),
        ),
        case="of-a-cron-job",
    ),
    Case(
        "pod-tolerations",
        extra=(
            in_vision(
                "ReplicaSet",
                metadata={"ownerReferences": [{"kind": "Deployment", "name": "x", "uid": "1", "controller": True}]},
                spec={"replicas": 1, "template": {"spec": {"tolerations": [{"operator": "Exists"}]}}},
            ),
        ),
        case="of-an-owned-replica-set",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.code}-{case.case}" for case in CASES])
def test_a_broken_wall_is_named_and_no_other(case: Case) -> None:
    found = objects(VISION, SPEECH, platform=case.platform)
    before = codes(snapshot(found, platform=case.platform))
    case.change(found)

    after = codes(snapshot([*found, *case.extra], platform=case.platform))

    of_cluster = {(None, "claims-granted")} if case.code == "hosts-claimed" else set()
    assert after - before == {*(("vision", code) for code in (case.code, *case.also)), *of_cluster}


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        (make_claim("gone", "x.ai"), "data.tenant: claims 'x.ai' for 'gone', which does not exist"),
        (make_claim("vision", "x.ai"), "data.host: 'x.ai' was not granted to tenant 'vision'"),
        (
            make_claim("vision", "x.ai") | {"data": {"tenant": "vision", "host": "vision.example.ai"}},
            "data: 'vision.example.ai' of tenant 'vision' is not what its name claims",
        ),
        (make_claim("vision", "x.ai") | {"data": None}, "data: '' of tenant '' is not what its name claims"),
    ],
)
def test_a_claim_that_belongs_to_no_grant_is_named(claim: Manifest, evidence: str) -> None:
    found = outcomes(snapshot([*objects(VISION), claim]))

    result = found[None, "claims-granted"]
    assert (result.state, result.evidence) == ("fail", f"ConfigMap/{claim_name('x.ai')} {evidence}")
    assert found["vision", "hosts-claimed"].state == "pass"


def test_a_class_of_ingresses_that_the_platform_does_not_have_is_named() -> None:
    platform = PLATFORM.with_(routing=Routing(ingress_class="contour"))
    foreign = in_vision(
        "Ingress", spec={"ingressClassName": "other", "rules": [{"host": "vision.example.ai", "http": {"paths": []}}]}
    )

    found = codes(snapshot([*objects(VISION, platform=platform), foreign], platform=platform))

    assert {code for place, code in found if place == "vision"} == {"ingress-class", "foreign-routes"}


def test_a_tenant_that_is_not_isolated_fails_each_wall_of_the_network() -> None:
    platform = PLATFORM.with_(network=Network(not_isolated=["vision"]))

    found = codes(snapshot(objects(VISION, SPEECH, platform=platform), platform=platform))

    network = {check.code for check in TENANT_CHECKS if check.wall == "network" and check.severity == "critical"}
    assert {code for place, code in found if place == "vision"} == network - {"network-opened"}
    assert {code for place, code in found if place == "speech"} == set()


def test_a_namespace_with_the_prefix_that_is_not_a_tenants_is_named() -> None:
    platform = PLATFORM.with_(namespace_prefix="tenant-")
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tenant-x"}}

    found = outcomes(snapshot([*objects(VISION, platform=platform), other], platform=platform))

    assert (
        found[None, "namespaces-with-prefix"].evidence
        == "Namespace/tenant-x metadata.name: begins with 'tenant-', and is not a tenant's"
    )


def test_a_pod_whose_managed_fields_are_gone_is_unknown() -> None:
    result = outcomes(snapshot([*objects(VISION), pod(metadata={NODE_NAME_MARK: "unknown"})]))[
        "vision", "pod-node-name"
    ]

    assert (result.state, result.next_step("python")) == ("unknown", "look at it with kubectl, then audit again")


def test_a_stricter_level_than_the_platforms_is_drift_and_not_a_hole() -> None:
    found = objects(VISION)
    next(it for it in found if it["kind"] == "Namespace" and it["metadata"]["name"] == "vision")["metadata"]["labels"][
        "pod-security.kubernetes.io/enforce"
    ] = "restricted"

    assert {code for place, code in codes(snapshot(found)) if place} == {"drift"}


def test_specs_name_tenants_that_are_missing_unlisted_or_have_another_grant() -> None:
    wanted = (VISION.with_(size="large"), VISION.with_(name="absent"))

    found = codes(snapshot(objects(VISION, SPEECH), specs=wanted))

    assert {key for key in found if key[0]} == {
        ("vision", "grant-as-specified"),
        ("speech", "grant-as-specified"),
        ("absent", "namespace-active"),
    }


def test_evidence_names_at_most_twenty_and_how_many_more() -> None:
    services = [
        in_vision("Service", metadata={"name": f"s{n}"}, spec={"externalIPs": ["203.0.113.7"]}) for n in range(25)
    ]

    result = outcomes(snapshot([*objects(VISION), *services]))["vision", "service-external-ips"]

    assert result.evidence.endswith("Service/s19 spec.externalIPs: 203.0.113.7; and 5 more")


BROKEN_BELOW = {"ingress-class", "network-isolated", "namespaces-with-prefix"}


def test_every_check_is_broken_by_a_test() -> None:
    broken = {each.code for each in (*TENANT_BREAKS, *CLUSTER_BREAKS)} | {case.code for case in CASES} | BROKEN_BELOW
    codes_of_all = {check.code for check in ALL_CHECKS}

    assert codes_of_all - broken == set()
    assert broken - codes_of_all == set()

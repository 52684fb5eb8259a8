"""`why` for defects that the API server and the controllers report: each is the first row, with their message.

Defects that need a scheduler or a kubelet are in `nodes/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.why import why
from tests.contract.namespaces import fresh_name
from tests.contract.product.defects import BY_POLICY, REFUSED
from tests.contract.product.defects.naming import is_named_first
from tests.contract.product.defects.planting import finish, plant, uproot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.defects.defect import Defect
    from tests.contract.wire import Wire

_SLOW_S = 40  # an object is called stuck only after a while


@pytest.fixture(scope="module")
def planted(cluster: Cluster) -> Iterator[dict[str, str]]:
    """The namespace of each defect, by its name: all at once, since most take a moment to show."""
    namespaces = {defect.name: fresh_name() for defect in REFUSED}
    for defect in REFUSED:
        plant(cluster, namespaces[defect.name], defect)
    for defect in REFUSED:
        finish(cluster, namespaces[defect.name], defect)
    yield namespaces
    for defect in REFUSED:
        uproot(cluster, namespaces[defect.name], defect)


@pytest.mark.parametrize("defect", REFUSED, ids=lambda defect: defect.name)
def test_a_refusal_is_the_first_row_with_the_object_that_refuses(
    cluster: Cluster, planted: dict[str, str], defect: Defect, eventually: Callable[..., Any]
) -> None:
    assert eventually(lambda: is_named_first(cluster, planted[defect.name], defect), timeout_s=_SLOW_S)


def kueue_workload(namespace: str, version: str) -> dict[str, Any]:
    """What Kueue writes for a Job that waits for quota in its queue."""
    waiting = {
        "type": "QuotaReserved",
        "status": "False",
        "reason": "Pending",
        "message": "couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu",
        "lastTransitionTime": "2026-11-25T12:00:00Z",
    }
    return {
        "apiVersion": f"kueue.x-k8s.io/{version}",
        "kind": "Workload",
        "metadata": {"name": "job-train", "namespace": namespace},
        "spec": {"queueName": "gpus", "podSets": [{"name": "main", "count": 2}]},
        "status": {"conditions": [waiting]},
    }


@pytest.mark.gap("sandbox", raises=AssertionError, reason="takes no CustomResourceDefinitions")
@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
def test_a_queued_workload_has_kueue_s_message(
    cluster: Cluster, wire: Wire, namespace: str, eventually: Callable[..., Any], version: str
) -> None:
    crds, name = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "workloads.kueue.x-k8s.io"
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": name,
            "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/kueue"},
        },
        "spec": {
            "group": "kueue.x-k8s.io",
            "names": {"kind": "Workload", "plural": "workloads"},
            "scope": "Namespaced",
            "versions": [{"name": version, "served": True, "storage": True, "schema": anything}],
        },
    }
    assert wire("POST", crds, crd).status == 201
    place = f"/apis/kueue.x-k8s.io/{version}/namespaces/{namespace}/workloads"
    eventually(lambda: wire("POST", place, kueue_workload(namespace, version)).status == 201)

    [row] = why(cluster, namespaces=[namespace]).to_dict("records")

    assert (row["cause"], row["object"], row["pods"]) == ("queued", "Workload/job-train", 2)
    assert row["message"].endswith("insufficient unused quota for nvidia.com/gpu")
    assert wire("DELETE", f"{crds}/{name}").status == 200
    eventually(lambda: wire("GET", f"{crds}/{name}").status == 404)


def test_a_policy_s_denial_is_the_first_row_with_the_policy(cluster: Cluster, eventually: Callable[..., Any]) -> None:
    namespace = fresh_name()
    plant(cluster, namespace, BY_POLICY)

    assert eventually(lambda: is_named_first(cluster, namespace, BY_POLICY))
    uproot(cluster, namespace, BY_POLICY)

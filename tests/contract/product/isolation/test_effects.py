"""Walls that act later than the request: a workload is taken, and its pods are refused or counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.connectivity.connectivity import connectivity
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tests.contract.product.isolation.attempt import DRY_RUN, WALLS, is_denied_by, shown
from tests.contract.product.isolation.kinds import (
    POD,
    binding,
    collection,
    manifest,
    with_pods,
)
from tests.contract.product.isolation.place import EVE
from tests.contract.product.isolation.pods import BASELINE, SAFE_POD
from tests.contract.product.roles.bodies import Place as Written
from tests.contract.product.roles.bodies import bodies
from tests.contract.product.roles.rights import Resource, rights_of
from tests.contract.wire import MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.isolation.place import Manifest, Place
    from tests.contract.product.roles.rights import Served
    from tests.contract.wire import Wire

_PRIVILEGED: Manifest = BASELINE["run a privileged container"][1][0]
# of the smallest size, so that few pods are made
_PODS = 20


@pytest.fixture
def workload(wire_as: Callable[[str], Wire]) -> Iterator[Callable[[str, str, Manifest], str]]:
    """Make a workload as the editor, and delete it afterwards with its pods."""
    editor, made = wire_as("editor"), []

    def make(kind: str, namespace: str, content: Manifest) -> str:
        path = collection(kind, namespace)
        answer = editor("POST", path, content)
        assert answer.status == 201, shown(answer)
        made.append(f"{path}/{content['metadata']['name']}")
        return made[-1]

    yield make
    for path in made:
        editor("DELETE", path, {"propagationPolicy": "Background"})


def _reasons(wire: Wire, namespace: str) -> list[str]:
    """Why pods could not be made, by the events of a namespace."""
    items = wire("GET", f"/api/v1/namespaces/{namespace}/events").body["items"]
    return [str(item["message"]) for item in items if item["reason"] == "FailedCreate"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Job"])
def test_no_pod_of_a_workload_with_a_privileged_template_is_made(
    kind: str, place: Place, wire: Wire, workload: Callable[[str, str, Manifest], str]
) -> None:
    name = f"privileged-{kind.lower()}"
    content = with_pods(kind, name, {**POD, **_PRIVILEGED})
    content["spec"] |= {"suspend": False} if kind == "Job" else {"replicas": 1}

    workload(kind, place.mine, content)

    said = WALLS["Pod Security"][1].replace(' "', "")
    eventually(lambda: [it for it in _reasons(wire, place.mine) if name in it and said in it], timeout_s=20)
    pods = wire("GET", collection("Pod", place.mine), query={"labelSelector": f"app={name}"})
    assert pods.body["items"] == []


def test_the_quota_limits_the_pods_of_a_workload_that_is_scaled(
    place: Place, wire: Wire, wire_as: Callable[[str], Wire], workload: Callable[[str, str, Manifest], str]
) -> None:
    path = workload("Deployment", place.strict, with_pods("Deployment", "many", SAFE_POD))

    scaled = wire_as("editor")("PATCH", f"{path}/scale", {"spec": {"replicas": 60}}, content_type=MERGE_PATCH)

    assert scaled.status == 200, shown(scaled)
    eventually(lambda: [it for it in _reasons(wire, place.strict) if "exceeded quota" in it], timeout_s=30)
    pods = wire("GET", collection("Pod", place.strict)).body["items"]
    assert len(pods) <= _PODS


def test_every_kind_that_an_owner_may_create_is_counted_by_the_quota(
    place: Place, wire: Wire, wire_as: Callable[[str], Wire], served: Served
) -> None:
    hard = wire("GET", f"{collection('ResourceQuota', place.mine)}/tenantkit-quota").body["spec"]["hard"]
    made = {
        f"{right.resource}.{right.group}".removesuffix(".")
        for right in rights_of(wire_as("owner"), place.mine)
        if right.verb == "create" and not right.subresource and served.find(right.group, right.resource)
    }

    reviews = {it for it in made if it.endswith(("authorization.k8s.io", "authentication.k8s.io"))}
    reviews -= {it for it in reviews if it.endswith("rbac.authorization.k8s.io")}
    assert {it for it in made - reviews if it not in hard and f"count/{it}" not in hard} == set()
    # those that the multi-tenancy benchmark names; of ResourceQuotas tenants make none
    named = ["pods", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims"]
    named += ["services.nodeports", "services.loadbalancers"]
    assert {it for it in named if it not in hard and f"count/{it}" not in hard} == set()


def test_objects_beyond_the_quota_are_denied(place: Place, wire: Wire, wire_as: Callable[[str], Wire]) -> None:
    editor, path = wire_as("editor"), collection("PersistentVolumeClaim", place.strict)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    hard = wire("GET", f"{collection('ResourceQuota', place.strict)}/tenantkit-quota").body["spec"]["hard"]

    # the controller that counts may lag behind by some objects
    most = int(hard["persistentvolumeclaims"]) + 5
    answers = [
        editor("POST", path, manifest("PersistentVolumeClaim", f"claim-{number}", {"spec": claim}))
        for number in range(most)
    ]

    assert {answer.status for answer in answers[: most - 5]} == {201}
    assert is_denied_by(answers[-1], "quota"), shown(answers[-1])


def test_what_an_editor_writes_is_not_carried_out_by_the_platforms_plan(
    place: Place, cluster: Cluster, wire_as: Callable[[str], Wire]
) -> None:
    written = Written(place.mine, place.host, place.other_host)
    path = collection("ConfigMap", place.mine)

    for body in bodies(Resource("", "v1", "configmaps", "ConfigMap", is_namespaced=True), written):
        wire_as("editor")("POST", path, body)

    grant = get_tenant(cluster, place.mine).with_(editors=None, viewers=None, routes=None)
    rows = plan(cluster, grant).rows
    changes = [(row.action, row.ref.name) for row in rows if row.action in ("create", "update", "delete")]
    assert changes in ([], [("delete", "tenantkit-tenant")])  # what earlier versions read is deleted unread
    assert all(EVE not in str(row) for row in rows)


def test_a_removed_member_has_no_right_left(
    place: Place, wire: Wire, wire_as: Callable[[str], Wire], eventually: Callable[..., object]
) -> None:
    owner, path = wire_as("owner"), collection("RoleBinding", place.mine)
    stranger = wire_as("stranger")
    subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "stranger@example.com"}
    added = owner("POST", path, binding("guest", subject, role="tenantkit-viewer"))
    assert added.status == 201, shown(added)
    pods = collection("Pod", place.mine)
    eventually(lambda: stranger("GET", pods).status == 200)

    removed = owner("DELETE", f"{path}/guest", {"propagationPolicy": "Foreground"})

    assert removed.status == 200, shown(removed)
    eventually(lambda: is_denied_by(stranger("GET", pods), "RBAC"))
    assert wire("GET", f"{path}/guest").status == 404


@pytest.mark.parametrize("source", ["a template of claims", "an ephemeral volume"])
def test_no_claim_of_a_workload_takes_a_volume_by_name(
    source: str, place: Place, wire: Wire, workload: Callable[[str, str, Manifest], str], eventually: Callable[..., Any]
) -> None:
    name = source.replace(" ", "-")
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "volumeName": "of-another",
    }
    volume = {"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}
    content = with_pods("StatefulSet", name, POD if "template" in source else {**POD, "volumes": [volume]})
    templates = {"volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": claim}]} if "template" in source else {}
    content["spec"] |= {"replicas": 1, **templates}

    workload("StatefulSet", place.mine, content)

    if "template" in source:
        eventually(lambda: [it for it in _reasons(wire, place.mine) if "tenantkit-pods-claims" in it], timeout_s=20)
    claims = wire("GET", collection("PersistentVolumeClaim", place.mine)).body["items"]
    assert [it["metadata"]["name"] for it in claims if it["spec"].get("volumeName")] == []


def test_traffic_is_denied_by_default_in_each_tenant(place: Place, cluster: Cluster, wire: Wire) -> None:
    for namespace in (place.mine, place.other):
        path = f"{collection('NetworkPolicy', namespace)}/tenantkit-default-deny"
        spec = wire("GET", path).body["spec"]
        assert (spec["podSelector"], sorted(spec["policyTypes"])) == ({}, ["Egress", "Ingress"])

    ways = connectivity(cluster, tenant=place.mine)
    across = ways[ways["peer"].isin(["other tenants", "other namespaces", "metadata service"])]
    assert not across.empty
    assert across["allowed"].tolist() == [False] * len(across)


def test_what_is_not_enforced_is_accepted(place: Place, wire_as: Callable[[str], Wire]) -> None:
    container = {**POD["containers"][0], "imagePullPolicy": "IfNotPresent", "securityContext": {"runAsUser": 0}}
    pod = with_pods("Pod", "as-root", {"containers": [container]})

    answer = wire_as("editor")("POST", collection("Pod", place.mine), pod, query=DRY_RUN)

    assert answer.status == 201, shown(answer)
    assert "would violate PodSecurity" in answer.headers["Warning"]

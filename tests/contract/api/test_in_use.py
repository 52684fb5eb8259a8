"""Protection of claims and volumes that are in use, and the taints of nodes that are not ready.

The rules: pages "Persistent Volumes", section "Storage Object in Use Protection", and "Taints and Tolerations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.api.kind_samples import place
from tests.contract.namespaces import fresh_name
from tests.contract.wire import JSON_PATCH, MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.api.kind_samples import Json
    from tests.contract.wire import Wire


CLAIM = {"namespace": "default", "name": "not-there"}


def test_the_not_ready_taint_of_a_node_is_removed_once_it_is_ready(wire: Wire, make_kind: Callable[..., Json]) -> None:
    node = make_kind("Node")
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready"}
    body = {"status": {"conditions": [ready]}}

    assert wire("PATCH", f"{place(node)}/status", body, content_type=MERGE_PATCH).status == 200

    eventually(lambda: "taints" not in wire("GET", place(node)).body["spec"])


def test_a_cordoned_node_is_tainted(wire: Wire, make_kind: Callable[..., Json]) -> None:
    node = make_kind("Node")
    patch = [{"op": "add", "path": "/spec/unschedulable", "value": True}]

    assert wire("PATCH", place(node), patch, content_type=JSON_PATCH).status == 200

    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    eventually(lambda: _without_times(wire("GET", place(node)).body["spec"].get("taints", [])) == [taint])


def _without_times(taints: list[Json]) -> list[Json]:
    return [{key: value for key, value in taint.items() if key != "timeAdded"} for taint in taints]


def test_an_unused_volume_is_deleted(wire: Wire, make_kind: Callable[..., Json]) -> None:
    volume = make_kind("PersistentVolume")
    assert volume["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]

    answer = wire("DELETE", place(volume))

    assert (answer.status, answer.body["kind"]) == (200, "PersistentVolume")
    eventually(lambda: wire("GET", place(volume)).status == 404)


def test_an_unclaimed_volume_is_available(wire: Wire, make_kind: Callable[..., Json]) -> None:
    free, claimed = (make_kind("PersistentVolume", changes) for changes in ({}, {"spec/claimRef": CLAIM}))

    eventually(lambda: wire("GET", place(free)).body["status"]["phase"] == "Available")
    assert wire("GET", place(claimed)).body["status"]["phase"] != "Bound"


def test_a_claim_that_a_scheduled_pod_uses_stays_until_the_pod_is_deleted(
    wire: Wire, make_kind: Callable[..., Json], shared_namespace: str
) -> None:
    name, node = fresh_name(), make_kind("Node")["metadata"]["name"]
    root = f"/api/v1/namespaces/{shared_namespace}"
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
    spec = {"containers": [{"name": "main", "image": "nginx"}], "volumes": [volume], "nodeName": node}
    wire("POST", f"{root}/persistentvolumeclaims", {"metadata": {"name": name}, "spec": claim})
    assert wire("POST", f"{root}/pods", {"metadata": {"name": name}, "spec": spec}).status == 201

    marked = wire("DELETE", f"{root}/persistentvolumeclaims/{name}").body

    assert marked["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    assert wire("GET", f"{root}/persistentvolumeclaims/{name}").body["metadata"]["deletionTimestamp"]
    wire("DELETE", f"{root}/pods/{name}", query={"gracePeriodSeconds": "0"})
    eventually(lambda: wire("GET", f"{root}/persistentvolumeclaims/{name}").status == 404)

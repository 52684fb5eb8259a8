"""Subresources: the scale of a workload, and the binding and eviction of a pod.

The rules: pages "Horizontal Pod Autoscaling", "Kubernetes Scheduler", "API-initiated Eviction".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import GOOD, POD, QUIET, anonymous, changed
from tests.contract.namespaces import fresh_name
from tests.contract.wire import APPLY, MERGE_PATCH, STRATEGIC_PATCH
from tests.eventually import eventually
from tests.statuses import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.api.kind_samples import Json
    from tests.contract.wire import Answer, Wire

DRY_RUN = {"dryRun": "All"}
SCALED = ["Deployment", "ReplicaSet", "StatefulSet"]
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
NO_SCALE = "converting (v1.Deployment) to (autoscaling.Scale): unknown conversion"
DONE = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


@pytest.fixture
def home(cluster: Cluster, namespace: str) -> str:
    """A namespace that is ready for pods."""
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    return namespace


@pytest.fixture
def node(wire: Wire) -> Iterator[str]:
    """A node's name."""
    name = fresh_name()
    assert wire("POST", "/api/v1/nodes", {"metadata": {"name": name}}).status == 201
    yield name
    wire("DELETE", f"/api/v1/nodes/{name}")


def make(wire: Wire, namespace: str, kind: str) -> str:
    """Create a workload without replicas and return its path."""
    path = GOOD[kind].path(namespace)
    assert wire("POST", path, GOOD[kind].named("web", QUIET[kind])).status == 201
    return f"{path}/web"


def scale(replicas: int, changes: Json | None = None) -> Json:
    manifest = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}}
    return changed({**manifest, "spec": {"replicas": replicas}}, changes or {})


def make_pod(wire: Wire, namespace: str, **spec: Any) -> str:
    path = f"/api/v1/namespaces/{namespace}/pods"
    assert wire("POST", path, {"metadata": {"name": "web"}, "spec": {**POD, **spec}}).status == 201
    return f"{path}/web"


def bind(wire: Wire, pod: str, node: str, changes: Json | None = None, **how: Any) -> Answer:
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web"}, "target": {"name": node}}
    return wire("POST", f"{pod}/binding", changed(binding, changes or {}), **how)


def evict(wire: Wire, pod: str, changes: Json | None = None, **how: Any) -> Answer:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}
    return wire("POST", f"{pod}/eviction", changed(eviction, changes or {}), **how)


@pytest.mark.parametrize("kind", SCALED)
def test_a_scale_has_the_replicas_and_the_selector(wire: Wire, namespace: str, kind: str) -> None:
    path = make(wire, namespace, kind)
    about = wire("GET", path).body["metadata"]

    found = wire("GET", f"{path}/scale").body

    shown = {key: about[key] for key in ("name", "namespace", "uid", "creationTimestamp")}
    assert {**found, "metadata": {**found["metadata"], "resourceVersion": ""}} == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {**shown, "resourceVersion": ""},
        "spec": {},
        "status": {"replicas": 0, "selector": "app=web"},
    }


@pytest.mark.parametrize("kind", SCALED)
@pytest.mark.parametrize(
    ("method", "content_type"), [("PUT", ""), ("PATCH", MERGE_PATCH), ("PATCH", STRATEGIC_PATCH)], ids=str
)
def test_a_new_scale_changes_the_workload(
    wire: Wire, namespace: str, kind: str, method: str, content_type: str
) -> None:
    path = make(wire, namespace, kind)
    how: Json = {"content_type": content_type} if content_type else {}
    body = scale(2) if method == "PUT" else {"spec": {"replicas": 2}}

    answer = wire(method, f"{path}/scale", body, query={"fieldManager": "tests"}, **how)

    assert (answer.status, answer.body["spec"]) == (200, {"replicas": 2})
    live = wire("GET", path).body
    assert (live["spec"]["replicas"], live["metadata"]["generation"]) == (2, 2)
    [entry] = [item for item in live["metadata"]["managedFields"] if item["manager"] == "tests"]
    assert (entry["subresource"], entry["fieldsV1"]) == ("scale", {"f:spec": {"f:replicas": {}}})


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        (
            {"spec/replicas": -1},
            422,
            'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ),
        ({"metadata/name": "other"}, 400, "the name of the object (other) does not match the name on the URL (web)"),
        (
            {"metadata/resourceVersion": "1"},
            409,
            f'Operation cannot be fulfilled on deployments.apps "web": {MODIFIED}',
        ),
        (
            {"kind": "Deployment", "apiVersion": "apps/v1"},
            400,
            f'Deployment in version "v1" cannot be handled as a Scale: {NO_SCALE}',
        ),
    ],
    ids=str,
)
def test_a_wrong_scale_is_refused(wire: Wire, namespace: str, changes: Json, status: int, message: str) -> None:
    path = make(wire, namespace, "Deployment")

    answer = wire("PUT", f"{path}/scale", scale(1, changes))

    assert (answer.status, answer.body["message"]) == (status, message)


def test_a_scale_can_not_be_deleted_or_created(wire: Wire, namespace: str) -> None:
    path = make(wire, namespace, "Deployment")

    assert [wire(method, f"{path}/scale", scale(1)).status for method in ("DELETE", "POST")] == [405, 405]


def test_a_scale_can_be_applied(wire: Wire, namespace: str) -> None:
    path = make(wire, namespace, "Deployment")
    query = {"fieldManager": "tests"}

    refused = wire("PATCH", f"{path}/scale", scale(2), content_type=APPLY, query=query)
    taken = wire("PATCH", f"{path}/scale", scale(2), content_type=APPLY, query={**query, "force": "true"})

    why = 'conflict with "python-urllib3" using autoscaling/v1'
    assert (refused.status, refused.body["message"]) == (409, f"Apply failed with 1 conflict: {why}: .spec.replicas")
    assert (taken.status, taken.body["spec"]) == (200, {"replicas": 2})
    [mine] = [entry for entry in wire("GET", path).body["metadata"]["managedFields"] if entry["manager"] == "tests"]
    assert {key: mine[key] for key in ("operation", "apiVersion", "subresource", "fieldsV1")} == {
        "operation": "Apply",
        "apiVersion": "apps/v1",
        "subresource": "scale",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }


def test_writing_a_scale_needs_permission_for_scales(
    wire_as: Callable[[str], Wire], wire: Wire, namespace: str
) -> None:
    path = make(wire, namespace, "Deployment")

    answer = wire_as("stranger")("PATCH", f"{path}/scale", {"spec": {"replicas": 2}}, content_type=MERGE_PATCH)

    assert answer.body["message"] == (
        'deployments.apps "web" is forbidden: User "stranger@example.com" cannot patch resource "deployments/scale" in '
        f'API group "apps" in the namespace "{namespace}"'
    )


def test_a_binding_puts_a_pod_on_its_node(wire: Wire, home: str, node: str) -> None:
    pod = make_pod(wire, home)

    answer = bind(wire, pod, node, {"metadata/annotations": {"placed": "yes"}})

    assert (answer.status, answer.body) == (201, DONE)
    live = wire("GET", pod).body
    assert (live["spec"]["nodeName"], live["metadata"]["annotations"]) == (node, {"placed": "yes"})
    [condition] = live["status"]["conditions"]
    assert {**condition, "lastTransitionTime": ""} == {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": "",
    }


def test_a_dry_run_of_a_binding_changes_nothing(wire: Wire, home: str, node: str) -> None:
    pod = make_pod(wire, home)

    assert bind(wire, pod, node, query=DRY_RUN).body == DONE

    assert "nodeName" not in wire("GET", pod).body["spec"]


def test_a_pod_is_bound_once(wire: Wire, home: str, node: str) -> None:
    pod = make_pod(wire, home)
    bind(wire, pod, node)

    answer = bind(wire, pod, "another")

    message = f'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "{node}"'
    assert answer.body == status(409, "Conflict", message, {"name": "web", "kind": "pods/binding"})


def test_a_pod_with_a_scheduling_gate_is_not_bound(wire: Wire, home: str, node: str) -> None:
    pod = make_pod(wire, home, schedulingGates=[{"name": "example.com/hold"}])

    answer = bind(wire, pod, node)

    why = "pod web has non-empty .spec.schedulingGates"
    assert answer.body["message"] == f'Operation cannot be fulfilled on pods/binding "web": {why}'


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"metadata/name": "other"}, 400, "name in URL does not match name in Binding object"),
        (
            {"target": {"kind": "Pod", "name": "n"}},
            500,
            'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
        ),
        ({"target": {}}, 500, "target.name: Required value"),
    ],
    ids=str,
)
def test_a_wrong_binding_is_refused(wire: Wire, home: str, changes: Json, status: int, message: str) -> None:
    pod = make_pod(wire, home)

    answer = bind(wire, pod, "node", changes)

    assert (answer.status, answer.body["message"]) == (status, message)


def test_a_binding_must_match_the_uid_of_the_pod(wire: Wire, home: str) -> None:
    pod = make_pod(wire, home)

    answer = bind(wire, pod, "node", {"metadata/uid": "another"})

    why = "AdditionalErrorMsg: Precondition failed: UID in precondition: another, UID in object meta: UID"
    key = "Key: /registry/pods/sample/web, ResourceVersion: 0"
    assert (answer.status, anonymous(answer.body["message"], home)) == (
        409,
        f'Operation cannot be fulfilled on pods "web": StorageError: invalid object, Code: 4, {key}, {why}',
    )


def test_an_evicted_pod_is_deleted(wire: Wire, home: str) -> None:
    pod = make_pod(wire, home)

    answer = evict(wire, pod)

    assert (answer.status, answer.body, wire("GET", pod).status) == (201, DONE, 404)


@pytest.mark.parametrize(
    ("changes", "query", "status"),
    [
        ({"metadata/name": "other"}, None, 400),
        ({"deleteOptions": {"preconditions": {"uid": "another"}}}, None, 409),
        ({}, DRY_RUN, 201),
        ({"deleteOptions": {"dryRun": ["All"]}}, None, 201),
    ],
    ids=str,
)
def test_an_invalid_or_dry_run_eviction_leaves_the_pod(
    wire: Wire, home: str, changes: Json, query: Json | None, status: int
) -> None:
    pod = make_pod(wire, home)

    answer = evict(wire, pod, changes, query=query)

    assert (answer.status, wire("GET", pod).status) == (status, 200)

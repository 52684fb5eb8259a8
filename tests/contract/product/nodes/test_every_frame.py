"""Every public frame of a tenant with workloads: full, empty, without permissions, after a list expired."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.http.transport import Answer
from tenantkit.cluster.requests import list as listing
from tenantkit.exceptions import InvalidSpecError, PermissionDenied
from tests.contract import tenants
from tests.contract.nodes import condition
from tests.contract.wire import MERGE_PATCH, STRATEGIC_PATCH
from tests.forms.faults import FaultyTransport, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.http.transport import Request
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire
    from tests.forms.faults import Fault

    Frame = Callable[[Cluster, str], pd.DataFrame]

IN_NAMESPACES: dict[str, Callable[[Cluster, Any], pd.DataFrame]] = {
    "tenants": lambda cluster, where: tk.tenants(cluster, namespaces=where),
    "quota_usage": lambda cluster, where: tk.quota_usage(cluster, namespaces=where),
    "quota_usage by team": lambda cluster, where: tk.quota_usage(cluster, namespaces=where, by="team"),
    "quota_usage with metrics": lambda cluster, where: tk.quota_usage(cluster, namespaces=where, metrics=True),
    "pods": lambda cluster, where: tk.pods(cluster, namespaces=where),
    "workloads": lambda cluster, where: tk.workloads(cluster, namespaces=where),
    "services": lambda cluster, where: tk.services(cluster, namespaces=where),
    "events": lambda cluster, where: tk.events(cluster, namespaces=where),
    "volumes": lambda cluster, where: tk.volumes(cluster, namespaces=where),
    "resources": lambda cluster, where: tk.resources(cluster, "ConfigMap", namespaces=where),
    "why": lambda cluster, where: tk.why(cluster, namespaces=where),
}
BY_NAMESPACE: dict[str, Frame] = {
    what: lambda cluster, name, frame=frame: frame(cluster, [name])  # type: ignore[misc]
    for what, frame in IN_NAMESPACES.items()
}
BY_TENANT: dict[str, Frame] = {
    "quota_holders": tk.quota_holders,
    "why of a tenant": tk.why,
    "fits": lambda cluster, name: tk.fits(cluster, name, cpu=1).frame,
}
EVERY = BY_NAMESPACE | BY_TENANT
OF_THE_CLUSTER: dict[str, Frame] = {"nodes": lambda cluster, _: tk.nodes(cluster)}
ALWAYS_FULL = {"tenants", "quota_usage", "quota_usage by team", "quota_usage with metrics", "resources", "fits"}
MOVING = ["created", "started", "since", "first_seen", "last_seen", "count", "age"]  # different a moment later

each_frame = pytest.mark.parametrize("frame", EVERY.values(), ids=EVERY)


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant with workloads, and its node."""

    name: str
    node: str


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    """A tenant without objects of its own."""
    with tenants.fresh_name(cluster) as name:
        tk.apply(cluster, tk.plan(cluster, tenants.tenant(name, routes=[])), progress=False)
        yield name


@pytest.fixture
def full(cluster: Cluster, empty: str, gpu_node: Callable[..., str], eventually: Callable[..., Any]) -> Place:
    """A tenant with a pod that runs, one that does not, a service and a volume."""
    node = gpu_node()
    for name, spec in (("runs", {}), ("waits", {"nodeSelector": {"no": "such-node"}})):
        cluster.create(deployment(empty, name, spec))
    cluster.create(service(empty))
    cluster.create(claim(empty))

    def rests() -> bool:
        pods = tk.pods(cluster, namespaces=[empty]).set_index("workload")
        assert pods["status"].to_dict() == {"Deployment/runs": "Running", "Deployment/waits": "Pending"}
        assert tk.workloads(cluster, namespaces=[empty])["state"].tolist() == ["Ready", "Progressing"]
        assert "FailedScheduling" in set(tk.events(cluster, namespaces=[empty])["reason"])
        usage = tk.quota_usage(cluster, namespaces=[empty])
        used = usage[usage["quota"] == "tenantkit-quota"].set_index("resource")["used"]
        assert used[["pods", "services", "persistentvolumeclaims"]].tolist() == [2, 1, 1]
        return True

    eventually(rests)
    return Place(empty, node)


def deployment(namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    amounts = {"cpu": "250m", "memory": "64Mi"}
    restricted = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    resources = {"requests": amounts, "limits": amounts}
    container = {"name": "main", "image": "i", "resources": resources, "securityContext": restricted}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def service(namespace: str) -> dict[str, Any]:
    spec = {"selector": {"app": "runs"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace}, "spec": spec}


def claim(namespace: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
    metadata = {"name": "data", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def test_each_frame_has_the_same_columns_empty_and_full(cluster: Cluster, empty: str, request: Any) -> None:
    every = EVERY | OF_THE_CLUSTER
    before = {what: frame(cluster, empty) for what, frame in every.items()}
    full: Place = request.getfixturevalue("full")
    after = {what: frame(cluster, full.name) for what, frame in every.items()}

    assert {what for what, frame in before.items() if len(frame)} == ALWAYS_FULL
    assert [what for what, frame in after.items() if frame.empty] == []
    for what, frame in before.items():
        assert frame.dtypes.to_dict() == after[what].dtypes.to_dict(), what


def test_frames_have_what_scheduler_and_kubelet_did(cluster: Cluster, full: Place) -> None:
    pods = tk.pods(cluster, namespaces=[full.name]).set_index("workload")
    assert pods["node"].fillna("").to_dict() == {"Deployment/runs": full.node, "Deployment/waits": ""}
    node = tk.nodes(cluster).set_index("name").loc[full.node]
    assert (node["ready"], node["accelerators_free"], node["cpu_requests_cores"]) == (True, 8, 0.25)
    assert tk.why(cluster, full.name)[["workload", "cause"]].to_numpy().tolist() == [
        ["Deployment/waits", "no node fits"],
    ]
    held = tk.quota_holders(cluster, full.name).set_index(["resource", "workload"])["used"]["requests.cpu"]
    assert held.to_dict() == {"Deployment/runs": 0.25, "Deployment/waits": 0.25}
    measured = tk.quota_usage(cluster, namespaces=[full.name], metrics=True)
    assert measured["measured"].isna().all()
    assert list(measured.attrs["incomplete"]) == ["PodMetrics"]


def test_frames_have_what_controllers_did(cluster: Cluster, full: Place, eventually: Callable[..., Any]) -> None:
    def is_told() -> bool:
        service = tk.services(cluster, namespaces=[full.name])
        assert service[["name", "endpoints", "endpoints_ready"]].to_numpy().tolist() == [["web", 1, 1]]
        return True

    eventually(is_told)
    events = tk.events(cluster, namespaces=[full.name])
    told = events[["reason", "object", "source"]].to_numpy().tolist()
    said = {(reason, about.partition("-")[0], source) for reason, about, source in told}
    assert said >= {
        ("Scheduled", "Pod/runs", "default-scheduler"),
        ("FailedScheduling", "Pod/waits", "default-scheduler"),
        ("SuccessfulCreate", "ReplicaSet/runs", "replicaset-controller"),
        ("ScalingReplicaSet", "Deployment/runs", "deployment-controller"),
    }
    volume = tk.volumes(cluster, namespaces=[full.name])
    assert volume[["name", "phase", "storage_class", "used_by"]].to_numpy().tolist() == [
        ["data", "Pending", "none", ""]
    ]
    workloads = tk.workloads(cluster, namespaces=[full.name]).set_index("workload")
    assert workloads[["pods_desired", "pods_ready", "pods"]].to_numpy().tolist() == [[1, 1, 1], [1, 0, 1]]


def test_a_node_that_is_not_ready_takes_no_pods(
    cluster: Cluster, wire: Wire, full: Place, eventually: Callable[..., Any]
) -> None:
    why = {"reason": "KubeletNotReady", "message": "container runtime network not ready: cni plugin not initialized"}
    report(wire, f"nodes/{full.node}", status="False", **why)
    [runs] = [pod for pod in cluster.list("Pod", namespace=full.name) if pod["spec"].get("nodeName")]
    report(wire, f"namespaces/{full.name}/pods/{runs['metadata']['name']}", status="False")  # as the node controller

    def is_told() -> bool:
        node = tk.nodes(cluster).set_index("name").loc[full.node]
        assert (node["ready"], node["accelerators_free"]) == (False, 0)
        assert "node.kubernetes.io/not-ready:NoSchedule" in node["taints"]
        told = tk.why(cluster, full.name).query("workload == 'Deployment/runs'")
        said = f"{why['reason']}: {why['message']}"
        assert told[["cause", "object", "message"]].to_numpy().tolist() == [
            ["node not ready", f"Node/{full.node}", said],
        ]
        return True

    eventually(is_told)
    fit = tk.fits(cluster, full.name, cpu=1)
    assert (fit.answer, fit.pods, fit.blocks_first) == ("no", 0, "Node")
    assert fit.checks[0].reason == "1 of 1 nodes: node(s) had untolerated taint(s)"
    assert condition(cluster.get("Node", full.node), "Ready")["reason"] == "KubeletNotReady"  # not overwritten

    report(wire, f"nodes/{full.node}", status="True", reason="KubeletReady", message="kubelet is posting ready status")
    eventually(lambda: tk.fits(cluster, full.name, cpu=1).answer == "yes")


def report(wire: Wire, path: str, **ready: str) -> None:
    """Write the condition Ready of a node or a pod, as its kubelet would."""
    body = {"status": {"conditions": [{"type": "Ready", **ready}]}}
    answer = wire("PATCH", f"/api/v1/{path}/status", body, content_type=STRATEGIC_PATCH)
    assert answer.status == 200, answer.body


def test_a_cordoned_node_takes_no_pods(
    cluster: Cluster, wire: Wire, full: Place, eventually: Callable[..., Any]
) -> None:
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}  # as the node controller puts it there
    cordon = {"spec": {"unschedulable": True}}
    assert wire("PATCH", f"/api/v1/nodes/{full.node}", cordon, content_type=MERGE_PATCH).status == 200

    fit = tk.fits(cluster, full.name, cpu=1)
    assert (fit.answer, fit.blocks_first) == ("no", "Node")
    assert "unschedulable" in fit.checks[0].reason
    assert bool(tk.nodes(cluster).set_index("name").loc[full.node, "cordoned"])

    uncordon = {"spec": {"unschedulable": None, "taints": [taint]}}
    assert wire("PATCH", f"/api/v1/nodes/{full.node}", uncordon, content_type=MERGE_PATCH).status == 200
    eventually(lambda: tk.fits(cluster, full.name, cpu=1).answer == "yes")  # the taint is removed


@each_frame
def test_a_list_that_expires_half_way_is_restarted(
    engine: Engine, full: Place, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = engine.login("admin")
    with connect(kubeconfig=login.kubeconfig, context=login.context) as cluster:
        expected = at_rest(frame(cluster, full.name))
        monkeypatch.setattr(listing, "LIMITS", (1, 1, None))
        transport = FaultyTransport.put_into(cluster)
        expired = set[str]()
        transport.fault = lambda _, request: expire_once(request, expired)
        found = at_rest(frame(cluster, full.name))

    pd.testing.assert_frame_equal(found, expected)


def expire_once(request: Request, expired: set[str]) -> Answer | None:
    """The second page of each collection has expired."""
    path = request.path.partition("?")[0]
    if "continue=" not in request.path or path in expired:
        return None
    expired.add(path)
    why = "The provided continue parameter is too old to display a consistent list result."
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": why, "reason": "Expired", "code": 410}
    return Answer(410, {"content-type": "application/json"}, json.dumps(body).encode())


def at_rest(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that stay the same while nothing changes."""
    kept = frame.drop(columns=[name for name in MOVING if name in frame])
    return kept.sort_values(list(kept.columns), ignore_index=True)


@each_frame
def test_a_user_without_permissions_gets_an_error(full: Place, frame: Frame, connect_as: Any) -> None:
    with pytest.raises(PermissionDenied, match="may not"):
        frame(connect_as("stranger"), full.name)


@each_frame
def test_an_owner_sees_the_same_as_an_admin(full: Place, frame: Frame, cluster: Cluster, connect_as: Any) -> None:
    expected, found = frame(cluster, full.name), frame(connect_as("owner"), full.name)

    assert len(found) >= 1
    assert found.dtypes.to_dict() == expected.dtypes.to_dict()
    key = next(name for name in ("name", "workload", "resource", "object", "tenant") if name in expected)
    assert {*found[key].dropna()} == {*expected[key].dropna()}


each_question = pytest.mark.parametrize("frame", (EVERY | OF_THE_CLUSTER).values(), ids=EVERY | OF_THE_CLUSTER)


@each_question
def test_a_kind_that_may_not_be_read_is_reported_and_not_taken_as_empty(
    engine: Engine, full: Place, frame: Frame
) -> None:
    whole, reads = read_with_fault(engine, full, frame)
    assert len(reads) > 0
    for path in reads:
        try:
            part, _ = read_with_fault(engine, full, frame, path, status(403))
        except PermissionDenied as refusal:
            texts = str(refusal)
        else:
            assert invented(part, whole) == {}, path
            texts = texts_of(part)
        assert ("may not" in texts) != is_dispensable(frame, path), path


def is_dispensable(frame: Frame, path: str) -> bool:
    """Whether the frame is complete without that path."""
    if path == "/api/v1/namespaces":
        return frame in (tk.quota_holders, tk.why)  # the tenant's namespace is read by its name instead
    if path == "/api/v1/namespaces/tenantkit-system/configmaps/platform":
        advised = ("why", "why of a tenant", "fits")
        return frame in [(EVERY | OF_THE_CLUSTER)[what] for what in advised]  # it only names whom to ask
    return path.startswith("/apis/kueue.x-k8s.io/")  # no workload here names a queue


@each_question
def test_a_kind_that_the_server_does_not_serve_has_no_objects(engine: Engine, full: Place, frame: Frame) -> None:
    whole, reads = read_with_fault(engine, full, frame)
    for path in reads:
        if path.startswith("/apis/"):  # every server has the core API
            part, _ = read_with_fault(engine, full, frame, path, status(404))
            assert invented(part, whole) == {}, path


def read_with_fault(
    engine: Engine, full: Place, frame: Frame, path: str = "", fault: Fault = lambda _: None
) -> tuple[pd.DataFrame, list[str]]:
    """The frame while reading that path fails in this way, and all paths that it reads."""
    login = engine.login("admin")
    with connect(kubeconfig=login.kubeconfig, context=login.context) as cluster:
        transport = FaultyTransport.put_into(cluster)
        transport.fault = lambda _, request: fault(request) if read_by(request) == path else None
        found = frame(cluster, full.name)
    reads = {request.removeprefix("GET ").partition("?")[0] for request in transport.requests if request[:3] == "GET"}
    return found, sorted(reads)


def read_by(request: Request) -> str | None:
    """The path that a request reads; None for a write, also a dry run."""
    return request.path.partition("?")[0] if request.method == "GET" else None


def invented(part: pd.DataFrame, whole: pd.DataFrame) -> dict[str, set[Any]]:
    """By column, the numbers and states that are not in the whole frame; <NA> does not count."""
    assert part.dtypes.to_dict() == whole.dtypes.to_dict()
    numbers = [str(name) for name in part.select_dtypes(["Int64", "Float64", "boolean"]) if name not in MOVING]
    found = {name: {*part[name].dropna()} - {*whole[name].dropna()} for name in numbers}
    return {name: values for name, values in found.items() if values}


def texts_of(frame: pd.DataFrame) -> str:
    """All texts of a frame, in its cells and its attrs."""
    return f"{frame.attrs} {frame.select_dtypes('string').to_numpy().tolist()}"


@pytest.mark.parametrize("frame", IN_NAMESPACES.values(), ids=IN_NAMESPACES)
def test_a_text_for_namespaces_is_refused(frame: Callable[[Cluster, Any], pd.DataFrame], cluster: Cluster) -> None:
    with pytest.raises(InvalidSpecError, match=r"^namespaces='vision' is not a list: use namespaces=\['vision'\]$"):
        frame(cluster, "vision")

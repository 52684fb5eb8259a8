"""The sandbox's scheduler and kubelet stand-in, on a store without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.bootstrap import put_initial_objects
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.control_loops import Controllers
from tenantkit.sandbox.kubelet import RUNS_ON_ANNOTATION
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PODS, NODES, JOBS = find("", "v1", "pods"), find("", "v1", "nodes"), find("batch", "v1", "jobs")
EVENTS = find("", "v1", "events")


class Cluster:
    """A sandbox's store, scheduler and kubelets."""

    def __init__(self, *, runs_pods: bool = True) -> None:
        self.store = Store(lambda: NOW)
        put_initial_objects(self.store, port=6443)
        self.controllers = Controllers(self.store, runs_pods=runs_pods)
        self.controllers.start()
        self.requests = InProcessClient(self.store, "test")
        self.controllers.run_pending()

    def node(self, name: str, *, zone: str = "a", **room: str) -> None:
        amounts = {"cpu": "4", "memory": "8Gi", "pods": "10", **room}
        metadata = {"name": name, "labels": {"zone": zone}}
        self.requests.create(NODES, {"metadata": metadata, "status": {"allocatable": amounts, "capacity": amounts}})
        self.controllers.run_pending()

    def pod(self, name: str, *, cpu: str = "1", labels: Manifest | None = None, **spec: Any) -> Manifest:
        container = {"name": "main", "image": "busybox", "resources": {"requests": {"cpu": cpu}}}
        metadata = {"name": name, "namespace": "default", "labels": labels or {"app": name}}
        self.requests.create(PODS, {"metadata": metadata, "spec": {"containers": [container], **spec}})
        self.controllers.run_pending()
        return self.live(name)

    def live(self, name: str) -> Manifest:
        found = self.store.get(PODS, name, "default")
        assert found is not None
        return found

    def delete(self, name: str) -> None:
        self.requests.delete(PODS, self.live(name))
        self.controllers.run_pending()


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def told(pod: Manifest) -> str:
    [condition] = [item for item in pod["status"]["conditions"] if item["type"] == "PodScheduled"]
    return str(condition.get("message", condition["status"]))


def required(kind: str, selector: Manifest, key: str = "zone", **further: Any) -> Manifest:
    term = {"labelSelector": {"matchLabels": selector}, "topologyKey": key, **further}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_a_pod_gets_the_emptiest_node_and_runs_there(cluster: Cluster) -> None:
    cluster.node("small", cpu="2")
    cluster.node("large", cpu="16")

    pod = cluster.pod("serve")

    assert (pod["spec"]["nodeName"], pod["status"]["phase"], told(pod)) == ("large", "Running", "True")
    assert pod["status"]["podIPs"] == [{"ip": pod["status"]["podIP"]}]


def test_a_pending_pod_runs_once_there_is_room(cluster: Cluster) -> None:
    cluster.node("n1")
    cluster.pod("first", cpu="3")
    second = cluster.pod("second", cpu="2")
    assert told(second) == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
        "1 No preemption victims found for incoming pod."
    )

    cluster.delete("first")

    assert cluster.live("second")["status"]["phase"] == "Running"


def test_a_repeated_failure_is_written_once(cluster: Cluster) -> None:
    cluster.node("n1")
    cluster.pod("large", cpu="64")
    version = cluster.live("large")["metadata"]["resourceVersion"]

    cluster.pod("other")

    assert cluster.live("large")["metadata"]["resourceVersion"] == version
    failed = [event for event in cluster.store.list(EVENTS) if event["reason"] == "FailedScheduling"]
    assert [event["message"] for event in failed] == [told(cluster.live("large"))]


def test_the_pod_with_the_higher_priority_is_scheduled_first(cluster: Cluster) -> None:
    cluster.pod("low", cpu="3")
    cluster.pod("high", cpu="3", priorityClassName="system-node-critical")

    cluster.node("n1")

    assert "nodeName" in cluster.live("high")["spec"]
    assert "nodeName" not in cluster.live("low")["spec"]


def test_the_message_without_nodes_is_the_schedulers(cluster: Cluster) -> None:
    assert told(cluster.pod("serve")) == "no nodes available to schedule pods"


def test_pods_stay_pending_if_the_sandbox_runs_no_pods() -> None:
    cluster = Cluster(runs_pods=False)
    cluster.node("n1")

    assert "nodeName" not in cluster.pod("serve")["spec"]


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"affinity": required("podAffinity", {"app": "there"})}, "a1"),
        ({"affinity": required("podAntiAffinity", {"app": "there"})}, "b1"),
        ({"affinity": required("podAffinity", {"app": "nobody"})}, None),
        ({"affinity": required("podAffinity", {"app": "serve"})}, "b1"),
        ({"affinity": required("podAffinity", {"app": "there"}, namespaces=["other"])}, None),
        ({"affinity": required("podAffinity", {"app": "there"}, namespaceSelector={})}, "a1"),
        ({"affinity": required("podAntiAffinity", {"app": "there"}, key="none")}, "b1"),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
                ]
            },
            "b1",
        ),
    ],
)
def test_required_pod_affinity_and_anti_affinity_are_respected(
    cluster: Cluster, spec: Manifest, place: str | None
) -> None:
    cluster.node("a1", zone="a")
    cluster.pod("there")
    cluster.node("b1", zone="b", cpu="32")

    assert cluster.pod("serve", **spec)["spec"].get("nodeName") == place


def test_an_existing_pods_anti_affinity_is_respected(cluster: Cluster) -> None:
    cluster.node("a1", zone="a")
    cluster.pod("alone", affinity=required("podAntiAffinity", {"app": "serve"}))

    assert told(cluster.pod("serve")).startswith(
        "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules."
    )


def test_a_gated_pod_has_a_condition_and_runs_once_its_gates_are_removed(cluster: Cluster) -> None:
    cluster.node("n1")
    pod = cluster.pod("train", schedulingGates=[{"name": "example.ai/queue"}])
    assert told(pod) == "Scheduling is blocked due to non-empty scheduling gates"

    spec = {key: value for key, value in pod["spec"].items() if key != "schedulingGates"}
    cluster.requests.update(PODS, pod, spec=spec)
    cluster.controllers.run_pending()

    assert cluster.live("train")["status"]["phase"] == "Running"


def test_a_deleted_pod_is_removed_at_once(cluster: Cluster) -> None:
    cluster.node("n1")
    cluster.pod("serve")

    cluster.delete("serve")

    assert cluster.store.get(PODS, "serve", "default") is None


def test_a_status_written_to_a_running_pod_stays(cluster: Cluster) -> None:
    cluster.node("n1")
    pod = cluster.pod("serve")
    broken = {**pod["status"], "phase": "Pending", "reason": "Captured"}

    cluster.requests.update(PODS, pod, subresource="status", status=broken)
    cluster.controllers.run_pending()

    assert cluster.live("serve")["status"]["reason"] == "Captured"


@pytest.mark.parametrize(("annotations", "phase"), [({}, "Succeeded"), ({RUNS_ON_ANNOTATION: "yes"}, "Running")])
def test_a_jobs_pod_succeeds_unless_it_is_annotated_to_keep_running(
    cluster: Cluster, annotations: Manifest, phase: str
) -> None:
    cluster.node("n1")
    template = {
        "metadata": {"annotations": annotations},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]},
    }
    cluster.requests.create(
        JOBS, {"metadata": {"name": "train", "namespace": "default"}, "spec": {"template": template}}
    )
    cluster.controllers.run_pending()

    assert [pod["status"]["phase"] for pod in cluster.store.list(PODS)] == [phase]

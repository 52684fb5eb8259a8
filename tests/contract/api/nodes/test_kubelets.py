"""The status of nodes and pods that kubelets or their stand-ins write; the same on both engines."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.rules.manifest import ref_of
from tests.contract.nodes import condition
from tests.controlplane.nodes import make_node
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


_CONTAINER = {"name": "main", "image": "registry.example.ai/main:1"}


@pytest.fixture
def run(cluster: Cluster, namespace: str) -> Callable[..., Manifest]:
    """Create a pod, and return it once it runs."""

    def make(**spec: Any) -> Manifest:
        eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": namespace}}
        cluster.create(pod | {"spec": {"containers": [_CONTAINER], **spec}})
        eventually(lambda: cluster.get("Pod", "one", namespace)["status"]["phase"] == "Running")
        return cluster.get("Pod", "one", namespace)

    return make


def test_a_new_node_gets_all_its_conditions(cluster: Cluster, gpu_node: Callable[..., str]) -> None:
    node = gpu_node()
    eventually(lambda: len(cluster.get("Node", node)["status"]["conditions"]) == 5)
    found = cluster.get("Node", node)["status"]["conditions"]
    assert {item["type"]: (item["status"], item["reason"], item["message"]) for item in found} == {
        "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
        "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        "NetworkUnavailable": ("False", "RouteCreated", "RouteController created a route"),
    }


def test_a_node_keeps_the_capacity_that_it_was_created_with(cluster: Cluster, gpu_node: Callable[..., str]) -> None:
    node = gpu_node(lambda manifest: manifest["status"]["allocatable"].update({"cpu": "60"}))
    status = cluster.get("Node", node)["status"]
    assert (status["allocatable"]["cpu"], status["allocatable"]["nvidia.com/gpu"]) == ("60", "8")


def test_a_running_pod_is_ready_by_all_conditions(gpu_node: Callable[..., str], run: Callable[..., Manifest]) -> None:
    gpu_node()
    pod = run(readinessGates=[{"conditionType": "example.ai/loaded"}])
    found = {item["type"]: item["status"] for item in pod["status"]["conditions"]}
    wanted = ("PodScheduled", "Initialized", "Ready", "ContainersReady", "example.ai/loaded")
    assert found == dict.fromkeys(wanted, "True")


def test_init_containers_have_ended_and_sidecars_run(
    gpu_node: Callable[..., str], run: Callable[..., Manifest]
) -> None:
    gpu_node()
    first = {"name": "first", "image": "registry.example.ai/first:1"}
    proxy = {"name": "proxy", "image": "registry.example.ai/proxy:1", "restartPolicy": "Always"}
    status = run(initContainers=[first, proxy])["status"]
    ended, beside = status["initContainerStatuses"]
    (main,) = status["containerStatuses"]
    assert (ended["name"], ended["state"]["terminated"]["reason"]) == ("first", "Completed")
    assert (beside["name"], list(beside["state"]), beside["started"]) == ("proxy", ["running"], True)
    assert (main["name"], list(main["state"]), main["ready"], main["restartCount"]) == ("main", ["running"], True, 0)


def test_a_pod_that_names_its_node_needs_no_scheduler(
    gpu_node: Callable[..., str], run: Callable[..., Manifest]
) -> None:
    node = gpu_node(lambda manifest: manifest.update({"spec": {"unschedulable": True}}))
    assert run(nodeName=node)["spec"]["nodeName"] == node


def test_a_pod_on_a_node_that_does_not_exist_waits_for_it(cluster: Cluster, namespace: str) -> None:
    node = f"late-{uuid.uuid4().hex[:6]}"
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": namespace}}
    made = cluster.create(pod | {"spec": {"containers": [_CONTAINER], "nodeName": node}})
    assert made["status"]["phase"] == "Pending"
    late = cluster.create(make_node(node))
    try:
        eventually(lambda: cluster.get("Pod", "one", namespace)["status"]["phase"] == "Running")
    finally:
        cluster.delete(ref_of(late))


def test_a_written_status_of_a_running_pod_stays(
    cluster: Cluster, wire: Wire, namespace: str, gpu_node: Callable[..., str], run: Callable[..., Manifest]
) -> None:
    gpu_node()
    (status,) = run()["status"]["containerStatuses"]
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}
    broken = {"containerStatuses": [{**status, "ready": False, "restartCount": 7, "state": waiting}]}
    path = f"/api/v1/namespaces/{namespace}/pods/one/status"
    answer = wire("PATCH", path, {"status": broken}, content_type="application/merge-patch+json")
    assert answer.status == 200, answer.body
    labelled = {"metadata": {"labels": {"seen": "yes"}}}
    path = path.removesuffix("/status")
    assert wire("PATCH", path, labelled, content_type="application/merge-patch+json").status == 200
    (now,) = cluster.get("Pod", "one", namespace)["status"]["containerStatuses"]
    assert (now["state"], now["restartCount"]) == (waiting, 7)


def test_a_deleted_pod_is_removed(
    cluster: Cluster, namespace: str, gpu_node: Callable[..., str], run: Callable[..., Manifest]
) -> None:
    gpu_node()
    cluster.delete(ref_of(run()))

    def is_gone() -> bool:
        try:
            return not cluster.get("Pod", "one", namespace)
        except NotFound:
            return True

    eventually(is_gone)


def test_the_condition_of_a_waiting_pod_has_its_observed_generation(
    cluster: Cluster, namespace: str, gpu_node: Callable[..., str]
) -> None:
    gpu_node()
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    large = {**_CONTAINER, "resources": {"requests": {"cpu": "65"}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": namespace}}
    cluster.create(pod | {"spec": {"containers": [large]}})
    found = eventually(lambda: condition(cluster.get("Pod", "one", namespace), "PodScheduled"))
    assert (found["observedGeneration"], found["lastProbeTime"]) == (1, None)

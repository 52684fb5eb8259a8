"""Which node a pod gets, and the message if it gets none; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.nodes import condition
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


def deployment(namespace: str, **container: Any) -> Manifest:
    labels = {"app": "server"}
    main = {"name": "main", "image": "registry.example.ai/server:1", **container}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "server", "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [main]}},
        },
    }


def only_pod(cluster: Cluster, namespace: str) -> Manifest:
    pods = cluster.list("Pod", namespace=namespace)
    assert len(pods) == 1
    return pods[0]


def test_the_pod_of_a_deployment_runs_on_a_node_and_has_an_address(
    cluster: Cluster, namespace: str, gpu_node: Callable[..., str]
) -> None:
    node = gpu_node()
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    cluster.create(deployment(namespace, resources={"limits": {"nvidia.com/gpu": "8"}}))
    eventually(lambda: only_pod(cluster, namespace)["status"]["phase"] == "Running")
    pod = only_pod(cluster, namespace)
    assert pod["spec"]["nodeName"] == node
    assert pod["status"]["podIPs"] == [{"ip": pod["status"]["podIP"]}]
    assert condition(pod, "Ready")["status"] == "True"
    assert eventually(lambda: cluster.get("Deployment", "server", namespace)["status"].get("readyReplicas")) == 1


def test_a_pod_that_requests_more_gpus_than_a_node_has_is_reported(
    cluster: Cluster, namespace: str, gpu_node: Callable[..., str]
) -> None:
    gpu_node()
    gpu_node()
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    cluster.create(deployment(namespace, resources={"limits": {"nvidia.com/gpu": "9"}}))

    def is_reported() -> bool:  # the scheduler may have reported before the second node was ready
        placed = condition(only_pod(cluster, namespace), "PodScheduled")
        assert (placed.get("status"), placed.get("reason")) == ("False", "Unschedulable")
        assert placed["message"] == (
            "0/2 nodes are available: 2 Insufficient nvidia.com/gpu. "
            "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
        )
        return True

    eventually(is_reported)

"""The scheduler's exact messages, and the node that it chooses; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.manifest import ref_of
from tests.contract.api.nodes.unplaced_pods import (
    CASES,
    GPU,
    NO_VICTIMS,
    affinity,
    cordon,
    label,
    node_affinity,
    room,
    taint,
)
from tests.contract.nodes import condition
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.api.nodes.unplaced_pods import Case
    from tests.contract.wire import Wire

    MakeNode = Callable[..., str]


def pod(namespace: str, name: str = "one", **spec: Any) -> Manifest:
    """A pod of one container; `requests` are its container's, the rest is the pod's spec."""
    requests = spec.pop("requests", {})
    limits = {name: amount for name, amount in requests.items() if "/" in name}
    labels = spec.pop("labels", {"app": name})
    container = {
        "name": "main",
        "image": "registry.example.ai/one:1",
        "resources": {"requests": requests, "limits": limits},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [container], **spec},
    }


@pytest.fixture
def placed(cluster: Cluster, namespace: str) -> Callable[..., Manifest]:
    """Create a pod, and return it once the scheduler has tried it."""

    def make(**asked: Any) -> Manifest:
        eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
        name = cluster.create(pod(namespace, **asked))["metadata"]["name"]
        eventually(lambda: condition(cluster.get("Pod", name, namespace), "PodScheduled"))
        return cluster.get("Pod", name, namespace)

    return make


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_reasons_against_each_node_are_reported(
    case: Case, gpu_node: MakeNode, placed: Callable[..., Manifest], cluster: Cluster
) -> None:
    for change in case.nodes:
        gpu_node(change)
    pod = ref_of(placed(**case.spec))
    nodes = f"0/{len(case.nodes)} nodes are available:"

    def is_said() -> bool:  # it may have reported before the newest node was ready
        scheduled = condition(cluster.get("Pod", pod.name, pod.namespace), "PodScheduled")
        assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
        assert scheduled["message"] == f"{nodes} {case.reasons}. preemption: {nodes} {case.preemption}."
        return True

    eventually(is_said)


def test_a_cluster_without_nodes_is_reported(placed: Callable[..., Manifest]) -> None:
    assert condition(placed(), "PodScheduled")["message"] == "no nodes available to schedule pods"


def test_a_scheduling_gate_blocks_without_an_event(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    scheduled = condition(placed(schedulingGates=[{"name": "example.com/approval"}]), "PodScheduled")
    assert (scheduled["reason"], scheduled["message"]) == (
        "SchedulingGated",
        "Scheduling is blocked due to non-empty scheduling gates",
    )
    assert cluster.list("Event", namespace=namespace) == []


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        (False, 'persistentvolumeclaim "data" not found'),
        (True, "pod has unbound immediate PersistentVolumeClaims"),
    ],
)
def test_a_claim_without_a_volume_blocks_its_pod(  # noqa: PLR0913 (fixtures)
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest], *, claim: bool, says: str
) -> None:
    gpu_node()
    if claim:
        wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        cluster.create(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "namespace": namespace},
                "spec": wanted,
            }
        )
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    scheduled = condition(placed(volumes=volumes), "PodScheduled")
    assert scheduled["message"] == f"0/1 nodes are available: {says}. not found"


def test_the_events_name_the_node_or_the_reasons(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node()
    placed()
    placed(name="big", requests={"cpu": "65"})

    def scheduled() -> dict[str, tuple[Any, ...]]:
        events = cluster.list("Event", namespace=namespace)
        assert {event["reason"] for event in events} >= {"Scheduled", "FailedScheduling"}
        parts = ("type", "message", "action", "reportingComponent", "firstTimestamp", "source")
        return {event["reason"]: tuple(event.get(part) for part in parts) for event in events}

    events = eventually(scheduled)
    assert events["Scheduled"] == (
        "Normal",
        f"Successfully assigned {namespace}/one to {node}",
        "Binding",
        "default-scheduler",
        None,
        {},
    )
    assert events["FailedScheduling"][0::2] == ("Warning", "Scheduling", None)
    assert events["FailedScheduling"][1].startswith("0/1 nodes are available: 1 Insufficient cpu. preemption: ")


def test_a_pod_goes_to_a_node_with_room_and_not_to_a_full_one(
    gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node(room(**{GPU: "1"}))
    other = gpu_node()
    assert placed(requests={GPU: "4"})["spec"]["nodeName"] == other


def test_gpus_are_used_until_none_is_left(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node()
    for name in ("a", "b"):
        assert placed(name=name, requests={GPU: "4"})["spec"]["nodeName"]
    scheduled = condition(placed(name="c", requests={GPU: "1"}), "PodScheduled")
    assert scheduled["message"] == (
        f"0/1 nodes are available: 1 Insufficient {GPU}. preemption: 0/1 nodes are available: 1 {NO_VICTIMS}."
    )


def test_a_preferred_taint_does_not_block_a_pod(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    node = gpu_node(taint("PreferNoSchedule"))
    assert placed()["spec"]["nodeName"] == node


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "team", "value": "vision", "effect": "NoSchedule"},
        {"key": "team", "operator": "Exists"},
        {"operator": "Exists"},
    ],
    ids=["of its value", "of its key", "of everything"],
)
def test_a_toleration_lets_a_pod_onto_a_tainted_node(
    toleration: dict[str, str], gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node(taint("NoSchedule"))
    assert placed(tolerations=[toleration])["spec"]["nodeName"] == node


@pytest.mark.parametrize("values", [("In", "a", "b"), ("NotIn", "b"), ("Exists",)], ids=lambda values: values[0])
def test_a_pod_goes_to_a_node_that_its_affinity_matches(
    values: tuple[str, ...], gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node(label("zone", "a"))
    assert placed(**node_affinity(*values))["spec"]["nodeName"] == node


def test_the_first_pod_with_affinity_to_its_own_labels_may_go_anywhere(
    gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    gpu_node()
    own = affinity("podAffinity", labelSelector={"matchLabels": {"group": "train"}})
    first, second = (placed(name=name, labels={"group": "train"}, **own) for name in ("a", "b"))
    assert first["spec"]["nodeName"] == second["spec"]["nodeName"]


def test_a_pod_with_anti_affinity_gets_a_separate_node(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    names = {gpu_node(), gpu_node()}
    alone = affinity("podAntiAffinity", labelSelector={"matchLabels": {"group": "serve"}})
    pods = [placed(name=name, labels={"group": "serve"}, **alone) for name in ("a", "b")]
    assert {one["spec"]["nodeName"] for one in pods} == names
    scheduled = condition(placed(name="c", labels={"group": "serve"}, **alone), "PodScheduled")
    assert scheduled["message"].startswith("0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.")


def test_the_anti_affinity_of_a_running_pod_keeps_others_away(
    gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    placed(name="a", **affinity("podAntiAffinity", labelSelector={"matchLabels": {"group": "noisy"}}))
    scheduled = condition(placed(name="b", labels={"group": "noisy"}), "PodScheduled")
    assert scheduled["message"] == (
        "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. "
        f"preemption: 0/1 nodes are available: 1 {NO_VICTIMS}."
    )


def test_the_pod_of_another_scheduler_is_ignored(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    cluster.create(pod(namespace, "other", schedulerName="kueue"))
    placed()
    assert "nodeName" not in cluster.get("Pod", "other", namespace)["spec"]


def test_a_waiting_pod_goes_to_a_new_node(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    placed()
    node = gpu_node()
    assert eventually(lambda: cluster.get("Pod", "one", namespace)["spec"].get("nodeName")) == node


def test_a_waiting_pod_gets_the_room_of_a_deleted_one(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node()
    first = placed(name="a", requests={GPU: "8"})
    placed(name="b", requests={GPU: "8"})
    cluster.delete(ref_of(first))
    assert eventually(lambda: cluster.get("Pod", "b", namespace)["spec"].get("nodeName")) == node


def test_the_higher_priority_goes_first_where_only_one_fits(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    placed(name="a", requests={GPU: "8"})
    placed(name="b", requests={GPU: "8"}, priorityClassName="system-node-critical")
    gpu_node()
    assert eventually(lambda: cluster.get("Pod", "b", namespace)["spec"].get("nodeName"))
    assert "nodeName" not in cluster.get("Pod", "a", namespace)["spec"]


def test_an_uncordoned_node_takes_pods_again(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node(cordon)
    placed()
    ref = ref_of({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
    cluster.patch_json(ref, [{"op": "remove", "path": "/spec/unschedulable"}])
    assert eventually(lambda: cluster.get("Pod", "one", namespace)["spec"].get("nodeName")) == node


def test_a_cordoned_node_has_the_unschedulable_taint(cluster: Cluster, gpu_node: MakeNode) -> None:
    node = gpu_node(cordon)
    taints = eventually(lambda: cluster.get("Node", node)["spec"].get("taints"))
    assert [(one["key"], one["effect"]) for one in taints] == [("node.kubernetes.io/unschedulable", "NoSchedule")]


def test_a_host_port_belongs_to_one_pod(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node()
    port = {"name": "main", "image": "main", "ports": [{"containerPort": 80, "hostPort": 8080}]}
    assert placed(name="a", containers=[port])["spec"]["nodeName"]
    scheduled = condition(placed(name="b", containers=[port]), "PodScheduled")
    assert scheduled["message"] == (
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. "
        f"preemption: 0/1 nodes are available: 1 {NO_VICTIMS}."
    )


def test_spread_pods_are_even_and_the_last_one_is_reported(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node(label("zone", "a"))
    gpu_node(label("zone", "b"))
    rule = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 3}
    spread = {"topologySpreadConstraints": [{**rule, "labelSelector": {"matchLabels": {"group": "serve"}}}]}
    pods = [placed(name=name, labels={"group": "serve"}, **spread) for name in ("a", "b")]
    assert len({one["spec"]["nodeName"] for one in pods}) == 2
    scheduled = condition(placed(name="c", labels={"group": "serve"}, **spread), "PodScheduled")
    assert scheduled["message"] == (
        "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints. "
        f"preemption: 0/2 nodes are available: 2 {NO_VICTIMS}."
    )


def test_a_pod_that_never_preempts_is_reported(
    namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest], wire: Wire
) -> None:
    gpu_node()
    name = f"meek-{namespace}"
    meek = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    assert wire("POST", path, {**meek, "value": 10, "preemptionPolicy": "Never"}).status == 201
    try:
        scheduled = condition(placed(priorityClassName=name, requests={"cpu": "65"}), "PodScheduled")
    finally:
        wire("DELETE", f"{path}/{name}")
    assert scheduled["message"] == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    )

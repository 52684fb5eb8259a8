"""What the scheduler says of a pod, word for word, and where it puts one; the same on both engines."""

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
    """Makes a pod, and gives it back once the scheduler has spoken."""

    def make(**asked: Any) -> Manifest:
        eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
        name = cluster.create(pod(namespace, **asked))["metadata"]["name"]
        eventually(lambda: condition(cluster.get("Pod", name, namespace), "PodScheduled"))
        return cluster.get("Pod", name, namespace)

    return make


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_keeps_a_pod_from_every_node_is_said(
    case: Case, gpu_node: MakeNode, placed: Callable[..., Manifest], cluster: Cluster
) -> None:
    for change in case.nodes:
        gpu_node(change)
    pod = ref_of(placed(**case.spec))
    nodes = f"0/{len(case.nodes)} nodes are available:"

    def is_said() -> bool:  # it may have spoken before it saw that the newest node is ready
        told = condition(cluster.get("Pod", pod.name, pod.namespace), "PodScheduled")
        assert (told["status"], told["reason"]) == ("False", "Unschedulable")
        assert told["message"] == f"{nodes} {case.reasons}. preemption: {nodes} {case.preemption}."
        return True

    eventually(is_said)


def test_without_nodes_that_is_said(placed: Callable[..., Manifest]) -> None:
    assert condition(placed(), "PodScheduled")["message"] == "no nodes available to schedule pods"


def test_a_gate_blocks_and_there_is_no_event(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    told = condition(placed(schedulingGates=[{"name": "example.com/approval"}]), "PodScheduled")
    assert (told["reason"], told["message"]) == (
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
def test_a_claim_without_a_volume_keeps_its_pod_back(  # noqa: PLR0913 (fixtures)
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
    told = condition(placed(volumes=volumes), "PodScheduled")
    assert told["message"] == f"0/1 nodes are available: {says}. not found"


def test_the_events_name_the_node_or_the_reasons(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node()
    placed()
    placed(name="big", requests={"cpu": "65"})

    def told() -> dict[str, tuple[Any, ...]]:
        events = cluster.list("Event", namespace=namespace)
        assert {event["reason"] for event in events} >= {"Scheduled", "FailedScheduling"}
        parts = ("type", "message", "action", "reportingComponent", "firstTimestamp", "source")
        return {event["reason"]: tuple(event.get(part) for part in parts) for event in events}

    events = eventually(told)
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


def test_a_full_node_is_passed_over_for_one_with_room(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node(room(**{GPU: "1"}))
    other = gpu_node()
    assert placed(requests={GPU: "4"})["spec"]["nodeName"] == other


def test_gpus_are_taken_whole_until_none_is_left(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node()
    for name in ("a", "b"):
        assert placed(name=name, requests={GPU: "4"})["spec"]["nodeName"]
    told = condition(placed(name="c", requests={GPU: "1"}), "PodScheduled")
    assert told["message"] == (
        f"0/1 nodes are available: 1 Insufficient {GPU}. preemption: 0/1 nodes are available: 1 {NO_VICTIMS}."
    )


def test_a_taint_that_prefers_lets_a_pod_in(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
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
def test_a_toleration_lets_a_pod_in(
    toleration: dict[str, str], gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node(taint("NoSchedule"))
    assert placed(tolerations=[toleration])["spec"]["nodeName"] == node


@pytest.mark.parametrize("values", [("In", "a", "b"), ("NotIn", "b"), ("Exists",)], ids=lambda values: values[0])
def test_a_node_affinity_lets_a_pod_in(
    values: tuple[str, ...], gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    node = gpu_node(label("zone", "a"))
    assert placed(**node_affinity(*values))["spec"]["nodeName"] == node


def test_the_first_of_a_group_that_wants_its_own_kind_may_begin_anywhere(
    gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    gpu_node()
    own = affinity("podAffinity", labelSelector={"matchLabels": {"group": "train"}})
    first, second = (placed(name=name, labels={"group": "train"}, **own) for name in ("a", "b"))
    assert first["spec"]["nodeName"] == second["spec"]["nodeName"]


def test_who_wants_to_be_alone_is_on_a_node_of_its_own(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    names = {gpu_node(), gpu_node()}
    alone = affinity("podAntiAffinity", labelSelector={"matchLabels": {"group": "serve"}})
    pods = [placed(name=name, labels={"group": "serve"}, **alone) for name in ("a", "b")]
    assert {one["spec"]["nodeName"] for one in pods} == names
    told = condition(placed(name="c", labels={"group": "serve"}, **alone), "PodScheduled")
    assert told["message"].startswith("0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.")


def test_who_is_there_keeps_others_away(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node()
    placed(name="a", **affinity("podAntiAffinity", labelSelector={"matchLabels": {"group": "noisy"}}))
    told = condition(placed(name="b", labels={"group": "noisy"}), "PodScheduled")
    assert told["message"] == (
        "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. "
        f"preemption: 0/1 nodes are available: 1 {NO_VICTIMS}."
    )


def test_another_schedulers_pod_is_left_alone(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    gpu_node()
    cluster.create(pod(namespace, "other", schedulerName="kueue"))
    placed()
    assert "nodeName" not in cluster.get("Pod", "other", namespace)["spec"]


def test_a_waiting_pod_goes_to_a_node_that_comes(
    cluster: Cluster, namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest]
) -> None:
    placed()
    node = gpu_node()
    assert eventually(lambda: cluster.get("Pod", "one", namespace)["spec"].get("nodeName")) == node


def test_a_waiting_pod_gets_the_room_of_one_that_goes(
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


def test_a_cordoned_node_has_the_taint_that_says_so(cluster: Cluster, gpu_node: MakeNode) -> None:
    node = gpu_node(cordon)
    taints = eventually(lambda: cluster.get("Node", node)["spec"].get("taints"))
    assert [(one["key"], one["effect"]) for one in taints] == [("node.kubernetes.io/unschedulable", "NoSchedule")]


def test_a_host_port_is_one_pods(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node()
    port = {"name": "main", "image": "main", "ports": [{"containerPort": 80, "hostPort": 8080}]}
    assert placed(name="a", containers=[port])["spec"]["nodeName"]
    told = condition(placed(name="b", containers=[port]), "PodScheduled")
    assert told["message"] == (
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. "
        f"preemption: 0/1 nodes are available: 1 {NO_VICTIMS}."
    )


def test_spread_pods_go_evenly_and_the_last_is_told(gpu_node: MakeNode, placed: Callable[..., Manifest]) -> None:
    gpu_node(label("zone", "a"))
    gpu_node(label("zone", "b"))
    rule = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 3}
    spread = {"topologySpreadConstraints": [{**rule, "labelSelector": {"matchLabels": {"group": "serve"}}}]}
    pods = [placed(name=name, labels={"group": "serve"}, **spread) for name in ("a", "b")]
    assert len({one["spec"]["nodeName"] for one in pods}) == 2
    told = condition(placed(name="c", labels={"group": "serve"}, **spread), "PodScheduled")
    assert told["message"] == (
        "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints. "
        f"preemption: 0/2 nodes are available: 2 {NO_VICTIMS}."
    )


def test_a_pod_that_never_evicts_is_told_so(
    namespace: str, gpu_node: MakeNode, placed: Callable[..., Manifest], wire: Wire
) -> None:
    gpu_node()
    name = f"meek-{namespace}"
    meek = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    assert wire("POST", path, {**meek, "value": 10, "preemptionPolicy": "Never"}).status == 201
    try:
        told = condition(placed(priorityClassName=name, requests={"cpu": "65"}), "PodScheduled")
    finally:
        wire("DELETE", f"{path}/{name}")
    assert told["message"] == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    )

"""The scheduler's messages about unschedulable pods; the contract suite compares them with the real scheduler's."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.rules.node_fit import node_state
from tenantkit.rules.pod_affinity import NO_PLACE, NOT_FAR, NOT_NEAR, NOT_SPREAD, NOT_WANTED, Surroundings
from tenantkit.rules.unschedulable import NO_NODES, filter_nodes, prefilter_message, unschedulable_message

GPU = "nvidia.com/gpu"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def node(name: str, *, labels: dict[str, str] | None = None, pods: str = "110", **spec: Any) -> dict[str, Any]:
    room = {"cpu": "4", "memory": "8Gi", "pods": pods, GPU: "2"}
    metadata = {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    return {"metadata": metadata, "spec": spec, "status": {"allocatable": room}}


def pod(requests: dict[str, str] | None = None, *, app: str = "serve", **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "resources": {"requests": requests or {}}}
    return {
        "metadata": {"namespace": "vision", "labels": {"app": app}},
        "spec": {"containers": [container], **spec},
        "status": {"phase": "Running"},
    }


def message(new: dict[str, Any], *nodes: dict[str, Any], on_first: tuple[dict[str, Any], ...] = ()) -> str:
    states = [node_state(each, on_first if each is nodes[0] else ()) for each in nodes]
    placed = [(other, nodes[0]) for other in on_first]
    return unschedulable_message(new["spec"], filter_nodes(new, states, Surroundings(new, nodes, placed, lambda _: {})))


def near(kind: str, app: str, key: str = "kubernetes.io/hostname") -> dict[str, Any]:
    return {kind: {_REQUIRED: [{"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key}]}}


def spread(**rule: Any) -> list[dict[str, Any]]:
    selector = {"matchLabels": {"app": "serve"}}
    usual = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}
    return [usual | rule]


def around(new: dict[str, Any], *nodes: dict[str, Any], on_first: tuple[dict[str, Any], ...] = ()) -> list[str]:
    """Why other pods keep the pod from each node."""
    found = Surroundings(new, nodes, [(other, nodes[0]) for other in on_first], lambda _: {})
    return [found.misfit(each) for each in nodes]


def test_nodes_are_counted_by_reason_sorted_by_text() -> None:
    text = message(pod({GPU: "3"}), node("a", unschedulable=True), node("b"), node("c"), node("d"))

    assert text == (
        "0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient nvidia.com/gpu. "
        "preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling."
    )


def test_a_node_counts_once_for_each_of_its_reasons() -> None:
    assert message(pod({"cpu": "5", "memory": "9Gi"}), node("a", pods="0")).startswith(
        "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods. "
    )


def test_preemption_may_help_if_other_pods_use_the_requested_resources() -> None:
    assert message(pod({"cpu": "3"}), node("a"), on_first=(pod({"cpu": "2"}),)).endswith(
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )


def test_a_pod_that_never_preempts_has_another_message() -> None:
    assert message(pod({"cpu": "5"}, preemptionPolicy="Never"), node("a")) == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    )


def test_missing_nodes_and_missing_volumes_have_other_messages() -> None:
    assert message(pod()) == NO_NODES == "no nodes available to schedule pods"
    assert prefilter_message(3, 'persistentvolumeclaim "data" not found') == (
        '0/3 nodes are available: persistentvolumeclaim "data" not found. not found'
    )


@pytest.mark.parametrize(
    ("new", "placed", "reasons"),
    [
        (pod(affinity=near("podAffinity", "train")), (), [NOT_NEAR, NOT_NEAR]),
        (pod(affinity=near("podAffinity", "train")), (pod(app="train"),), ["", NOT_NEAR]),
        (pod(affinity=near("podAffinity", "serve")), (), ["", ""]),
        (pod(affinity=near("podAffinity", "train", "zone")), (pod(app="train"),), ["", NOT_NEAR]),
        (pod(affinity=near("podAffinity", "serve", "rack")), (pod(),), [NOT_NEAR, ""]),
        (pod(affinity=near("podAntiAffinity", "train")), (pod(app="train"),), [NOT_FAR, ""]),
        (pod(), (pod(affinity=near("podAntiAffinity", "serve")),), [NOT_WANTED, ""]),
        (pod(), (pod(affinity=near("podAntiAffinity", "train")),), ["", ""]),
    ],
)
def test_pods_follow_affinity_and_anti_affinity(
    new: dict[str, Any], placed: tuple[dict[str, Any], ...], reasons: list[str]
) -> None:
    assert around(new, node("a", labels={"zone": "1"}), node("b", labels={"rack": "1"}), on_first=placed) == reasons


@pytest.mark.parametrize(
    ("rule", "placed", "reasons"),
    [
        ({}, 0, ["", "", NO_PLACE]),
        ({}, 1, [NOT_SPREAD, "", NO_PLACE]),
        ({"maxSkew": 2}, 1, ["", "", NO_PLACE]),
        ({"minDomains": 3}, 1, [NOT_SPREAD, "", NO_PLACE]),
        ({"labelSelector": {}}, 5, ["", "", NO_PLACE]),
        ({"labelSelector": {"matchLabels": {"app": "train"}}}, 5, ["", "", NO_PLACE]),
        ({"whenUnsatisfiable": "ScheduleAnyway"}, 5, ["", "", ""]),
        ({"nodeTaintsPolicy": "Honor"}, 1, ["", "", NO_PLACE]),
    ],
)
def test_pods_follow_topology_spread_constraints(rule: dict[str, Any], placed: int, reasons: list[str]) -> None:
    tainted = [{"key": "spot", "effect": "NoSchedule"}] if "nodeTaintsPolicy" in rule else []
    nodes = (node("a", labels={"zone": "1"}), node("b", labels={"zone": "2"}, taints=tainted), node("c"))

    assert around(pod(topologySpreadConstraints=spread(**rule)), *nodes, on_first=(pod(),) * placed) == reasons


def test_terminating_pods_do_not_count_for_topology_spread() -> None:
    going = pod()
    going["metadata"]["deletionTimestamp"] = "2026-11-26T12:00:00Z"
    nodes = node("a", labels={"zone": "1"}), node("b", labels={"zone": "2"})

    assert around(pod(topologySpreadConstraints=spread()), *nodes, on_first=(going,)) == ["", ""]

"""Nodes on which a pod fits: the scheduler's filters for single nodes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tenantkit.rules.node_fit import copies_that_fit, misfit, multinode_fields, node_state, untolerated_taint

GPU = "nvidia.com/gpu"
ROOM = {"cpu": "4", "memory": "8Gi", "pods": "3", GPU: "2"}
RESERVED = {"key": "reserved", "value": "team", "effect": "NoSchedule"}


def node(**spec: Any) -> dict[str, Any]:
    labels = {"zone": "a", "cores": "96"}
    return {"metadata": {"name": "n1", "labels": labels}, "spec": spec, "status": {"allocatable": ROOM}}


def asking(amounts: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", "resources": {"requests": amounts or {}}}], **spec}


def on_port(number: int, address: str = "") -> dict[str, Any]:
    return {
        "containers": [{"name": "main", "ports": [{"hostPort": number, **({"hostIP": address} if address else {})}]}]
    }


def required(key: str, operator: str, *values: str, of: str = "matchExpressions") -> dict[str, Any]:
    term = {of: [{"key": key, "operator": operator, "values": list(values)}]}
    terms = {"nodeSelectorTerms": [term]}
    return asking(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}})


@pytest.mark.parametrize(
    ("spec", "reasons"),
    [
        (asking(), []),
        (asking({"cpu": "4"}), []),
        (asking({"cpu": "4001m", "memory": "9Gi"}), ["Insufficient cpu", "Insufficient memory"]),
        (asking({GPU: "3"}), [f"Insufficient {GPU}"]),
        (asking({"example.ai/none": "1"}), ["Insufficient example.ai/none"]),
        (asking({"example.ai/none": "0"}), []),
        (asking(nodeName="n2"), ["node(s) didn't match the requested node name"]),
        (asking(nodeSelector={"zone": "a"}), []),
        (asking(nodeSelector={"zone": "b"}), ["node(s) didn't match Pod's node affinity/selector"]),
        (required("zone", "In", "a", "b"), []),
        (required("zone", "NotIn", "a"), ["node(s) didn't match Pod's node affinity/selector"]),
        (required("cores", "Gt", "64"), []),
        (required("cores", "Lt", "64"), ["node(s) didn't match Pod's node affinity/selector"]),
        (required("gpu", "DoesNotExist"), []),
        (required("gpu", "Exists"), ["node(s) didn't match Pod's node affinity/selector"]),
        (required("metadata.name", "In", "n1", of="matchFields"), []),
    ],
)
def test_a_node_is_ruled_out_by_the_first_filter_that_fails(spec: dict[str, Any], reasons: list[str]) -> None:
    assert misfit(spec, node_state(node(), [])) == reasons


def test_an_empty_term_selects_nothing() -> None:
    terms: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]}}

    assert misfit(asking(affinity={"nodeAffinity": terms}), node_state(node(), []))


@pytest.mark.parametrize(
    ("toleration", "is_let_in"),
    [
        ({"key": "reserved", "value": "team"}, True),
        ({"key": "reserved", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "reserved", "value": "team", "effect": "NoExecute"}, False),
        ({"key": "reserved", "value": "other"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_taint_keeps_out_pods_that_do_not_tolerate_it(toleration: dict[str, str], is_let_in: bool) -> None:  # noqa: FBT001
    tainted = node(taints=[RESERVED])

    assert (untolerated_taint(asking(tolerations=[toleration]), tainted) is None) == is_let_in


def test_a_taint_with_prefer_no_schedule_keeps_no_pod_out() -> None:
    assert misfit(asking(), node_state(node(taints=[{"key": "x", "effect": "PreferNoSchedule"}]), [])) == []


def test_a_cordoned_node_takes_pods_that_tolerate_that() -> None:
    cordoned = node_state(node(unschedulable=True), [])
    tolerant = asking(tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}])

    assert misfit(asking(), cordoned) == ["node(s) were unschedulable"]
    assert misfit(tolerant, cordoned) == []


@pytest.mark.parametrize(
    ("wanted", "is_free"),
    [(on_port(80), False), (on_port(81), True), (on_port(80, "10.0.0.2"), True), (on_port(80, "10.0.0.1"), False)],
)
def test_a_host_port_is_taken_at_its_address(wanted: dict[str, Any], is_free: bool) -> None:  # noqa: FBT001
    state = node_state(node(), [{"spec": on_port(80, "10.0.0.1"), "status": {"phase": "Running"}}])

    assert (misfit(wanted, state) == []) == is_free


def test_pods_use_resources_until_they_have_finished() -> None:
    pods = [
        {"spec": asking({"cpu": "1"}), "status": {"phase": phase}}
        for phase in ("Running", "Pending", "Succeeded", "Failed")
    ]

    state = node_state(node(), pods)

    assert (state.free["cpu"], state.free["pods"]) == (Fraction(2), Fraction(1))


def test_the_scarcest_resource_limits_the_number_of_copies() -> None:
    state = node_state(node(), [])

    assert copies_that_fit(asking({"cpu": "1500m"}), state) == 2
    assert copies_that_fit(asking({GPU: "2"}), state) == 1
    assert copies_that_fit(asking(), state) == 3
    assert copies_that_fit(on_port(80), state) == 1
    assert copies_that_fit(asking(nodeSelector={"zone": "b"}), state) == 0


def test_copies_are_as_many_as_can_be_placed_one_by_one() -> None:
    spec, state, count = asking({"cpu": "700m", "memory": "3Gi"}), node_state(node(), []), 0
    expected = copies_that_fit(spec, state)
    while not misfit(spec, state):
        state, count = state.with_pod(spec), count + 1

    assert count == expected


def test_fields_that_depend_on_more_than_one_node_are_named() -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    alone = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp", "emptyDir": {}}]

    assert multinode_fields(asking(volumes=volumes[1:])) == []
    assert multinode_fields(asking(affinity=alone, topologySpreadConstraints=[spread], volumes=volumes)) == [
        "podAntiAffinity",
        "topologySpreadConstraints",
        "persistentVolumeClaim",
    ]

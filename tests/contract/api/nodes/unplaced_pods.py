"""Nodes and a pod that fits none of them, with the scheduler's message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

GPU = "nvidia.com/gpu"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


def cordon(node: Manifest) -> None:
    node["spec"] = {"unschedulable": True}


def taint(effect: str) -> Callable[[Manifest], None]:
    def change(node: Manifest) -> None:
        node["spec"] = {"taints": [{"key": "team", "value": "vision", "effect": effect}]}

    return change


def label(key: str, value: str) -> Callable[[Manifest], None]:
    def change(node: Manifest) -> None:
        node["metadata"]["labels"][key] = value

    return change


def room(**amounts: str) -> Callable[[Manifest], None]:
    def change(node: Manifest) -> None:
        for part in ("capacity", "allocatable"):
            node["status"][part] = node["status"][part] | amounts

    return change


def unchanged(_: Manifest) -> None:
    return None


@dataclass(frozen=True)
class Case:
    """Nodes, a pod, and the message: how many nodes per reason, also of preemption."""

    name: str
    nodes: tuple[Callable[[Manifest], None], ...]
    reasons: str
    preemption: str
    spec: dict[str, Any] = field(default_factory=dict)


def affinity(kind: str, **term: Any) -> dict[str, Any]:
    wanted = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "nobody"}}, **term}
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [wanted]}}}


def node_affinity(operator: str, *values: str) -> dict[str, Any]:
    expression = {"key": "zone", "operator": operator} | ({"values": list(values)} if values else {})
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


_SIDECAR = {"name": "proxy", "image": "registry.example.ai/proxy:1", "restartPolicy": "Always"}
_INIT = {"name": "fetch", "image": "registry.example.ai/fetch:1"}

_SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
_NAMED = {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["gone"]}]}]}

CASES = (
    Case("cores", (unchanged,), "1 Insufficient cpu", f"1 {NOT_HELPFUL}", {"requests": {"cpu": "65"}}),
    Case("memory", (unchanged,), "1 Insufficient memory", f"1 {NOT_HELPFUL}", {"requests": {"memory": "513Gi"}}),
    Case(
        "ephemeral storage",
        (unchanged,),
        "1 Insufficient ephemeral-storage",
        f"1 {NOT_HELPFUL}",
        {"requests": {"ephemeral-storage": "2Ti"}},
    ),
    Case(
        "cores and memory",
        (unchanged,),
        "1 Insufficient cpu, 1 Insufficient memory",
        f"1 {NOT_HELPFUL}",
        {"requests": {"cpu": "65", "memory": "513Gi"}},
    ),
    Case("gpus", (unchanged, unchanged), f"2 Insufficient {GPU}", f"2 {NOT_HELPFUL}", {"requests": {GPU: "9"}}),
    Case(
        "an accelerator that no node has",
        (unchanged,),
        "1 Insufficient amd.com/gpu",
        f"1 {NOT_HELPFUL}",
        {"requests": {"amd.com/gpu": "1"}},
    ),
    Case("cordoned", (cordon,), "1 node(s) were unschedulable", f"1 {NOT_HELPFUL}"),
    Case("tainted", (taint("NoSchedule"),), "1 node(s) had untolerated taint(s)", f"1 {NOT_HELPFUL}"),
    Case("tainted with NoExecute", (taint("NoExecute"),), "1 node(s) had untolerated taint(s)", f"1 {NOT_HELPFUL}"),
    Case(
        "tolerates another value",
        (taint("NoSchedule"),),
        "1 node(s) had untolerated taint(s)",
        f"1 {NOT_HELPFUL}",
        {"tolerations": [{"key": "team", "value": "speech", "effect": "NoSchedule"}]},
    ),
    Case(
        "selector",
        (label("zone", "a"),),
        "1 node(s) didn't match Pod's node affinity/selector",
        f"1 {NOT_HELPFUL}",
        {"nodeSelector": {"zone": "b"}},
    ),
    Case(
        "node affinity In",
        (label("zone", "a"),),
        "1 node(s) didn't match Pod's node affinity/selector",
        f"1 {NOT_HELPFUL}",
        node_affinity("In", "b", "c"),
    ),
    Case(
        "node affinity DoesNotExist",
        (label("zone", "a"),),
        "1 node(s) didn't match Pod's node affinity/selector",
        f"1 {NOT_HELPFUL}",
        node_affinity("DoesNotExist"),
    ),
    Case(
        "no pods left",
        (room(pods="0"),),
        "1 Too many pods",
        f"1 {NO_VICTIMS}",
    ),
    Case(
        "one of each",
        (cordon, taint("NoSchedule"), room(cpu="1"), label("zone", "a")),
        "1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), "
        "1 node(s) were unschedulable",
        f"4 {NOT_HELPFUL}",
        {"requests": {"cpu": "2"}, **node_affinity("NotIn", "a")},
    ),
    Case(
        "cordoned before full",
        (cordon,),
        "1 node(s) were unschedulable",
        f"1 {NOT_HELPFUL}",
        {"requests": {"cpu": "65"}},
    ),
    Case(
        "a sidecar adds to the containers",
        (room(cpu="3"),),
        "1 Insufficient cpu",
        f"1 {NOT_HELPFUL}",
        {"requests": {"cpu": "2"}, "initContainers": [{**_SIDECAR, "resources": {"requests": {"cpu": "2"}}}]},
    ),
    Case(
        "an init container requests more than all containers",
        (room(cpu="3"),),
        "1 Insufficient cpu",
        f"1 {NOT_HELPFUL}",
        {"requests": {"cpu": "2"}, "initContainers": [{**_INIT, "resources": {"requests": {"cpu": "4"}}}]},
    ),
    Case(
        "affinity to a pod that does not exist",
        (unchanged,),
        "1 node(s) didn't match pod affinity rules",
        f"1 {NOT_HELPFUL}",
        affinity("podAffinity"),
    ),
    Case(
        "affinity by a label that the node does not have",
        (unchanged,),
        "1 node(s) didn't match pod affinity rules",
        f"1 {NOT_HELPFUL}",
        affinity("podAffinity", topologyKey="zone", labelSelector={"matchLabels": {"app": "one"}}),
    ),
    Case(
        "spread by a label that the node does not have",
        (unchanged,),
        "1 node(s) didn't match pod topology spread constraints (missing required label)",
        f"1 {NOT_HELPFUL}",
        {"topologySpreadConstraints": [_SPREAD]},
    ),
    Case(
        "affinity to the name of a node that does not exist",
        (unchanged, cordon),
        "2 node(s) didn't satisfy plugin(s) [NodeAffinity]",
        f"2 {NOT_HELPFUL}",
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _NAMED}}},
    ),
)

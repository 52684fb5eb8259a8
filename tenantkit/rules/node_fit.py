"""Whether a node takes a pod, in the scheduler's own words: its filters that look at one node at a time, in its order.

A node is ruled out by the first filter that fails, as the scheduler's default profile has it: the name, cordons,
taints, selector and affinity, host ports, room. Filters that look at other pods are in `pod_affinity`, what becomes of
all of them in `unschedulable`, volumes nowhere: see `looks_beyond`. Turned down: sums over nodes, which take for room
what no single node has.

Sources: pages "Assigning Pods to Nodes", "Taints and Tolerations" and "Scheduling Framework"; in k8s.io/kubernetes,
pkg/scheduler/framework/plugins and pkg/scheduler/apis/config/v1/default_plugins.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.label_selectors import LabelRequirement
from tenantkit.rules.pod_requests import pod_requests
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tenantkit.rules.label_selectors import LabelOperator
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.pod_requests import Amounts

Filter: TypeAlias = "Callable[[Manifest, NodeState], list[str]]"

_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_KEEPS_OUT = ("NoSchedule", "NoExecute")
_OPERATORS: dict[str, LabelOperator] = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "absent",
    "Gt": ">",
    "Lt": "<",
}
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 (what the scheduler takes a port without an address for)
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node, and what the pods on it hold.

    Args:
        node: the Node.
        free: what can still be requested, by resource; `pods` is places.
        ports: address, protocol and number of each host port that is taken.
    """

    node: Manifest
    free: Amounts
    ports: frozenset[tuple[str, str, int]] = frozenset()

    def with_pod(self, spec: Manifest) -> NodeState:
        """The node once such a pod is on it, too."""
        taken = {**pod_requests(spec), "pods": _ONE}
        free = {name: self.free.get(name, Fraction(0)) - taken.get(name, Fraction(0)) for name in {*self.free, *taken}}
        return NodeState(self.node, free, self.ports | frozenset(_host_ports(spec)))


def node_state(node: Manifest, pods: Iterable[Manifest]) -> NodeState:
    """A node with the pods on it; those that have ended hold nothing, those that are going still do.

    Args:
        node: the Node; what its status calls allocatable counts.
        pods: the pods that are bound to it, in all namespaces.

    Example:
        >>> node_state({"status": {"allocatable": {"cpu": "4", "pods": "110"}}}, []).free["cpu"]
        Fraction(4, 1)
    """
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    free = {name: parse_quantity(amount) for name, amount in allocatable.items()}
    ports: set[tuple[str, str, int]] = set()
    for pod in pods:
        status, spec = pod.get("status") or {}, pod.get("spec") or {}
        if status.get("phase") in ENDED:
            continue
        for name, amount in {**pod_requests(spec, status=status), "pods": _ONE}.items():
            free[name] = free.get(name, Fraction(0)) - amount
        ports.update(_host_ports(spec))
    return NodeState(node, free, frozenset(ports))


def misfit(spec: Manifest, state: NodeState) -> list[str]:
    """Why the node does not take a pod of this spec; empty where it does.

    Returns:
        The reasons of the first filter that fails, in the scheduler's words: `Insufficient nvidia.com/gpu`,
        `node(s) had untolerated taint(s)`.

    Example:
        >>> full = node_state({"status": {"allocatable": {"cpu": "1", "pods": "110"}}}, [])
        >>> misfit({"containers": [{"resources": {"requests": {"cpu": "2"}}}]}, full)
        ['Insufficient cpu']
    """
    for check in FILTERS:
        if reasons := check(spec, state):
            return reasons
    return []


def copies_that_fit(spec: Manifest, state: NodeState) -> int:
    """How many pods of this spec the node takes, one after the other."""
    if misfit(spec, state):
        return 0
    if any(_host_ports(spec)):
        return 1
    each = {**{name: amount for name, amount in pod_requests(spec).items() if amount}, "pods": _ONE}
    return min(int(state.free.get(name, Fraction(0)) // amount) for name, amount in each.items())


def untolerated_taint(spec: Manifest, node: Manifest) -> Manifest | None:
    """The first of the node's taints that keeps the pod out."""
    for taint in (node.get("spec") or {}).get("taints") or ():
        if taint.get("effect") in _KEEPS_OUT and not _tolerates(spec, taint):
            return dict(taint)
    return None


def is_selected(spec: Manifest, node: Manifest) -> bool:
    """Whether a node is one that the pod's selector and affinity ask for."""
    labels = (node.get("metadata") or {}).get("labels") or {}
    selected = all(labels.get(key) == value for key, value in (spec.get("nodeSelector") or {}).items())
    required = _required_terms(spec)
    return selected and (required is None or any(_is_of_term(term, node) for term in required))


def looks_beyond(spec: Manifest) -> list[str]:
    """What decides on the pod's node and is not about one node alone; empty where nothing does.

    Returns:
        The fields of the spec: affinity to other pods, spreading, volumes, devices that are claimed.
    """
    affinity = spec.get("affinity") or {}
    found = [field for field in ("podAffinity", "podAntiAffinity") if (affinity.get(field) or {}).get(_REQUIRED)]
    if any(rule.get("whenUnsatisfiable") == "DoNotSchedule" for rule in spec.get("topologySpreadConstraints") or ()):
        found.append("topologySpreadConstraints")
    kinds = {kind for volume in spec.get("volumes") or () for kind in volume}
    found += sorted(kinds & _PLACED_VOLUMES)
    return found + (["resourceClaims"] if spec.get("resourceClaims") else [])


_PLACED_VOLUMES = frozenset(
    {"persistentVolumeClaim", "ephemeral", "gcePersistentDisk", "awsElasticBlockStore", "azureDisk", "iscsi", "rbd"}
)


def _name(spec: Manifest, state: NodeState) -> list[str]:
    wanted = spec.get("nodeName")
    matches = not wanted or wanted == state.node["metadata"]["name"]
    return [] if matches else ["node(s) didn't match the requested node name"]


def _by_name(spec: Manifest, state: NodeState) -> list[str]:
    """An affinity to certain nodes by their names, as a DaemonSet's pods have it, is looked at before all else."""
    named = [_names_of(term) for term in _required_terms(spec) or ()]
    if (
        not named
        or None in named
        or state.node["metadata"]["name"] in {name for names in named for name in names or ()}
    ):
        return []
    return ["node(s) didn't satisfy plugin(s) [NodeAffinity]"]


def _names_of(term: Manifest) -> set[str] | None:
    """The nodes that a term names; None where it names none."""
    fields = [set(each["values"]) for each in term.get("matchFields") or () if each["operator"] == "In"]
    return set.intersection(*fields) if fields else None


def _required_terms(spec: Manifest) -> Sequence[Manifest] | None:
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED)
    return None if required is None else required.get("nodeSelectorTerms") or ()


def _cordon(spec: Manifest, state: NodeState) -> list[str]:
    is_cordoned = (state.node.get("spec") or {}).get("unschedulable") and not _tolerates(spec, _UNSCHEDULABLE)
    return ["node(s) were unschedulable"] if is_cordoned else []


def _taints(spec: Manifest, state: NodeState) -> list[str]:
    return [] if untolerated_taint(spec, state.node) is None else ["node(s) had untolerated taint(s)"]


def _affinity(spec: Manifest, state: NodeState) -> list[str]:
    return [] if is_selected(spec, state.node) else ["node(s) didn't match Pod's node affinity/selector"]


def _ports(spec: Manifest, state: NodeState) -> list[str]:
    clash = any(
        (number, protocol) == (taken, other) and (address == at or _ANY_ADDRESS in (address, at))
        for address, protocol, number in _host_ports(spec)
        for at, other, taken in state.ports
    )
    return ["node(s) didn't have free ports for the requested pod ports"] if clash else []


def _room(spec: Manifest, state: NodeState) -> list[str]:
    lacking = [
        f"Insufficient {name}"
        for name, amount in pod_requests(spec).items()
        if amount > 0 and amount > state.free.get(name, Fraction(0))
    ]
    return (["Too many pods"] if state.free.get("pods", Fraction(0)) < 1 else []) + lacking


FILTERS: tuple[Filter, ...] = (_by_name, _name, _cordon, _taints, _affinity, _ports, _room)


def _tolerates(spec: Manifest, taint: Manifest) -> bool:
    return any(_is_tolerated(toleration, taint) for toleration in spec.get("tolerations") or ())


def _is_tolerated(toleration: Manifest, taint: Manifest) -> bool:
    if (toleration.get("effect") or taint.get("effect")) != taint.get("effect"):
        return False
    if (toleration.get("key") or taint.get("key")) != taint.get("key"):
        return False
    match toleration.get("operator") or "Equal":
        case "Exists":
            return True
        case "Equal":
            return (toleration.get("value") or "") == (taint.get("value") or "")
        case _:
            return False


def _is_of_term(term: Manifest, node: Manifest) -> bool:
    """Whether a node meets all of a term; one that asks for nothing selects nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    named = {"metadata.name": metadata["name"]}
    return bool(expressions or fields) and all(
        LabelRequirement(each["key"], _OPERATORS[each["operator"]], tuple(each.get("values") or ())).matches(of)
        for asked, of in ((expressions, labels), (fields, named))
        for each in asked
    )


def _host_ports(spec: Manifest) -> Iterator[tuple[str, str, int]]:
    """Address, protocol and number of each port that the pod wants of its node."""
    sidecars = (each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always")
    for container in (*(spec.get("containers") or ()), *sidecars):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield port.get("hostIP") or _ANY_ADDRESS, port.get("protocol") or "TCP", int(port["hostPort"])

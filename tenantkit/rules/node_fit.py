"""Whether a pod fits on a node: the scheduler's filters for single nodes, in its order and words.

The first filter that fails rules out a node, as in the default profile: name, cordons, taints, selector and affinity,
host ports, resources. Filters that consider other pods are in `pod_affinity`, and the resulting message is in
`unschedulable`. Volumes are not considered, see `multinode_fields`. Rejected alternative: sums over nodes, which
report room that no single node has.

Sources: pages "Assigning Pods to Nodes", "Taints and Tolerations" and "Scheduling Framework"; in k8s.io/kubernetes,
pkg/scheduler/framework/plugins and pkg/scheduler/apis/config/v1/default_plugins.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.pod_requests import pod_requests
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.quantities import parse_quantity
from tenantkit.rules.selectors.label_selectors import LabelRequirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.pod_requests import Totals
    from tenantkit.rules.selectors.label_selectors import LabelOperator

Filter: TypeAlias = "Callable[[Manifest, NodeState], list[str]]"

_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_REPELLING = ("NoSchedule", "NoExecute")
_OPERATORS: dict[str, LabelOperator] = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "absent",
    "Gt": ">",
    "Lt": "<",
}
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 (as the scheduler reads a missing address)
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node, and the resources that its pods leave.

    Args:
        node: the Node.
        free: the resources that can still be requested; `pods` is the number of pods.
        ports: address, protocol and number of each host port in use.
    """

    node: Manifest
    free: Totals
    ports: frozenset[tuple[str, str, int]] = frozenset()

    def with_pod(self, spec: Manifest) -> NodeState:
        """The node with another pod of this spec."""
        used = {**pod_requests(spec), "pods": _ONE}
        free = {name: self.free.get(name, Fraction(0)) - used.get(name, Fraction(0)) for name in {*self.free, *used}}
        return NodeState(self.node, free, self.ports | frozenset(_host_ports(spec)))


def node_state(node: Manifest, pods: Iterable[Manifest]) -> NodeState:
    """A node with its pods; finished pods use nothing, terminating ones still do.

    Args:
        node: the Node; its `status.allocatable` counts.
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
    """Why a pod of this spec does not fit on a node; empty if it does.

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
    """How many pods of this spec fit on a node."""
    if misfit(spec, state):
        return 0
    if any(_host_ports(spec)):
        return 1
    each = {**{name: amount for name, amount in pod_requests(spec).items() if amount}, "pods": _ONE}
    return min(int(state.free.get(name, Fraction(0)) // amount) for name, amount in each.items())


def untolerated_taint(spec: Manifest, node: Manifest) -> Manifest | None:
    """The first taint of a node that a pod of this spec does not tolerate."""
    for taint in (node.get("spec") or {}).get("taints") or ():
        if taint.get("effect") in _REPELLING and not _tolerates(spec, taint):
            return dict(taint)
    return None


def is_selected(spec: Manifest, node: Manifest) -> bool:
    """Whether the pod's node selector and node affinity select a node."""
    labels = (node.get("metadata") or {}).get("labels") or {}
    selected = all(labels.get(key) == value for key, value in (spec.get("nodeSelector") or {}).items())
    required = required_terms(spec)
    return selected and (required is None or any(_matches_term(term, node) for term in required))


def multinode_fields(spec: Manifest) -> list[str]:
    """The fields of a spec that constrain the node, but depend on more than that node; empty if there are none.

    Returns:
        Field names: affinity to other pods, topology spread, volumes and resource claims.
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
    """Affinity to nodes by name, as in pods of DaemonSets, is checked before all other filters."""
    named = [_names_of(term) for term in required_terms(spec) or ()]
    if (
        not named
        or None in named
        or state.node["metadata"]["name"] in {name for names in named for name in names or ()}
    ):
        return []
    return ["node(s) didn't satisfy plugin(s) [NodeAffinity]"]


def _names_of(term: Manifest) -> set[str] | None:
    """The names of nodes in a term; None if it has none."""
    fields = [set(each["values"]) for each in term.get("matchFields") or () if each["operator"] == "In"]
    return set.intersection(*fields) if fields else None


def required_terms(spec: Manifest) -> Sequence[Manifest] | None:
    """The terms of the pod's required node affinity, one of which must match; None if there is none."""
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


def _resources(spec: Manifest, state: NodeState) -> list[str]:
    insufficient = [
        f"Insufficient {name}"
        for name, amount in pod_requests(spec).items()
        if amount > 0 and amount > state.free.get(name, Fraction(0))
    ]
    return (["Too many pods"] if state.free.get("pods", Fraction(0)) < 1 else []) + insufficient


FILTERS: tuple[Filter, ...] = (_by_name, _name, _cordon, _taints, _affinity, _ports, _resources)


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


def _matches_term(term: Manifest, node: Manifest) -> bool:
    """Whether a node matches a term; an empty term matches nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    named = {"metadata.name": metadata["name"]}
    return bool(expressions or fields) and all(
        LabelRequirement(each["key"], _OPERATORS[each["operator"]], tuple(each.get("values") or ())).matches(of)
        for requirements, of in ((expressions, labels), (fields, named))
        for each in requirements
    )


def _host_ports(spec: Manifest) -> Iterator[tuple[str, str, int]]:
    """Address, protocol and number of each host port that a pod requests."""
    sidecars = (each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always")
    for container in (*(spec.get("containers") or ()), *sidecars):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield port.get("hostIP") or _ANY_ADDRESS, port.get("protocol") or "TCP", int(port["hostPort"])

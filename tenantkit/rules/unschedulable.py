"""What the scheduler thinks of a pod and all nodes, and what it writes where none takes the pod.

That is how many nodes say what, and whether preemption would help. Volumes are not looked at: see `looks_beyond`.

Source: `FitError` and the plugins' status codes in k8s.io/kubernetes, pkg/scheduler/framework, 1.37.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tenantkit.rules.node_fit import misfit
from tenantkit.rules.pod_affinity import NOT_FAR, NOT_SPREAD, NOT_WANTED
from tenantkit.rules.pod_requests import pod_requests
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState
    from tenantkit.rules.pod_affinity import Surroundings

NO_NODES = "no nodes available to schedule pods"
_NO_HELP = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"
_NEVER = "not eligible due to preemptionPolicy=Never."
# What others hold or are: whom these keep out, the eviction of others may let in.
_OTHERS = frozenset(
    {
        "Too many pods",
        "node(s) didn't have free ports for the requested pod ports",
        NOT_SPREAD,
        NOT_FAR,
        NOT_WANTED,
    }
)


def judge(pod: Manifest, states: Iterable[NodeState], around: Surroundings) -> list[tuple[NodeState, list[str]]]:
    """Each node, and what keeps the pod from it: the reasons of the first of the scheduler's filters that fails.

    Args:
        pod: as the server stored it.
        states: all nodes.
        around: the pods around, as this one sees them.
    """
    return [(state, misfit(pod["spec"], state) or [*filter(None, [around.misfit(state.node)])]) for state in states]


def unschedulable(spec: Manifest, judged: Sequence[tuple[NodeState, Sequence[str]]]) -> str:
    """The message of a pod's condition `PodScheduled` where it is False.

    Args:
        spec: the pod's.
        judged: all nodes, each with what keeps the pod from it: at least one reason.

    Returns:
        As kube-scheduler words it where no pod of lower priority is in the way: such a one it would preempt.

    Example:
        >>> from tenantkit.rules.node_fit import node_state
        >>> small = node_state({"status": {"allocatable": {"cpu": "1", "pods": "110"}}}, [])
        >>> large = {"containers": [{"resources": {"requests": {"cpu": "2"}}}]}
        >>> unschedulable(large, [(small, ["Insufficient cpu"])])[:48]
        '0/1 nodes are available: 1 Insufficient cpu. pre'
    """
    if not judged:
        return NO_NODES
    said = _counted(len(judged), (reason for _, reasons in judged for reason in reasons))
    if spec.get("preemptionPolicy") == "Never":
        return f"{said} preemption: {_NEVER}"
    helps = (_NO_VICTIMS if _may_help(spec, state, reasons) else _NO_HELP for state, reasons in judged)
    return f"{said} preemption: {_counted(len(judged), helps)}"


def held_back(nodes: int, reason: str) -> str:
    """The message where something rules out all nodes before any is looked at, such as a claim that is not there."""
    return f"0/{nodes} nodes are available: {reason}. not found"


def _counted(nodes: int, reasons: Iterable[str]) -> str:
    told = ", ".join(sorted(f"{count} {reason}" for reason, count in Counter(reasons).items()))
    return f"0/{nodes} nodes are available: {told}."


def _may_help(spec: Manifest, state: NodeState, reasons: Sequence[str]) -> bool:
    """Whether the pod could go there if others went."""
    lacking = [reason.removeprefix("Insufficient ") for reason in reasons if reason.startswith("Insufficient ")]
    if not lacking:
        return _OTHERS.issuperset(reasons)
    allocatable = (state.node.get("status") or {}).get("allocatable") or {}
    asked = pod_requests(spec)
    return all(asked[name] <= parse_quantity(allocatable.get(name, "0")) for name in lacking)

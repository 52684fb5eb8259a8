"""The scheduler's message about a pod that fits on no node: counts of reasons, and whether preemption would help.

Volumes are not considered, see `multinode_fields`.

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
# reasons that the eviction of other pods may remove
_OTHERS = frozenset(
    {
        "Too many pods",
        "node(s) didn't have free ports for the requested pod ports",
        NOT_SPREAD,
        NOT_FAR,
        NOT_WANTED,
    }
)


def filter_nodes(pod: Manifest, states: Iterable[NodeState], around: Surroundings) -> list[tuple[NodeState, list[str]]]:
    """Each node, with the reasons of the first scheduler filter that rules it out; none if the pod fits.

    Args:
        pod: a Pod as stored on the server.
        states: all nodes.
        around: the placed pods, as this pod sees them.
    """
    return [(state, misfit(pod["spec"], state) or [*filter(None, [around.misfit(state.node)])]) for state in states]


def unschedulable_message(spec: Manifest, filtered: Sequence[tuple[NodeState, Sequence[str]]]) -> str:
    """The message of a pod's condition `PodScheduled` if it is False.

    Args:
        spec: the pod's spec.
        filtered: all nodes, each with at least one reason.

    Returns:
        The message of kube-scheduler if no pod has a lower priority; it would preempt such a pod.

    Example:
        >>> from tenantkit.rules.node_fit import node_state
        >>> small = node_state({"status": {"allocatable": {"cpu": "1", "pods": "110"}}}, [])
        >>> large = {"containers": [{"resources": {"requests": {"cpu": "2"}}}]}
        >>> unschedulable_message(large, [(small, ["Insufficient cpu"])])[:48]
        '0/1 nodes are available: 1 Insufficient cpu. pre'
    """
    if not filtered:
        return NO_NODES
    reasons_text = _counted(len(filtered), (reason for _, reasons in filtered for reason in reasons))
    if spec.get("preemptionPolicy") == "Never":
        return f"{reasons_text} preemption: {_NEVER}"
    helps = (_NO_VICTIMS if _may_help(spec, state, reasons) else _NO_HELP for state, reasons in filtered)
    return f"{reasons_text} preemption: {_counted(len(filtered), helps)}"


def prefilter_message(nodes: int, reason: str) -> str:
    """The message if something rules out all nodes before the filters, such as a missing claim."""
    return f"0/{nodes} nodes are available: {reason}. not found"


def _counted(nodes: int, reasons: Iterable[str]) -> str:
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in Counter(reasons).items()))
    return f"0/{nodes} nodes are available: {listed}."


def _may_help(spec: Manifest, state: NodeState, reasons: Sequence[str]) -> bool:
    """Whether the pod would fit if other pods were evicted."""
    insufficient = [reason.removeprefix("Insufficient ") for reason in reasons if reason.startswith("Insufficient ")]
    if not insufficient:
        return _OTHERS.issuperset(reasons)
    allocatable = (state.node.get("status") or {}).get("allocatable") or {}
    requests = pod_requests(spec)
    return all(requests[name] <= parse_quantity(allocatable.get(name, "0")) for name in insufficient)

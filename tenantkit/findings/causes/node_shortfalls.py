"""Why each node does not take a pod, computed from live objects: `gpu-1: nvidia.com/gpu 4 requested, 2 free`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import amount_text
from tenantkit.findings.causes.scheduler_reasons import SchedulerCode, read_reason
from tenantkit.frames.quota import unit_of
from tenantkit.rules.listing import first_of
from tenantkit.rules.node_fit import misfit, node_state, untolerated_taint
from tenantkit.rules.pod_requests import pod_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.causes.scheduler_reasons import SchedulerReason
    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState

_SHOWN = 5


def node_shortfalls(snapshot: ClusterSnapshot, pod: Manifest) -> str:
    """The shortfalls of at most five nodes; or why nodes may not be read."""
    if not snapshot.knows("Node"):
        return f"nodes: {snapshot.incomplete.get('Node', 'not read')}"
    texts: list[str] = []
    for state in node_states(snapshot):
        shortfalls = ", ".join(_shortfalls(pod["spec"], state, is_known=not isinstance(snapshot.bound, str)))
        if shortfalls:
            texts.append(f"{state.node['metadata']['name']}: {shortfalls}")
    return first_of(texts, _SHOWN, separator="; ", unit="node")


def node_states(snapshot: ClusterSnapshot) -> list[NodeState]:
    """The nodes by name, with what is free there; where the pods on them are unknown, all that is allocatable."""
    on_node: dict[str, list[Manifest]] = defaultdict(list)
    for other in snapshot.bound if not isinstance(snapshot.bound, str) else ():
        on_node[str(other["spec"].get("nodeName") or "")].append(other)
    nodes = sorted(snapshot.all("Node"), key=lambda node: str(node["metadata"]["name"]))
    return [node_state(node, on_node[node["metadata"]["name"]]) for node in nodes]


def _shortfalls(spec: Manifest, state: NodeState, *, is_known: bool) -> Iterator[str]:
    """The shortfalls of one node; where the pods on it are unknown, its allocatable amounts."""
    for reason in map(read_reason, misfit(spec, state)):
        match reason.code:
            case SchedulerCode.INSUFFICIENT:
                yield _insufficient(spec, state, reason, is_known=is_known)
            case SchedulerCode.TAINT:
                taint = untolerated_taint(spec, state.node) or {}
                value = f"={taint['value']}" if taint.get("value") else ""
                yield f"taint {taint.get('key')}{value}:{taint.get('effect')}"
            case SchedulerCode.NODE_SELECTOR:
                labels = state.node["metadata"].get("labels") or {}
                selector = (spec.get("nodeSelector") or {}).items()
                missing = [f"{key}={value}" for key, value in selector if labels.get(key) != value]
                yield f"no label {', '.join(missing)}" if missing else "does not match the node affinity"
            case SchedulerCode.CORDONED:
                yield "cordoned"
            case _:
                yield reason.text


def _insufficient(spec: Manifest, state: NodeState, reason: SchedulerReason, *, is_known: bool) -> str:
    name = str(reason.resource)
    free = max(float(state.free.get(name, 0)), 0.0)
    requested, available = (amount_text(amount, unit_of(name)) for amount in (float(pod_requests(spec)[name]), free))
    return f"{name} {requested} requested, {available} {'free' if is_known else 'allocatable'}"

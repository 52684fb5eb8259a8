"""Why each node does not take a pod, worked out from what is live: `gpu-1: nvidia.com/gpu 4 asked, 2 free`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import amount_text
from tenantkit.frames.quota import unit_of
from tenantkit.rules.node_fit import misfit, node_state, untolerated_taint
from tenantkit.rules.pod_requests import pod_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState

_SHOWN = 5
_LACKING = "Insufficient "


def node_table(snapshot: Snapshot, pod: Manifest) -> str:
    """One part a node, at most five; says so where nodes, or the pods on them, may not be read."""
    if not snapshot.knows("Node"):
        return f"nodes: {snapshot.unread.get('Node', 'not read')}"
    on_node: dict[str, list[Manifest]] = defaultdict(list)
    for other in snapshot.bound if not isinstance(snapshot.bound, str) else ():
        on_node[other["spec"]["nodeName"]].append(other)
    parts: list[str] = []
    nodes = sorted(snapshot.all("Node"), key=lambda node: str(node["metadata"]["name"]))
    for node in nodes:
        state = node_state(node, on_node[node["metadata"]["name"]])
        said = ", ".join(_said(pod["spec"], state, is_known=not isinstance(snapshot.bound, str)))
        if said:
            parts.append(f"{node['metadata']['name']}: {said}")
    more = [f"and {len(parts) - _SHOWN} more nodes"] if len(parts) > _SHOWN else []
    return "; ".join([*parts[:_SHOWN], *more])


def _said(spec: Manifest, state: NodeState, *, is_known: bool) -> Iterator[str]:
    """What is wrong with one node; without the pods on it, how much it has in all."""
    requests = pod_requests(spec)
    for reason in misfit(spec, state):
        name = reason.removeprefix(_LACKING)
        if name != reason:
            left = max(float(state.free.get(name, 0)), 0.0)
            asked, there = (amount_text(amount, unit_of(name)) for amount in (float(requests[name]), left))
            yield f"{name} {asked} asked, {there} {'free' if is_known else 'in all'}"
        elif "taint" in reason:
            taint = untolerated_taint(spec, state.node) or {}
            value = f"={taint['value']}" if taint.get("value") else ""
            yield f"taint {taint.get('key')}{value}:{taint.get('effect')}"
        elif "selector" in reason:
            labels = state.node["metadata"].get("labels") or {}
            lacking = [
                f"{key}={value}" for key, value in (spec.get("nodeSelector") or {}).items() if labels.get(key) != value
            ]
            yield f"no label {', '.join(lacking)}" if lacking else "not of its node affinity"
        elif "unschedulable" in reason:
            yield "cordoned"
        else:
            yield reason

"""Taints of nodes: each follows a condition of the node, and keeps pods away while that condition holds.

Left out: a node that stops reporting does not become unreachable, since no node of the sandbox reports.

Source: pkg/controller/nodelifecycle, 1.37; page "Taints and Tolerations", section "Taint Nodes by Condition".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import NODES
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

_TAINT_OF = {
    ("Ready", "False"): "node.kubernetes.io/not-ready",
    ("Ready", "Unknown"): "node.kubernetes.io/unreachable",
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}
_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_MANAGED = frozenset({*_TAINT_OF.values(), _UNSCHEDULABLE})


class NodeLifecycleController:
    """Writes the taints of nodes; keys are their names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "node-controller")

    def keys(self, event: Event) -> Iterable[str]:
        """The node itself."""
        return (event.manifest["metadata"]["name"],) if event.resource is NODES and event.type != "DELETED" else ()

    def sync(self, key: str) -> None:
        """Write the taints of one node, if they change."""
        node = self._store.get(NODES, key)
        if node is None:
            return
        spec = node.get("spec") or {}
        taints = tainted(node)
        if taints != (spec.get("taints") or []):
            rest = {field: value for field, value in spec.items() if field != "taints"}
            self._client.update(NODES, node, spec=rest | ({"taints": taints} if taints else {}))


def tainted(node: Manifest) -> list[Manifest]:
    """The taints that a node should have: those of its conditions, and those that others have set."""
    conditions = (node.get("status") or {}).get("conditions") or []
    wanted = [_TAINT_OF[key] for item in conditions if (key := (item["type"], item["status"])) in _TAINT_OF]
    spec = node.get("spec") or {}
    wanted += [_UNSCHEDULABLE] if spec.get("unschedulable") else []
    kept = [
        taint
        for taint in spec.get("taints") or []
        if taint["effect"] != "NoSchedule" or taint["key"] not in _MANAGED or taint["key"] in wanted
    ]
    present = {taint["key"] for taint in kept if taint["effect"] == "NoSchedule"}
    return [*kept, *({"key": key, "effect": "NoSchedule"} for key in wanted if key not in present)]

"""Taints of nodes by their conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


_TAINT_OF = {
    ("Ready", "False"): "node.kubernetes.io/not-ready",
    ("Ready", "Unknown"): "node.kubernetes.io/unreachable",
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}


_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


_OURS = frozenset({*_TAINT_OF.values(), _UNSCHEDULABLE})


def tainted(node: Manifest) -> list[Manifest]:
    """A node's taints as its conditions have it: those of others stay, ours follow."""
    conditions = (node.get("status") or {}).get("conditions") or []
    wanted = [_TAINT_OF[key] for item in conditions if (key := (item["type"], item["status"])) in _TAINT_OF]
    spec = node.get("spec") or {}
    wanted += [_UNSCHEDULABLE] if spec.get("unschedulable") else []
    kept = [
        taint
        for taint in spec.get("taints") or []
        if taint["effect"] != "NoSchedule" or taint["key"] not in _OURS or taint["key"] in wanted
    ]
    there = {taint["key"] for taint in kept if taint["effect"] == "NoSchedule"}
    return [*kept, *({"key": key, "effect": "NoSchedule"} for key in wanted if key not in there)]

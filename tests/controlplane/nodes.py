"""A Node on which kwok or the sandbox runs pods; its manifest says how much it can hold."""

from __future__ import annotations

from typing import Any

_ROOM = {"cpu": "64", "memory": "512Gi", "ephemeral-storage": "1Ti", "pods": "110"}


def make_node(name: str, *, room: dict[str, str] | None = None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A node with a large capacity and the labels that every kubelet sets.

    Args:
        name: of the node.
        room: more resources, or other amounts of the usual ones.
        labels: further labels.
    """
    usual = {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    capacity = _ROOM | (room or {})
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": usual | (labels or {})},
        "status": {"capacity": capacity, "allocatable": capacity},
    }

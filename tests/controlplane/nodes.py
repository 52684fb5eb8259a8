"""A Node for kwok, or for the sandbox, to run pods on: what is there is what its manifest says."""

from __future__ import annotations

from typing import Any

_ROOM = {"cpu": "64", "memory": "512Gi", "ephemeral-storage": "1Ti", "pods": "110"}


def make_node(name: str, *, room: dict[str, str] | None = None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A node with much room, of the labels that every kubelet sets.

    Args:
        name: of the node.
        room: further capacity, or less of the usual.
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

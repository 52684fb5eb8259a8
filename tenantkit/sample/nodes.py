"""The sample's nodes: four machines with eight GPUs each, one of them cordoned. Only the Node objects exist.

On a real control plane kwok stands in for their kubelets, in the sandbox its own stand-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sample.tenants import MEMBERS

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_AMOUNTS = {"cpu": "96", "memory": "768Gi", "ephemeral-storage": "1Ti", "pods": "110", "nvidia.com/gpu": "8"}


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    product: str
    cordoned: bool = False


_NODES = (
    _Node("gpu-a100-1", "NVIDIA-A100-SXM4-80GB"),
    _Node("gpu-a100-2", "NVIDIA-A100-SXM4-80GB"),
    _Node("gpu-h100-1", "NVIDIA-H100-80GB-HBM3"),
    _Node("gpu-h100-2", "NVIDIA-H100-80GB-HBM3", cordoned=True),
)


def sample_nodes() -> list[Manifest]:
    """The sample's Node objects, by name.

    Example:
        >>> [node["metadata"]["name"] for node in sample_nodes() if node["spec"].get("unschedulable")]
        ['gpu-h100-2']
    """
    return [_make_node(node) for node in _NODES]


def node_readers() -> list[Manifest]:
    """The right to see nodes for the sandbox's owner, editor and viewer: many platforms give it to all members."""
    group = "rbac.authorization.k8s.io"
    common = {"apiVersion": f"{group}/v1", "metadata": {"name": "node-readers"}}
    rule = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]}
    return [
        {**common, "kind": "ClusterRole", "rules": [rule]},
        {
            **common,
            "kind": "ClusterRoleBinding",
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "node-readers"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": name} for name in MEMBERS],
        },
    ]


def _make_node(node: _Node) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": node.name,
                "kubernetes.io/os": "linux",
                "nvidia.com/gpu.product": node.product,
            },
        },
        "spec": {"unschedulable": True} if node.cordoned else {},
        "status": {"allocatable": _AMOUNTS, "capacity": _AMOUNTS},
    }

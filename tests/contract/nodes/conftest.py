"""The same two engines, here with a scheduler and with nodes that run pods.

They are other servers than the rest of the suite asks: its tests count on pods that stay Pending. Nodes are made by the
tests, through the API; on the real side kwok plays their kubelets. A foreign cluster has kubelets of its own, and
nothing runs on a Node that is but an object there.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.manifest import ref_of
from tests.controlplane.nodes import make_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

PRODUCT = "NVIDIA-H100-80GB-HBM3"


@pytest.fixture
def gpu_node(cluster: Cluster, eventually: Callable[..., Any]) -> Iterator[Callable[..., str]]:
    """Makes a ready node with eight GPUs, and gives back its name; all are gone after the test.

    Its argument changes the manifest before it is sent: taints, fewer GPUs, another label.
    """
    made: list[Manifest] = []

    def make(change: Callable[[Manifest], None] = lambda _: None) -> str:
        name = f"gpu-{uuid.uuid4().hex[:6]}"
        node = make_node(name, room={"nvidia.com/gpu": "8"}, labels={"nvidia.com/gpu.product": PRODUCT})
        change(node)
        made.append(cluster.create(node))
        eventually(lambda: takes_pods(cluster.get("Node", name)))
        return name

    yield make
    for node in made:
        cluster.delete(ref_of(node))


def takes_pods(node: Manifest) -> bool:
    """Whether its kubelet has said so, and the node controller has taken its own taint off."""
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return condition(node, "Ready").get("status") == "True" and "node.kubernetes.io/not-ready" not in taints


def condition(manifest: Manifest, kind: str) -> dict[str, Any]:
    """An object's condition of that type; empty where it has none yet."""
    found = [one for one in manifest.get("status", {}).get("conditions", []) if one["type"] == kind]
    return found[0] if found else {}

"""Conditions of Nodes and Pods, for the tests that need nodes.

Those tests are in folders named `nodes`. They run on servers with a scheduler, because the rest of the suite relies on
Pods that stay Pending. The tests create the Nodes through the API. On the real control plane kwok plays their kubelets.
On a given cluster they are skipped, since nothing would run on such a Node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

PRODUCT = "NVIDIA-H100-80GB-HBM3"


def takes_pods(node: Manifest) -> bool:
    """Whether its kubelet has reported ready and the node controller has removed its taint."""
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return condition(node, "Ready").get("status") == "True" and "node.kubernetes.io/not-ready" not in taints


def condition(manifest: Manifest, kind: str) -> dict[str, Any]:
    """An object's condition of that type; empty if it has none yet."""
    found = [one for one in manifest.get("status", {}).get("conditions", []) if one["type"] == kind]
    return found[0] if found else {}

"""What the tests that need nodes ask of a Node or a Pod: its conditions, and whether its kubelet is ready.

Those tests are in folders named `nodes`. They run on servers with a scheduler, as the rest of the suite relies on Pods
that stay Pending. The tests make the Nodes through the API. On the real control plane kwok plays their kubelets. They
are skipped on a foreign cluster, where nothing would run on such a Node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

PRODUCT = "NVIDIA-H100-80GB-HBM3"


def takes_pods(node: Manifest) -> bool:
    """Whether its kubelet has said so, and the node controller has taken its own taint off."""
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return condition(node, "Ready").get("status") == "True" and "node.kubernetes.io/not-ready" not in taints


def condition(manifest: Manifest, kind: str) -> dict[str, Any]:
    """An object's condition of that type; empty where it has none yet."""
    found = [one for one in manifest.get("status", {}).get("conditions", []) if one["type"] == kind]
    return found[0] if found else {}

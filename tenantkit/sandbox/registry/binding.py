"""Binding a pod to a node.

Source: pkg/registry/core/pod/storage, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def bound(pod: Manifest, node: str, now: str, *, added: Manifest | None = None) -> Manifest:
    """The pod, bound to a node, with the labels and annotations of the metadata `added`."""
    metadata = dict(pod["metadata"])
    for part in ("labels", "annotations"):
        if found := {**(metadata.get(part) or {}), **((added or {}).get(part) or {})}:
            metadata[part] = found
    before = pod.get("status") or {}
    others = [item for item in before.get("conditions") or [] if item["type"] != "PodScheduled"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    status = {key: value for key, value in before.items() if key != "nominatedNodeName"}
    return {
        **pod,
        "metadata": metadata,
        "spec": {**pod["spec"], "nodeName": node},
        "status": {**status, "conditions": [*others, scheduled]},
    }

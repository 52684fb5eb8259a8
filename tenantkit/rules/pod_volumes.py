"""The volumes of a pod: their types, and the PersistentVolumeClaims that they use.

The control plane creates a claim for each generic ephemeral volume and names it after the pod and the volume, so the
pod's own manifest does not contain that name.

Sources: pages "Ephemeral Volumes", section "PersistentVolumeClaim naming", and "Pod Security Standards".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest


# Types of volumes without access to the node, which the Pod Security Standards allow at the level `restricted`.
TYPES_APART_FROM_NODE = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)


def claim_names(pod: Manifest) -> tuple[str, ...]:
    """Names of the claims that a pod's volumes use; the claims are in the pod's namespace.

    Args:
        pod: in any phase. A pod template has no name, so its ephemeral volumes have no claims yet.

    Returns:
        Each name once, in the order of the volumes. Claims of ephemeral volumes are included.

    Example:
        >>> volumes = [{"persistentVolumeClaim": {"claimName": "data"}}, {"name": "scratch", "ephemeral": {}}]
        >>> claim_names({"metadata": {"name": "web"}, "spec": {"volumes": volumes}})
        ('data', 'web-scratch')
    """
    return tuple(dict.fromkeys(name for name, _ in _claims(pod)))


def ephemeral_claim_names(pod: Manifest) -> tuple[str, ...]:
    """The same, of ephemeral volumes only: the claims that the control plane creates for this pod."""
    return tuple(name for name, is_ephemeral in _claims(pod) if is_ephemeral)


def _claims(pod: Manifest) -> Iterator[tuple[str, bool]]:
    """The name of each claim, and whether the volume is ephemeral."""
    pod_name = (pod.get("metadata") or {}).get("name")
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        claim_name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim_name:
            yield claim_name, False
        elif volume.get("ephemeral") is not None and pod_name:
            yield f"{pod_name}-{volume.get('name')}", True

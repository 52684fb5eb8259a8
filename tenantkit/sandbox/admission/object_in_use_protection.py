"""StorageObjectInUseProtection and TaintNodesByCondition: finalizers of volumes and claims, the taint of a new node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenantkit.sandbox.apimachinery.resources import CLAIMS, NODES, VOLUMES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes


# the finalizer that holds what is in use, see protection_controller.py
PROTECTED: Final = {CLAIMS: "kubernetes.io/pvc-protection", VOLUMES: "kubernetes.io/pv-protection"}


_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def protect(attributes: Attributes) -> Manifest:
    """StorageObjectInUseProtection and TaintNodesByCondition: claims and volumes in use stay, new nodes must report."""
    manifest, metadata = attributes.manifest, attributes.manifest["metadata"]
    if attributes.operation == "DELETE" or attributes.subresource:
        return manifest
    finalizer, finalizers = PROTECTED.get(attributes.resource), metadata.get("finalizers") or []
    if finalizer and finalizer not in finalizers:
        return {**manifest, "metadata": {**metadata, "finalizers": [*finalizers, finalizer]}}
    if attributes.resource == NODES and attributes.operation == "CREATE":
        spec = manifest.get("spec") or {}
        taints = spec.get("taints") or []
        if all((taint.get("key"), taint.get("effect")) != tuple(_NOT_READY.values()) for taint in taints):
            return {**manifest, "spec": {**spec, "taints": [*taints, _NOT_READY]}}
    return manifest

"""StorageObjectInUseProtection and TaintNodesByCondition: finalizers of volumes and claims, the taint of a new node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.finalizers import PROTECTION
from tenantkit.sandbox.apimachinery.resources import NODES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes


_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def protect(attributes: Attributes) -> Manifest:
    """StorageObjectInUseProtection and TaintNodesByCondition: claims and volumes in use stay, new nodes must report."""
    manifest, metadata = attributes.manifest, attributes.manifest["metadata"]
    if attributes.operation != "CREATE" or attributes.subresource:
        return manifest
    finalizer, finalizers = PROTECTION.get(attributes.resource), metadata.get("finalizers") or []
    if finalizer and finalizer not in finalizers:
        return {**manifest, "metadata": {**metadata, "finalizers": [*finalizers, finalizer]}}
    if attributes.resource == NODES:
        spec = manifest.get("spec") or {}
        taints = spec.get("taints") or []
        if all((taint.get("key"), taint.get("effect")) != tuple(_NOT_READY.values()) for taint in taints):
            return {**manifest, "spec": {**spec, "taints": [*taints, _NOT_READY]}}
    return manifest

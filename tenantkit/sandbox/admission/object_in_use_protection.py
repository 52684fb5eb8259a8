"""StorageObjectInUseProtection: finalizers of volumes and claims. TaintNodesByCondition: the taint of a new Node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.finalizers import PROTECTION
from tenantkit.sandbox.apimachinery.resources import NODES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes

_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def protect_objects_in_use(attributes: Attributes) -> Manifest:
    """Add the protection finalizer to claims and volumes, and the not-ready taint to new Nodes."""
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

"""DefaultIngressClass: the default class for an Ingress that names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import INGRESS_CLASSES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes


def default_ingress_class(attributes: Attributes) -> Manifest:
    """DefaultIngressClass: an Ingress that names no class gets the newest of those marked as default, if any."""
    annotations = attributes.manifest["metadata"].get("annotations") or {}
    is_new = attributes.resource.qualified == "ingresses.networking.k8s.io" and attributes.operation == "CREATE"
    if not is_new or "ingressClassName" in attributes.manifest["spec"] or "kubernetes.io/ingress.class" in annotations:
        return attributes.manifest
    defaults = [
        found["metadata"]
        for found in attributes.store.list(INGRESS_CLASSES)
        if (found["metadata"].get("annotations") or {}).get("ingressclass.kubernetes.io/is-default-class") == "true"
    ]
    if not defaults:
        return attributes.manifest
    # Of classes created in the same second the first by name wins: max() keeps the first, and the store sorts by name.
    newest = max(defaults, key=lambda metadata: str(metadata["creationTimestamp"]))
    return {**attributes.manifest, "spec": {**attributes.manifest["spec"], "ingressClassName": newest["name"]}}

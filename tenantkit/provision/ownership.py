"""Who owns an object: tenantkit, one of its tenants, or someone else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.requests.write import FIELD_MANAGER
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.managed_fields import managers_of

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def is_ours(manifest: Manifest, tenant: str | None) -> bool:
    """Whether an object has tenantkit's labels: those of this tenant, or with None those of the platform."""
    labels = manifest.get("metadata", {}).get("labels") or {}
    return labels.get(MANAGED_BY_LABEL) == MANAGED_BY and labels.get(TENANT_LABEL) == tenant


def is_recognized(manifest: Manifest, tenant: str | None, quota: Manifest | None = None) -> bool:
    """Whether a wanted object that exists is tenantkit's: by its labels, its name or its field managers.

    The team may remove labels from objects in its namespace, and managers as well. There tenantkit's names are
    reserved, except for Ingresses and HTTPRoutes, whose names are the team's. Without labels, a Namespace is known by
    its managers or by tenantkit's quota in it, which no team may write.

    Args:
        manifest: the live object.
        tenant: the owner; None for the platform's own objects.
        quota: of a Namespace, tenantkit's quota in it.
    """
    if is_ours(manifest, tenant):
        return True
    if tenant is None:
        return False
    if manifest["kind"] == "Namespace":
        labels = manifest["metadata"].get("labels") or {}
        is_labelled = TENANT_LABEL in labels or MANAGED_BY_LABEL in labels
        return not is_labelled and (is_applied_by_us(manifest) or (quota is not None and is_applied_by_us(quota)))
    return manifest["kind"] not in ROUTE_KINDS or is_applied_by_us(manifest)


def tenant_of(manifest: Manifest) -> str | None:
    """The tenant that an object's labels name; None if they are not tenantkit's."""
    labels = manifest.get("metadata", {}).get("labels") or {}
    tenant: str | None = labels.get(TENANT_LABEL)
    return tenant if labels.get(MANAGED_BY_LABEL) == MANAGED_BY else None


def owner_of(manifest: Manifest) -> str:
    """The owner of an object in words: from its labels, else from its field managers."""
    labels = manifest.get("metadata", {}).get("labels") or {}
    if labels.get(MANAGED_BY_LABEL) == MANAGED_BY:
        tenant = labels.get(TENANT_LABEL)
        return f"tenant {tenant!r}" if tenant else "the platform of tenantkit"
    if labels.get(MANAGED_BY_LABEL):
        return f"{labels[MANAGED_BY_LABEL]!r} (label {MANAGED_BY_LABEL})"
    managers = managers_of(manifest)
    return f"{', '.join(map(repr, managers))} (managed fields)" if managers else "someone else (it has no label)"


def is_applied_by_us(manifest: Manifest) -> bool:
    """Whether tenantkit has applied fields of an object, by the server's record."""
    entries = manifest.get("metadata", {}).get("managedFields") or ()
    return any(entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" for entry in entries)

"""A tenant's extra objects and copies: which are wanted, which cannot be made, and which are no longer wanted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.extra_objects import (
    KINDS_ANNOTATION,
    extra_kinds,
    is_extra,
    make_copy,
    make_extra_objects,
    recorded_kinds,
    sources_of,
)
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.reasons import Reason, never_copied, source_of_tenant
from tenantkit.rules.manifest import ObjectRef, ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.extra_objects import CopySource
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

# Secrets by which somebody acts as an account of the cluster.
_NEVER_COPIED = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token")


def wanted_refs(tenants: Iterable[Tenant], platform: Platform) -> list[ObjectRef]:
    """The extra objects and copies that these tenants shall have."""
    refs: list[ObjectRef] = []
    for tenant in tenants:
        refs += [ref_of(manifest) for manifest in make_extra_objects(tenant, platform)]
        refs += [_copy_ref(tenant, platform, source) for source in sources_of(platform)]
    return refs


def wanted_copies(
    tenant: Tenant, platform: Platform, live: LiveState
) -> tuple[list[Manifest], dict[ObjectRef, Reason]]:
    """A tenant's copies, and why others cannot be made, by ref.

    Args:
        tenant: whose copies they are.
        platform: its settings.
        live: with what was read of their sources; a source that nobody has read is not wanted.
    """
    copies: list[Manifest] = []
    refused: dict[ObjectRef, Reason] = {}
    for source in sources_of(platform):
        content = live.sources.get(source)
        reason = content if isinstance(content, Reason) else _why_not(source, content, live)
        if reason is not None:
            refused[_copy_ref(tenant, platform, source)] = reason
        elif isinstance(content, dict):
            copies.append(make_copy(tenant, platform, source, content))
    return copies, refused


def extras_by_namespace(live: LiveState) -> Mapping[str, list[Manifest]]:
    """The live objects with our label of extra objects, by namespace."""
    found: dict[str, list[Manifest]] = {}
    for ref, manifest in live.objects.items():
        if ref.namespace is not None and is_extra(manifest):
            found.setdefault(ref.namespace, []).append(manifest)
    return found


def no_longer_wanted(present: Iterable[Manifest], tenant: Tenant, wanted: Iterable[ObjectRef]) -> list[Manifest]:
    """The tenant's extra objects and copies that the platform no longer lists, in reverse order of their refs."""
    kept = set(wanted)
    found = [it for it in present if is_ours(it, tenant.name) and ref_of(it) not in kept]
    return sorted(found, key=ref_of, reverse=True)


def with_recorded_kinds(namespace: Manifest, platform: Platform, live: Manifest | None) -> Manifest:
    """The wanted Namespace, which records each kind that the tenant has, or had, extra objects of."""
    kinds = sorted({*extra_kinds(platform), *recorded_kinds(live)})
    if not kinds:
        return namespace
    metadata = namespace["metadata"]
    annotations = {**metadata["annotations"], KINDS_ANNOTATION: ",".join(kinds)}
    return {**namespace, "metadata": {**metadata, "annotations": annotations}}


def _why_not(source: CopySource, content: Manifest | None, live: LiveState) -> Reason | None:
    if content is not None and content.get("type") in _NEVER_COPIED:
        return never_copied(source, str(content["type"]))
    place = live.objects.get(ObjectRef("v1", "Namespace", source.namespace)) or {"metadata": {}}
    if TENANT_LABEL in (place["metadata"].get("labels") or {}):
        return source_of_tenant(source)
    return None


def _copy_ref(tenant: Tenant, platform: Platform, source: CopySource) -> ObjectRef:
    return ObjectRef("v1", source.kind, source.name, platform.namespace(tenant))

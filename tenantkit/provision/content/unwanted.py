"""Objects in a tenant's namespace that its spec does not want, and which of them are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import RETIRED_CONFIG_MAP
from tenantkit.manifests.order import RANK
from tenantkit.provision.content.members import role_of
from tenantkit.provision.ownership import is_ours
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.content.team import TeamPart
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant


def unwanted(present: Iterable[Manifest], tenant: Tenant, part: TeamPart) -> list[Manifest]:
    """Those of the objects that are deleted, in the order of deletion.

    Args:
        present: the objects in the tenant's namespace that are not wanted.
        tenant: as specified: what it leaves as it is, stays.
        part: the members and routes, as read.
    """
    found = [
        manifest
        for manifest in present
        if is_ours(manifest, tenant.name)
        and not manifest["metadata"].get("deletionTimestamp")
        and _is_managed(manifest, tenant, part)
    ]
    return sorted(found, key=lambda manifest: (-RANK[manifest["kind"]], ref_of(manifest)))


def _is_managed(manifest: Manifest, tenant: Tenant, part: TeamPart) -> bool:
    """Whether the spec decides about an object."""
    name = manifest["metadata"]["name"]
    if manifest["kind"] == "ConfigMap":
        return bool(name == RETIRED_CONFIG_MAP)
    if manifest["kind"] == "Ingress":
        return tenant.routes is not None or name in part.ingresses  # one whose host moved has another name
    role = role_of(manifest)
    if role == "editor":
        return tenant.editors is not None
    return role != "viewer" or tenant.viewers is not None

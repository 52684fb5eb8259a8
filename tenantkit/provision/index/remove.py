"""Taking a tenant out of the index: with its namespace, since nothing else would remove what lies outside of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound
from tenantkit.manifests.order import RANK
from tenantkit.provision.index.read import index_refs, indexed_tenant
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.index.read import IndexRead
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest, ObjectRef


def entries_by_tenant(index: IndexRead) -> dict[str, list[Manifest]]:
    """The objects of each tenant that exist, in the order of deletion."""
    found: dict[str, list[Manifest]] = {name: [] for name in index.tenants}
    for manifest in sorted(index.objects, key=lambda it: (-RANK[it["kind"]], ref_of(it))):
        found[indexed_tenant(str(manifest["metadata"]["name"]))].append(manifest)
    return found


def stays_in_index(index: IndexRead, tenant: str) -> list[tuple[ObjectRef, Reason]]:
    """A tenant's objects that may not be read, with the reason, and so stay in the index if they exist."""
    why = index.refused.get(tenant)
    return [] if why is None else [(ref, why) for ref in index_refs(tenant)]


def remove_entry(cluster: ClusterApi, manifest: Manifest) -> None:
    """Delete an object of the index, if it still exists.

    Raises:
        ClusterError: it could not be deleted.

    RBAC: delete roles and rolebindings in tenantkit-index.
    """
    with suppress(NotFound):
        cluster.delete(ref_of(manifest), uid=manifest["metadata"]["uid"])

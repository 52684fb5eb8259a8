"""The index of tenants: it lists each tenant's members and nobody else, and has nothing of other tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Doubt, Evidence
from tenantkit.findings.audit.comparison import INDEX
from tenantkit.findings.audit.concerns.planned import APPLY
from tenantkit.findings.audit.fields import name_of
from tenantkit.findings.audit.snapshot import permission
from tenantkit.findings.audit.view import SPEC, is_tenants
from tenantkit.hints import Message
from tenantkit.manifests.index import MARKER_ROLE, WRITER_ROLE
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.index.read import INDEX_KINDS, indexed_tenant
from tenantkit.rules.tenant_index import INDEX_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import ClusterView, TenantView


def _lists_members(view: TenantView) -> Iterator[Found]:
    snapshot = view.cluster.snapshot
    if view.grant.name in snapshot.live.indexed:
        yield from view.differences(INDEX)
    elif INDEX_NAMESPACE not in view.cluster.namespaces and snapshot.live.has_all_namespaces:
        yield Evidence(f"Namespace/{INDEX_NAMESPACE}", "", "does not exist, see check platform-objects")
    else:
        for kind in INDEX_KINDS:
            yield Doubt("may not be read", permission("list", kind, INDEX_NAMESPACE))


def _of_tenants_only(view: ClusterView) -> Iterator[Found]:
    """What is left of a tenant that was deleted by hand, and what somebody else has made there."""
    names = {it["metadata"]["labels"][TENANT_LABEL] for it in view.namespaces.values() if is_tenants(it)}
    for kind in INDEX_KINDS:
        for manifest in view.snapshot.of(kind, INDEX_NAMESPACE):
            name = str(manifest["metadata"]["name"])
            if name not in (WRITER_ROLE, MARKER_ROLE) and indexed_tenant(name) not in names:
                yield Evidence(f"{name_of(manifest)} in {INDEX_NAMESPACE}", "", "belongs to no tenant")


CLUSTER_CHECKS = (
    Check(
        "index-of-tenants-only",
        "platform",
        "medium",
        "Namespace tenantkit-index has only the Roles and RoleBindings of tenants that exist.",
        Message("delete the object"),
        _of_tenants_only,
        ("Namespace", *INDEX_KINDS),
    ),
)
CHECKS = (
    Check(
        INDEX,
        "people",
        "low",
        "The index lists the tenant's members, so that they find their tenant, and nobody else.",
        APPLY,
        _lists_members,
        ("Namespace", SPEC),
    ),
)

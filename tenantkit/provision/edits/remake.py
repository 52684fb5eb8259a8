"""An edit from the current live state: only the tenant's Namespace and the kinds that the edit is about are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, NotFound, OwnershipError, PermissionDenied, StalePlanError
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.content.namespace import contents_of
from tenantkit.provision.content.team import TEAM_KINDS, needed_route_kinds, team_part
from tenantkit.provision.edits.compare import compare_edit
from tenantkit.provision.edits.edit import TenantState, check_owners, check_places
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.read import read_contents
from tenantkit.provision.reasons import exists_elsewhere
from tenantkit.provision.stored.tenants import get_tenant_namespace, stored_tenant
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, role_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.edits.edit import TeamEdit
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform


def read_state(cluster: ClusterApi, tenant: str, platform: Platform, kinds: Sequence[str] = TEAM_KINDS) -> TenantState:
    """A tenant as it is.

    Args:
        cluster: the cluster.
        tenant: its name.
        platform: the settings.
        kinds: of its objects that are read.

    Raises:
        NotFound: there is no such tenant.
        OwnershipError: it exists in a namespace of another name.
        PermissionDenied: you may not read it.
        SpecVersionError: a newer tenantkit wrote its grant.
        InvalidSpecError: its grant cannot be read.

    RBAC: get its namespace, and list these kinds in it; get its RoleBinding in tenantkit-index, where there is one.
    """
    return _state(cluster, get_tenant_namespace(cluster, tenant), platform, kinds)


def changes_of(cluster: ClusterApi, edit: TeamEdit, platform: Platform) -> list[PlanChange]:
    """The changes of an edit that was planned before, from the current live state; needs the same as `read_state`.

    Raises:
        StalePlanError: a person has become an owner since, or another route has the name of an added one.
        ClusterError: as `read_state`.
    """
    state = read_state(cluster, edit.tenant, platform, edit.kinds)
    try:
        check_owners(edit, state.tenant)
        check_places(edit, state, platform, replaces=True)
    except InvalidSpecError as error:
        raise StalePlanError(f"{error}: this has changed since the plan, and nothing was written: plan again") from None
    return compare_edit(edit, state, platform)


def _state(cluster: ClusterApi, namespace: Manifest, platform: Platform, kinds: Sequence[str]) -> TenantState:
    tenant = stored_tenant(namespace)
    name, expected = namespace["metadata"]["name"], platform.namespace(tenant)
    if name != expected or not is_ours(namespace, tenant.name):
        raise OwnershipError(str(exists_elsewhere(name, expected)))
    found = read_contents(cluster, kinds, [name])
    needed = needed_route_kinds(platform) | (set(kinds) - set(ROUTE_KINDS))
    for (kind, _), reason in found.unknown.items():
        if kind not in needed:
            continue
        raise PermissionDenied(
            str(reason), status=403, kind=kind, namespace=name, operation=f"list {kind_of(kind).plural}"
        )
    live = replace(found, objects={**found.objects, ref_of(namespace): namespace})
    content = contents_of(live, [name])[name]
    indexed = _indexed(cluster, tenant.name) if "RoleBinding" in kinds else None
    return TenantState(tenant, live, content, team_part(tenant, platform, content), indexed)


def _indexed(cluster: ClusterApi, tenant: str) -> Manifest | None:
    """The RoleBinding of a tenant's members in the index, which the platform makes and owners keep."""
    try:
        return cluster.get("RoleBinding", role_name(tenant), INDEX_NAMESPACE)
    except (NotFound, PermissionDenied):
        return None

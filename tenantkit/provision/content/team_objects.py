"""The objects of the part of a tenant that its owners may change: members and routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.role_rules import TENANT_ROLES
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.reasons import Reason
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.people import to_ask

if TYPE_CHECKING:
    from tenantkit.provision.changes import PlanChange
    from tenantkit.spec.tenant import Tenant

# the fields of a spec, by the kind of their objects
FIELDS_OF_KIND = {"RoleBinding": ("editors", "viewers"), **dict.fromkeys(ROUTE_KINDS, ("routes",))}


def is_of_team(change: PlanChange) -> bool:
    """Whether a change is one of a member or a route of a tenant; owners are part of the grant."""
    manifest = change.wanted or change.live or {}
    if change.ref.kind not in FIELDS_OF_KIND or change.ref.namespace == INDEX_NAMESPACE:
        return False
    return change.ref.kind != "RoleBinding" or (manifest.get("roleRef") or {}).get("name") != TENANT_ROLES[0]


def owners_of_team(tenant: Tenant, team: str) -> Reason:
    """Only owners and the platform may change this; while a tenant is frozen read-only, only the platform may."""
    if tenant.frozen == "read-only":
        return Reason("not-yours", f"the tenant is frozen read-only: ask {team} to thaw it, or to change this")
    listed = ", ".join(to_ask(tenant.owners))
    return Reason("not-yours", f"ask an owner ({listed}) or {team}, who may change members and routes")

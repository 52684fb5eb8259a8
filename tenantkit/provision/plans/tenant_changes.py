"""One tenant against the live objects: what it wants, what it leaves as it is, and what it does not want. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.claims import is_claim
from tenantkit.manifests.index import is_indexed_member
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.changes import PlanChange, PlanRow, blocked, changes, unknown
from tenantkit.provision.content.members import with_adders
from tenantkit.provision.content.namespace import CONTENT_KINDS, contents_of
from tenantkit.provision.content.routes import check_served
from tenantkit.provision.content.team import team_part, with_team
from tenantkit.provision.content.unwanted import unwanted, unwanted_extra
from tenantkit.provision.extras.wanted import (
    extras_by_namespace,
    no_longer_wanted,
    wanted_copies,
    with_recorded_kinds,
)
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.stored.versions import why_newer
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.provision.changes import PlanAction
    from tenantkit.provision.content.namespace import Content
    from tenantkit.provision.content.team import TeamPart
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def compare_tenants(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> list[list[PlanChange]]:
    """For each tenant, its objects against the live state but for claims, whoever else has its hosts: pure.

    A tenant whose grant was written by a newer tenantkit is blocked.

    Raises:
        NotFound: the platform routes by a Gateway, and the cluster has no HTTPRoutes.
    """
    contents = contents_of(live, [platform.namespace(tenant) for tenant in tenants])
    extras = extras_by_namespace(live)
    compared: list[list[PlanChange]] = []
    for tenant in tenants:
        namespace = platform.namespace(tenant)
        found = _compare(tenant, platform, live, contents[namespace], extras.get(namespace, ()))
        newer = why_newer(namespace, live)
        compared.append(found if newer is None else [blocked(change, newer) for change in found])
    return compared


def _compare(
    tenant: Tenant, platform: Platform, live: LiveState, content: Content, extras: Sequence[Manifest]
) -> list[PlanChange]:
    """One tenant against the objects in its namespace; what it leaves as it is, is read from them."""
    part = team_part(tenant, platform, content)
    made = _planned(make_tenant(with_team(tenant, part), platform), tenant, part, live)
    check_served(made, live, platform)
    copies, refused = wanted_copies(tenant, platform, live)
    kept = with_adders(made[1:], content.of_kind("RoleBinding"))
    wanted = [with_recorded_kinds(made[0], platform, content.namespace), *kept, *copies]
    refs = {ref_of(manifest) for manifest in wanted} | refused.keys()
    rest = [unwanted_extra(manifest) for manifest in no_longer_wanted(extras, tenant, refs)]
    present = [manifest for manifest in content.objects if ref_of(manifest) not in refs]
    rest += unwanted(present, tenant, part, is_isolated=platform.is_isolated(tenant))
    as_it_is = refs - {ref_of(manifest) for manifest in make_tenant(tenant, platform)}
    if tenant.frozen == "read-only":  # then everyone's role is decided by the grant
        as_it_is = {ref for ref in as_it_is if ref.kind != "RoleBinding"}
    place = platform.namespace(tenant)
    unread = [
        ref for ref in live.unreadable if ref.namespace == place and ref not in refs and ref.kind in CONTENT_KINDS
    ]
    planned = changes(wanted, live, tenant=tenant.name, as_it_is=as_it_is, unwanted=rest)
    planned += [unknown(ref, live.unreadable[ref], tenant.name) for ref in sorted(unread)]
    return planned + [_not_copied(ref, reason, tenant.name, live) for ref, reason in refused.items()]


def _planned(made: Sequence[Manifest], tenant: Tenant, part: TeamPart, live: LiveState) -> list[Manifest]:
    """The objects to plan but for claims: of the index only what was read, and its members where all are known."""
    has_members = None not in (
        part.editors if tenant.editors is None else (),
        part.viewers if tenant.viewers is None else (),
    )
    return [
        manifest
        for manifest in made
        if not is_claim(ref_of(manifest))
        if not is_in_index(ref_of(manifest))
        or (tenant.name in live.indexed and (has_members or not is_indexed_member(manifest)))
    ]


def _not_copied(ref: ObjectRef, reason: Reason, tenant: str, live: LiveState) -> PlanChange:
    """A copy whose source is not readable, missing, or never copied: its row says so, and nothing else stops."""
    action: PlanAction = "unknown" if reason.code == "source-not-readable" else "blocked"
    return PlanChange(action, ref, (PlanRow(action, ref, why=reason),), tenant, live=live.objects.get(ref))

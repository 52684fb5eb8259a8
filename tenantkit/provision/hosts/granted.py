"""Hosts of tenants: which other tenants have them, and whether that could be checked.

A host belongs to one tenant with all its paths. Tenants of one plan that want the same host are blocked, and no others;
the one that already has it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.manifests.claims import is_claim
from tenantkit.manifests.labels import HOSTS_ANNOTATION, TENANT_LABEL
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.changes import blocked
from tenantkit.provision.hosts.claims import claimed_by, claimed_hosts, without_passed_on
from tenantkit.provision.hosts.moves import exchanging, moves
from tenantkit.provision.hosts.reasons import (
    by_unknown_tenant,
    host_taken,
    hosts_exchanged,
    without_grant,
    without_namespace,
)
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.reasons import hosts_not_checked
from tenantkit.provision.stored.tenants import own_tenant_namespaces, stored_tenant
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


_TRIED = 99
_LABEL_LENGTH = 63


@dataclass(frozen=True, slots=True)
class TakenHosts:
    """The hosts that a tenant wants and that others have or want.

    Args:
        others: who has each host, in words.
        free: hosts that no tenant has, in place of these; none for the tenant's own host, or if not all are known.
    """

    others: Mapping[str, str]
    free: tuple[str, ...] = ()


def holders(namespaces: Iterable[Manifest]) -> dict[str, set[str]]:
    """The tenants that have each host, from their Namespaces."""
    found: dict[str, set[str]] = {}
    for namespace in namespaces:
        tenant = (namespace["metadata"].get("labels") or {}).get(TENANT_LABEL)
        if tenant is not None and is_ours(namespace, tenant):
            for host in hosts_of(namespace):
                found.setdefault(host, set()).add(tenant)
    return found


def with_own_namespaces(
    cluster: ClusterApi, live: LiveState, tenants: Iterable[Tenant], platform: Platform
) -> LiveState:
    """The state with the Namespaces of all tenants of a user who may not list them, if a tenant wants a new host.

    RBAC: create selfsubjectrulesreviews, and get these namespaces, as their members may.
    """
    known = holders(manifest for ref, manifest in live.objects.items() if ref.kind == "Namespace")
    is_new = any(tenant.name not in known.get(host, ()) for tenant in tenants for host in platform.hosts(tenant))
    if live.has_all_namespaces or not is_new:
        return live
    read = {ref.name for ref in live.objects if ref.kind == "Namespace"}
    found = own_tenant_namespaces(cluster, without=read)
    return replace(live, objects={**{ref_of(manifest): manifest for manifest in found}, **live.objects})


def taken_hosts(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> dict[str, TakenHosts]:
    """For each planned tenant that wants hosts of others, or that others want, too: these hosts.

    Who has claimed a host has it, like a tenant whose Namespace grants it. A claim alone takes no host from the only
    tenant whose Namespace grants it: an audit names such a claim.
    """
    planned = {platform.namespace(tenant) for tenant in tenants}
    namespaces = {ref.name: manifest for ref, manifest in live.objects.items() if ref.kind == "Namespace"}
    elsewhere = holders(manifest for name, manifest in namespaces.items() if name not in planned)
    present = holders(manifest for name, manifest in namespaces.items() if name in planned)
    wanted: dict[str, list[str]] = {}
    for tenant in tenants:
        for host in platform.hosts(tenant):
            wanted.setdefault(host, []).append(tenant.name)
    names = {tenant.name for tenant in tenants}
    for host, seekers in wanted.items():
        claimant = claimed_by(live, host)
        granted = elsewhere.get(host, set()) | present.get(host, set())
        if claimant is not None and not (len(granted) == 1 and granted <= set(seekers)):
            (present if claimant in names else elsewhere).setdefault(host, set()).add(claimant)
    found: dict[str, TakenHosts] = {}
    for tenant in tenants:
        others: dict[str, str] = {}
        for host in platform.hosts(tenant):
            those = sorted(elsewhere.get(host, set()) - {tenant.name})
            rivals = sorted(set(wanted[host]) - {tenant.name})
            if rivals and present.get(host) != {tenant.name}:
                those += sorted(rivals, key=lambda rival: rival not in present.get(host, set()))
            if those:
                others[host] = _in_words(those[0], host, live, namespaces.values())
        if others:
            known = (*elsewhere, *present, *wanted, *claimed_hosts(live))
            found[tenant.name] = TakenHosts(others, _free(tenant, others, known, live))
    return found


def _in_words(tenant: str, host: str, live: LiveState, namespaces: Iterable[Manifest]) -> str:
    """Who has a host, and what to do about a claim without a grant."""
    if not tenant:
        return by_unknown_tenant(host)
    if live.has_all_namespaces and claimed_by(live, host) == tenant:
        own = [it for it in namespaces if (it["metadata"].get("labels") or {}).get(TENANT_LABEL) == tenant]
        if not own:
            return without_namespace(tenant, host)
        if not any(host in hosts_of(it) for it in own):
            return without_grant(tenant)
    return f"tenant {with_owners(tenant, namespaces)}"


def _free(tenant: Tenant, taken: Iterable[str], known: Collection[str], live: LiveState) -> tuple[str, ...]:
    """A free host in place of each of these that a tenant asks for by name, if all tenants are known."""
    if not live.has_all_namespaces or live.claims is None:
        return ()
    found = []
    for host in taken:
        label, _, rest = host.partition(".")
        numbered = (f"{label}-{number}" for number in range(2, _TRIED))
        names = (f"{it}.{rest}" for it in numbered if host in tenant.hosts and len(it) <= _LABEL_LENGTH)
        found += [name for name in names if name not in known][:1]
    return tuple(found)


def owners_of(namespace: Manifest) -> tuple[str, ...]:
    """The owners in a Namespace's grant; none if it cannot be read."""
    try:
        return tuple(map(str, stored_tenant(namespace).owners))
    except (InvalidSpecError, SpecVersionError):
        return ()


def with_owners(tenant: str, namespaces: Iterable[Manifest]) -> str:
    """`'recsys' (owned by lin@example.com)`, if its grant can be read."""
    found = (it for it in namespaces if (it["metadata"].get("labels") or {}).get(TENANT_LABEL) == tenant)
    owners = next(map(owners_of, found), ())
    return f"{tenant!r} (owned by {', '.join(owners)})" if owners else repr(tenant)


def with_checked_hosts(
    changes: Sequence[PlanChange], taken: TakenHosts | None, team: str, *, is_complete: bool
) -> list[PlanChange]:
    """A tenant's changes, all blocked if another tenant has one of its hosts.

    Args:
        changes: of one tenant.
        taken: the hosts of others; None if there are none.
        team: who can see all tenants, as `platform_team` words it.
        is_complete: whether all tenants are known; if not, the rows that take a host say so.
    """
    if taken is not None:
        reason = host_taken(taken.others, taken.free)
        return [blocked(change, reason) for change in changes if not is_claim(change.ref)]
    return list(changes) if is_complete else [_with_unchecked_hosts(change, team) for change in changes]


def without_exchanges(changes: Sequence[PlanChange]) -> list[PlanChange]:
    """The changes of all tenants; those of tenants that exchange hosts are blocked, since each would wait.

    A claim that passes from one tenant to another has one change.
    """
    changes = without_passed_on(changes)
    exchanges = exchanging(moves(changes))
    return [
        blocked(change, hosts_exchanged(exchanges[change.tenant])) if change.tenant in exchanges else change
        for change in changes
        if change.tenant not in exchanges or not is_claim(change.ref)
    ]


def _with_unchecked_hosts(change: PlanChange, team: str) -> PlanChange:
    rows = (replace(row, why=row.why or hosts_not_checked(team)) if _takes_host(row) else row for row in change.rows)
    return replace(change, rows=tuple(rows))


def _takes_host(row: PlanRow) -> bool:
    if row.action not in ("create", "update"):
        return False
    is_grant = row.ref.kind == "Namespace" and (not row.path or row.path[-1] == HOSTS_ANNOTATION)
    return is_grant or row.ref.kind in ROUTE_KINDS

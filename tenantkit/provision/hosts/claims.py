"""Claims in a plan: which hosts a tenant claims, passes on and releases. Pure.

A claim that is as it should be has no row. Who may not list claims plans those of new hosts only: whether the host of
another tenant is claimed is known when the claim is made. Claims are made only where the platform is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.claims import claim_name, claim_ref, claimant, claimed_host, is_claim, make_claim
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.hosts.reasons import RELEASED_WITH_GRANT, claims_host, passes_on, stay_claimed
from tenantkit.provision.reasons import ALL_NAMES, REFUSED
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest

_SYSTEM = ObjectRef("v1", "Namespace", SYSTEM_NAMESPACE)
# the kinds by which a tenant holds a host, besides its claim
_HOST_KINDS = ("Namespace", *ROUTE_KINDS)


def claimed_by(live: LiveState, host: str) -> str | None:
    """The tenant that has claimed a host; None if nobody has, or if it is not known."""
    claim = (live.claims or {}).get(claim_name(host))
    return claimant(claim) if claim is not None else None


def claimed_hosts(live: LiveState) -> set[str]:
    """All hosts that are claimed, as far as that is known."""
    return {claimed_host(claim) for claim in (live.claims or {}).values()}


def with_claims(changes: Sequence[PlanChange], tenant: str, live: LiveState) -> list[PlanChange]:
    """A tenant's changes with those of its claims: made before all others, and released after them.

    Args:
        changes: of the tenant, one of which is that of its Namespace.
        tenant: its name.
        live: with the claims, as far as they may be listed.
    """
    namespace = next(change for change in changes if change.ref.kind == "Namespace")
    has_all = live.has_all_namespaces and live.claims is not None
    if namespace.action in REFUSED or (live.has_all_namespaces and _SYSTEM not in live.objects):
        return list(changes)
    hosts = hosts_of(namespace.wanted)
    claims = live.claims or {}
    needed = [host for host in hosts if has_all or host not in hosts_of(namespace.live)]
    made = [_made(tenant, host, claims.get(claim_name(host))) for host in needed if claimed_by(live, host) != tenant]
    return [*made, *changes, *(released(claims, tenant, kept=hosts) if has_all else ())]


def released(
    claims: Mapping[str, Manifest], tenant: str, *, kept: Iterable[str] = (), why: Reason = RELEASED_WITH_GRANT
) -> list[PlanChange]:
    """The deletions of a tenant's claims, but for those of some hosts."""
    names = {claim_name(host) for host in kept}
    found = [(ref_of(it), it) for it in claims_of(claims, tenant) if it["metadata"]["name"] not in names]
    return [PlanChange("delete", ref, (PlanRow("delete", ref, why=why),), tenant, live=it) for ref, it in found]


def claims_of(claims: Mapping[str, Manifest], tenant: str) -> tuple[Manifest, ...]:
    """A tenant's claims, by their names."""
    return tuple(claim for _, claim in sorted(claims.items()) if claimant(claim) == tenant)


def unlisted(tenant: str, team: str) -> PlanChange:
    """The claims of a tenant that loses its hosts, for a user who may not list claims: they stay."""
    ref = ObjectRef("v1", "ConfigMap", ALL_NAMES, SYSTEM_NAMESPACE)
    return PlanChange("unknown", ref, (PlanRow("unknown", ref, why=stay_claimed([tenant], team)),), tenant)


def is_unlisted(change: PlanChange) -> bool:
    """Whether a change stands for claims that may not be listed."""
    return change.action == "unknown" and change.ref.name == ALL_NAMES and change.ref.namespace == SYSTEM_NAMESPACE


def without_passed_on(changes: Sequence[PlanChange]) -> list[PlanChange]:
    """The changes of all tenants; a claim that passes from one to another has one change, that of who takes it.

    A tenant that has a host already does not wait for the claim of another one that does not let go of it: an audit
    names it.
    """
    released = {it.ref for it in changes if releases_host(it)}
    granted = {
        (it.tenant, claim_ref(host)) for it in changes if it.ref.kind == "Namespace" for host in hosts_of(it.live)
    }
    stay = [it for it in changes if it.action != "update" or (it.tenant, it.ref) not in granted or it.ref in released]
    taken = {it.ref for it in stay if takes_host(it) and it.action == "update"}
    return [it for it in stay if it.action != "delete" or it.ref not in taken]


def claimed_by_others(changes: Sequence[PlanChange], live: LiveState) -> list[tuple[str, str, str]]:
    """The tenants that have a host which another one has claimed and does not let go of: tenant, host and that one.

    Args:
        changes: of all tenants of the plan.
        live: with the claims, as far as they may be listed.
    """
    changed = {it.ref for it in changes if is_claim(it.ref)}
    return [
        (str(it.tenant), host, str(claimed_by(live, host)))
        for it in changes
        if it.ref.kind == "Namespace" and it.action not in REFUSED
        for host in hosts_of(it.wanted)
        if claimed_by(live, host) not in (None, it.tenant) and claim_ref(host) not in changed
    ]


def holds_host(ref: ObjectRef) -> bool:
    """Whether a tenant holds a host by an object of this kind."""
    return ref.kind in _HOST_KINDS or is_claim(ref)


def releases_host(change: PlanChange) -> bool:
    """Whether a change deletes a claim."""
    return change.action == "delete" and is_claim(change.ref)


def takes_host(change: PlanChange) -> bool:
    """Whether a change makes a claim, or passes one on."""
    return is_claim(change.ref) and change.wanted is not None


def keeps_host(ref: ObjectRef) -> bool:
    """Whether a claim must stay while a change of this object is not done."""
    return ref.kind in _HOST_KINDS


def _made(tenant: str, host: str, live: Manifest | None) -> PlanChange:
    """The change that claims a host: a new claim, or one in place of another tenant's."""
    ref, wanted = claim_ref(host), make_claim(tenant, host)
    if live is None:
        return PlanChange("create", ref, (PlanRow("create", ref, why=claims_host(host)),), tenant, wanted)
    other = claimant(live)
    row = PlanRow("update", ref, ("data", "tenant"), other, tenant, passes_on(host, other))
    return PlanChange("update", ref, (row,), tenant, wanted, live)

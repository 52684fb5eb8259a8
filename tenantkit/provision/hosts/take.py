"""Taking claims: the server decides between two tenants, since only one object has the name of a claim.

A claim is created and never applied: an apply would change the other's. Rejected alternative: looking at all tenants
after each grant, and taking the host back from both if two have it, after which nobody has it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.exceptions import (
    AlreadyExists,
    ClusterError,
    Conflict,
    HostTakenError,
    NotFound,
    PermissionDenied,
    TenantKitError,
)
from tenantkit.manifests.claims import claim_ref, claimant, claimed_host, is_claim
from tenantkit.manifests.namespace import hosts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from threading import Event

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest, ObjectRef

_ATTEMPTS = 5  # each one that fails means that the claim was released after it was found
_NEXT = "choose another host, or agree with its owners, then plan again"


@dataclass(slots=True)
class TakenClaims:
    """The claims that an apply has taken for one tenant.

    Args:
        made: those that it created, by name, which it may give back.
        kept: the others: the tenant had them before, or another tenant has passed them on.
        refused: the one that failed, and why.
    """

    made: dict[ObjectRef, Manifest] = field(default_factory=dict)
    kept: set[ObjectRef] = field(default_factory=set)
    refused: dict[ObjectRef, TenantKitError] = field(default_factory=dict)

    def has(self, ref: ObjectRef) -> bool:
        """Whether this claim was taken."""
        return ref in self.made or ref in self.kept


def take_all(cluster: ClusterApi, changes: Iterable[PlanChange], stop: Event) -> TakenClaims:
    """Claim the hosts that the changes of a tenant claim, until one fails or the run is cancelled.

    Args:
        cluster: the cluster.
        changes: of one tenant; others than claims are left alone.
        stop: checked before each claim.

    RBAC: that of `take`.
    """
    taken = TakenClaims()
    for change in changes:
        if not is_claim(change.ref) or change.wanted is None:
            continue
        if stop.is_set():
            break
        try:
            made = take(cluster, change)
        except TenantKitError as error:
            taken.refused[change.ref] = error
            break
        if made is None or change.live is not None:
            taken.kept.add(change.ref)
        else:
            taken.made[change.ref] = made
    return taken


def granted_hosts(changes: Iterable[PlanChange], written: Collection[ObjectRef]) -> set[str]:
    """The hosts that a tenant has after its changes.

    Args:
        changes: of one tenant.
        written: the objects that are as their change wants them, or may be.
    """
    namespaces = [change for change in changes if change.ref.kind == "Namespace"]
    return {host for it in namespaces for host in hosts_of(it.wanted if it.ref in written else it.live)}


def give_back(cluster: ClusterApi, taken: TakenClaims, granted: Collection[str]) -> dict[ObjectRef, TenantKitError]:
    """Delete the claims that were just made for hosts that the tenant was not granted, and leave them out of `made`.

    Args:
        cluster: the cluster.
        taken: the claims; those that stay are in it afterwards.
        granted: the hosts that the tenant has.

    Returns:
        Those that could not be deleted, and why.

    RBAC: delete configmaps in tenantkit-system.
    """
    stay: dict[ObjectRef, TenantKitError] = {}
    refs = {claim_ref(host) for host in granted}
    for ref in taken.made.keys() - refs:
        claim = taken.made.pop(ref)
        try:
            cluster.delete(ref, uid=claim["metadata"]["uid"])
        except NotFound:
            continue
        except ClusterError as error:
            stay[ref] = error
    return stay


def take(cluster: ClusterApi, change: PlanChange) -> Manifest | None:
    """Claim a host for a tenant, also one that the tenant before it has let go of.

    Args:
        cluster: the cluster.
        change: creates the claim, or replaces that of another tenant.

    Returns:
        The claim that was made; None if the tenant had it.

    Raises:
        HostTakenError: another tenant has claimed it.
        ClusterError: the server refused the request, or did not answer.

    RBAC: create and get configmaps in tenantkit-system; delete them, if the host passes from one tenant to another.
    """
    wanted = change.wanted or {}
    host, tenant = claimed_host(wanted), claimant(wanted)
    if change.live is not None:
        with suppress(NotFound, Conflict):  # it was released, or claimed by somebody else meanwhile
            cluster.delete(change.ref, uid=change.live["metadata"]["uid"])
    for _ in range(_ATTEMPTS):
        with suppress(AlreadyExists):
            return cluster.create(wanted)
        try:
            other = claimant(cluster.get(change.ref.kind, change.ref.name, change.ref.namespace))
        except NotFound:
            continue
        except PermissionDenied:
            raise HostTakenError(f"host {host!r} is claimed, and you may not see by which tenant: {_NEXT}") from None
        if other == tenant:
            return None
        raise HostTakenError(f"host {host!r} is claimed by tenant {other!r}: {_NEXT}")
    raise HostTakenError(f"host {host!r} was claimed and released by others at the same time: plan again")

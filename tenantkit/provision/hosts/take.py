"""Taking claims: the server decides between two tenants, since only one object has the name of a claim.

A claim is created and never applied: an apply would change the other's. Rejected alternative: looking at all tenants
after each grant, and taking the host back from both if two have it, after which nobody has it.
"""

from __future__ import annotations

from contextlib import suppress
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
from tenantkit.manifests.claims import claimant, claimed_host, is_claim
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest, ObjectRef

_ATTEMPTS = 5  # each one that fails means that the claim was released after it was found
_NEXT = "choose another host, or agree with its owners, then plan again"


def take_all(cluster: ClusterApi, changes: Iterable[PlanChange]) -> dict[ObjectRef, TenantKitError]:
    """Claim all hosts that the changes of a tenant claim, or none of them.

    Args:
        cluster: the cluster.
        changes: of one tenant; others than claims are left alone.

    Returns:
        The first claim that failed, and why; empty if none did. Those that were made before it are deleted again, and
        are in it, too, if that failed.

    RBAC: that of `take`; delete configmaps in tenantkit-system.
    """
    made: list[Manifest] = []
    for change in changes:
        if not is_claim(change.ref) or change.wanted is None:
            continue
        try:
            made += take(cluster, change)
        except TenantKitError as error:
            return {**_given_back(cluster, made), change.ref: error}
    return {}


def _given_back(cluster: ClusterApi, claims: Iterable[Manifest]) -> dict[ObjectRef, TenantKitError]:
    """Delete claims that were just made; returns those that could not be deleted."""
    stay: dict[ObjectRef, TenantKitError] = {}
    for claim in claims:
        try:
            cluster.delete(ref_of(claim), uid=claim["metadata"]["uid"])
        except NotFound:
            continue
        except ClusterError as error:
            stay[ref_of(claim)] = error
    return stay


def take(cluster: ClusterApi, change: PlanChange) -> list[Manifest]:
    """Claim a host for a tenant, also one that the tenant before it has let go of.

    Args:
        cluster: the cluster.
        change: creates the claim, or replaces that of another tenant.

    Returns:
        The claim that was made; nothing if the tenant had it.

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
            return [cluster.create(wanted)]
        try:
            other = claimant(cluster.get(change.ref.kind, change.ref.name, change.ref.namespace))
        except NotFound:
            continue
        except PermissionDenied:
            raise HostTakenError(f"host {host!r} is claimed, and you may not see by which tenant: {_NEXT}") from None
        if other == tenant:
            return []
        raise HostTakenError(f"host {host!r} is claimed by tenant {other!r}: {_NEXT}")
    raise HostTakenError(f"host {host!r} was claimed and released by others at the same time: plan again")

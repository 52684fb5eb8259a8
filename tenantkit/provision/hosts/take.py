"""Taking a claim: the server decides between two tenants, since only one object has its name.

It is created and never applied: an apply would change the other's. Rejected alternative: looking at all tenants after
each grant, and taking the host back from both if two have it, after which nobody has it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tenantkit.exceptions import AlreadyExists, Conflict, HostTakenError, NotFound, PermissionDenied
from tenantkit.manifests.claims import claimant, claimed_host

if TYPE_CHECKING:
    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi

_ATTEMPTS = 5  # each one that fails means that the claim was released after it was found
_NEXT = "choose another host, or agree with its owners, then plan again"


def take(cluster: ClusterApi, change: PlanChange) -> None:
    """Claim a host for a tenant, also one that the tenant before it has let go of.

    Args:
        cluster: the cluster.
        change: creates the claim, or replaces that of another tenant.

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
            cluster.create(wanted)
            return
        try:
            other = claimant(cluster.get(change.ref.kind, change.ref.name, change.ref.namespace))
        except NotFound:
            continue
        except PermissionDenied:
            raise HostTakenError(f"host {host!r} is claimed, and you may not see by which tenant: {_NEXT}") from None
        if other == tenant:
            return
        raise HostTakenError(f"host {host!r} is claimed by tenant {other!r}: {_NEXT}")
    raise HostTakenError(f"host {host!r} was claimed and released by others at the same time: plan again")

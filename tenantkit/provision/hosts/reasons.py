"""Reasons that are about hosts: taken, exchanged, not let go of, claimed and released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.hints import Message
from tenantkit.manifests.claims import claim_name
from tenantkit.provision.reasons import Reason
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RELEASED_WITH_NAMESPACE = Reason("releases-host", "its host can be granted to others once the namespace is deleted")
RELEASED_WITH_GRANT = Reason(
    "releases-host", "its host can be granted to others once neither the grant nor a route has it"
)


def claims_host(host: str) -> Reason:
    """A host is claimed before it is granted."""
    return Reason("claims-host", f"claims host {host!r}, so that no other tenant is granted it")


def passes_on(host: str, tenant: str) -> Reason:
    """A claim passes to another tenant of the same plan."""
    return Reason("claims-host", f"claims host {host!r} once tenant {tenant!r} has let go of it")


def without_namespace(tenant: str, host: str) -> str:
    """A tenant that has claimed a host and has no namespace, in words."""
    return (
        f"tenant {tenant!r} (which has no namespace: unless somebody is creating this tenant now, or a route still "
        f"serves the host, delete ConfigMap {claim_name(host)} in namespace {SYSTEM_NAMESPACE})"
    )


def without_grant(tenant: str) -> str:
    """A tenant that has claimed a host and is not granted it, in words."""
    return (
        f"tenant {tenant!r} (which has claimed it, and is not granted it: apply the plan of that tenant, which grants "
        f"it or deletes the claim)"
    )


def by_unknown_tenant(host: str) -> str:
    """Whoever has claimed a host by a claim that names no tenant, in words."""
    return (
        f"an unknown tenant (its claim names none: delete ConfigMap {claim_name(host)} in namespace {SYSTEM_NAMESPACE})"
    )


def still_served(host: str, namespace: str, routes: Sequence[str]) -> Reason:
    """The tenant is released, and routes in its namespace still answer for a host that it has claimed.

    Args:
        host: that stays claimed.
        namespace: of the tenant.
        routes: kind and name of each; none if they may not be listed.
    """
    which = f"{' and '.join(routes)} in namespace {namespace}"
    unlisted = f"a route in namespace {namespace}, which you may not list, may"
    serving = f"{which} still {'serves' if len(routes) == 1 else 'serve'}" if routes else f"{unlisted} still serve"
    advice = "if nobody needs it, delete that, then this ConfigMap"
    return Reason("stays", f"host {host!r} stays claimed: {serving} it; {advice}")


def host_taken(taken: Mapping[str, str], free: Sequence[str] = ()) -> Reason:
    """The tenant requests hosts that others have.

    Args:
        taken: who has each host, in words: `tenant 'recsys' (owned by lin@example.com)`.
        free: hosts that no tenant has, to choose from.
    """
    clashes = ", ".join(f"{host!r} of {other}" for host, other in taken.items())
    offer = f" such as {' and '.join(map(repr, free))}, which no tenant has" if free else ""
    return Reason(
        "host-taken",
        Message(
            "this tenant requests a host of another tenant: {clashes}; choose another host{offer}, or ask its owners "
            "to let go of it first",
            {"clashes": clashes, "offer": offer, "taken": dict(taken)},
        ),
    )


def hosts_exchanged(tenants: Sequence[str]) -> Reason:
    """These tenants would wait for each other's hosts."""
    listed = ", ".join(map(repr, tenants))
    return Reason(
        "host-taken",
        f"tenants {listed} exchange hosts, so each would wait for the other: remove the host from one of them first, "
        f"and grant it in a second plan",
    )


def host_not_free(hosts: Mapping[str, str]) -> Reason:
    """The tenants that have these hosts have not let go of them."""
    listed = ", ".join(f"{host!r} of tenant {tenant!r}" for host, tenant in hosts.items())
    return Reason("host-not-free", f"it takes {listed}, which was not applied: fix that tenant first, then plan again")


def stay_claimed(tenants: Sequence[str], team: str) -> Reason:
    """The claims of deleted or released tenants may not be listed by whoever does that, so they stay."""
    listed = f"tenant{'s' * (len(tenants) > 1)} {', '.join(map(repr, tenants))}"
    return Reason(
        "not-readable",
        f"the claims of the hosts of {listed} in namespace {SYSTEM_NAMESPACE} may not be listed, and stay: ask "
        f"{team} to delete the ConfigMaps there that an audit names",
    )


def stay_until_deleted(tenants: Sequence[str], claims: Iterable[str]) -> Reason:
    """The namespaces of tenants are still being deleted, and nobody waits for that to delete their claims."""
    listed = f"tenant{'s' * (len(tenants) > 1)} {', '.join(map(repr, tenants))}"
    return Reason(
        "stays",
        f"the claims of the hosts of {listed} stay: delete a tenant again while its namespace exists, which releases "
        f"them; once the namespace is deleted, `kubectl delete configmap {' '.join(claims)} -n {SYSTEM_NAMESPACE}`",
    )

"""Hosts that move between tenants of one plan: the second may take a host only once the first has let go of it.

Read from the changes of the Namespaces, whose annotation holds a tenant's granted hosts, and of claims. Tenants that
exchange hosts would wait for each other, so they are blocked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.claims import claimant, claimed_host, is_claim
from tenantkit.manifests.namespace import hosts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange

_CHANGED = ("create", "update", "conflict")


def moves(changes: Sequence[PlanChange]) -> dict[str, dict[str, str]]:
    """For each tenant that takes hosts of others: the tenant that gives it, by host.

    A tenant that cannot be changed gives nothing: whoever waits for it is told so.
    """
    namespaces = [change for change in changes if change.ref.kind == "Namespace" and change.tenant is not None]
    givers = {
        host: str(change.tenant)
        for change in namespaces
        for host in hosts_of(change.live)
        if host not in hosts_of(change.wanted)
    }
    found: dict[str, dict[str, str]] = {}
    for change in namespaces:
        if change.action not in _CHANGED:
            continue
        taken = [host for host in hosts_of(change.wanted) if host not in hosts_of(change.live)]
        waits = {host: givers[host] for host in taken if givers.get(host, change.tenant) != change.tenant}
        if waits:
            found[str(change.tenant)] = waits
    for change in changes:
        if is_claim(change.ref) and change.action == "update" and change.wanted and change.live:
            found.setdefault(str(change.tenant), {}).setdefault(claimed_host(change.wanted), claimant(change.live))
    return found


def exchanging(waits: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """The tenants that wait for themselves by way of others, each with all of those."""
    found: dict[str, tuple[str, ...]] = {}
    for tenant in waits:
        reached = set(_reached(tenant, waits))
        if tenant in reached:
            found[tenant] = tuple(sorted(other for other in reached if tenant in _reached(other, waits)))
    return found


def givers_first(tenants: Sequence[str | None], waits: Mapping[str, Mapping[str, str]]) -> list[str | None]:
    """The tenants in their order, but each after those for which it waits. None of them exchange hosts."""
    listed: list[str | None] = []

    def add(tenant: str | None) -> None:
        if tenant in listed:
            return
        for giver in waits.get(tenant or "", {}).values():
            if giver in tenants:
                add(giver)
        listed.append(tenant)

    for tenant in tenants:
        add(tenant)
    return listed


def _reached(tenant: str, waits: Mapping[str, Mapping[str, str]]) -> list[str]:
    """All tenants for which one waits, also by way of others."""
    return list(_walk(tenant, waits, set()))


def _walk(tenant: str, waits: Mapping[str, Mapping[str, str]], seen: set[str]) -> Iterator[str]:
    for giver in waits.get(tenant, {}).values():
        if giver not in seen:
            seen.add(giver)
            yield giver
            yield from _walk(giver, waits, seen)

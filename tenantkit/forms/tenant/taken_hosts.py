"""Hosts that other tenants have, marked at the fields that ask for them. A plan alone lists them in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tenantkit.exceptions import Problem, TenantKitError
from tenantkit.hints import Message
from tenantkit.provision.hosts.granted import holders, with_owners
from tenantkit.provision.hosts.visible import VisibleHosts, read_visible_hosts
from tenantkit.provision.stored.tenants import readable_tenant_namespaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


class HostNotes:
    """What is known of hosts that somebody asks for, as sentences; read when the first host is asked for.

    Args:
        cluster: the cluster.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._hosts: VisibleHosts | None = None

    def __call__(self, host: str) -> str:
        """The sentence about one host; empty if it is free."""
        if self._hosts is None:
            try:
                self._hosts = read_visible_hosts(self._cluster)
            except TenantKitError:  # the plan shows the error; until then the text says that nothing was checked
                self._hosts = VisibleHosts()
        return self._hosts.note(host)

    def read_again(self) -> None:
        """Forget what was read: the next host is looked up again."""
        self._hosts = None


def read_taken_hosts(cluster: Cluster, plan: Plan) -> dict[str, str]:
    """Who has each host, in words, if the plan is blocked by one. Nothing is read for any other plan.

    The plan's rows name the hosts that it asks for, also to an owner, who may not list all namespaces. Where these may
    be listed, the hosts of all tenants are known, before the next plan asks for one.

    Args:
        cluster: the cluster.
        plan: of one tenant.

    RBAC: list namespaces.
    """
    planned = [row.why.text for row in plan.rows if row.why is not None and row.why.code == "host-taken"]
    if not planned:
        return {}
    named = {host: other for text in planned if isinstance(text, Message) for host, other in _taken(text).items()}
    name = plan.tenants[0].name
    namespaces = readable_tenant_namespaces(cluster)
    others = {host: sorted(tenants - {name}) for host, tenants in holders(namespaces).items()}
    return named | {
        host: f"tenant {with_owners(tenants[0], namespaces)}" for host, tenants in others.items() if tenants
    }


def _taken(reason: Message) -> Mapping[str, str]:
    return cast("Mapping[str, str]", reason.values["taken"])


def taken_host_problems(tenant: Tenant, platform: Platform, taken: Mapping[str, str]) -> list[Problem]:
    """A problem for each host of a tenant that another one has, at the field that asks for it.

    Args:
        tenant: that the fields describe.
        platform: gives the tenant its own host.
        taken: who has it, in words, by host.
    """
    own = platform.own_host(tenant)
    problems = []
    if own in taken:
        reason = f"this name's host {own!r} belongs to {taken[own]}: choose another name"
        problems.append(Problem("name", tenant.name, reason))
    for index, host in enumerate(tenant.hosts):
        if host in taken:
            reason = f"belongs to {taken[host]}: choose another host, or ask its owners to let go of it first"
            problems.append(Problem(f"hosts[{index}]", host, reason))
    return problems

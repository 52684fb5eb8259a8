"""Hosts that other tenants have, marked at the fields that ask for them. A plan alone lists them in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import Problem
from tenantkit.provision.hosts.granted import holders
from tenantkit.provision.hosts.visible import read_visible_hosts
from tenantkit.provision.stored.tenants import readable_tenant_namespaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.hosts.visible import VisibleHosts
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


class HostNotes:
    """What is known of hosts that somebody asks for, as sentences; read once, when the first host is asked for.

    Args:
        cluster: the cluster.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._hosts: VisibleHosts | None = None

    def __call__(self, host: str) -> str:
        """The sentence about one host; empty if it is free."""
        if self._hosts is None:
            self._hosts = read_visible_hosts(self._cluster)
        return self._hosts.note(host)


def read_taken_hosts(cluster: Cluster, plan: Plan) -> dict[str, str]:
    """The other tenant that has each host, if the plan is blocked by one. Nothing is read for any other plan.

    Args:
        cluster: the cluster.
        plan: of one tenant.

    RBAC: list namespaces.
    """
    if not any(row.why is not None and row.why.code == "host-taken" for row in plan.rows):
        return {}
    name = plan.tenants[0].name
    found = holders(readable_tenant_namespaces(cluster))
    others = {host: sorted(tenants - {name}) for host, tenants in found.items()}
    return {host: tenants[0] for host, tenants in others.items() if tenants}


def taken_host_problems(tenant: Tenant, platform: Platform, taken: Mapping[str, str]) -> list[Problem]:
    """A problem for each host of a tenant that another one has, at the field that asks for it.

    Args:
        tenant: that the fields describe.
        platform: gives the tenant its own host.
        taken: the other tenant, by host.
    """
    own = platform.own_host(tenant)
    problems = []
    if own in taken:
        reason = f"this name's host {own!r} belongs to tenant {taken[own]!r}: choose another name"
        problems.append(Problem("name", tenant.name, reason))
    for index, host in enumerate(tenant.hosts):
        if host in taken:
            reason = f"belongs to tenant {taken[host]!r}: choose another host, or remove it from that tenant first"
            problems.append(Problem(f"hosts[{index}]", host, reason))
    return problems

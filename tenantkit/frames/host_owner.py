"""Whose is a host: yours, another tenant's, free, or not visible to you.

Only whoever sees all tenants learns that a host is free; a member of some tenants learns of these, and of no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.own_namespaces import read_index, resource_rules
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.hints import Hint
from tenantkit.provision.hosts.visible import checked_host, read_visible_hosts
from tenantkit.provision.stored.identity import role_by_rules
from tenantkit.provision.stored.platform import get_platform
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.hints import Surface
    from tenantkit.provision.hosts.visible import Holder

HOST_OWNER: Schema = {
    "host": "string",
    "state": "string",
    "tenant": "string",
    "owners": "string",
    "next_steps": "string",
}


@takes_cluster
def host_owner(cluster: Cluster, host: str) -> pd.DataFrame:
    """Return whose a host is, and what to do if you want it: one row.

    Args:
        cluster: the connection, from `connect`.
        host: a DNS name such as `vision.example.ai`, in upper or lower case, with or without a dot at its end.

    Returns:
        host (in lower case), state (`yours`: of a tenant that you own; `taken`: of another one, or an Ingress outside
        of tenants has it; `free`: of none; `not visible`: you may not see all tenants, and none of yours has it),
        tenant, owners (joined by `, `), both <NA> where there is none or you may not see it, next_steps: string.

    Raises:
        InvalidSpecError: it is not a host, such as a URL.
        PermissionDenied: you may not read the platform's settings.
        SpecVersionError: a newer tenantkit wrote them.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces and ingresses; else get the namespaces of your tenants, and the answer is `not visible` for
    all other hosts. Get configmap `platform` in tenantkit-system; create selfsubjectrulesreviews and
    selfsubjectaccessreviews, which any signed-in user may. Source: page "Ingress".

    Example:
        >>> tk.host_owner(cluster, "recsys.example.ai")[["state", "tenant", "owners"]].to_dict("records")
        [{'state': 'taken', 'tenant': 'recsys', 'owners': 'lin@example.com'}]
        >>> tk.host_owner(tk.connect(context="sandbox-owner"), "search.example.ai")["state"].item()
        'not visible'
    """
    return answered(cluster, host, surface="python")


def answered(cluster: Cluster, host: str, *, surface: Surface) -> pd.DataFrame:
    """The frame of `host_owner`, with its next steps in the words of a surface."""
    name = checked_host(host)
    platform, visible = get_platform(cluster), read_visible_hosts(cluster)
    team = platform_team(platform)
    holder = visible.holders.get(name)
    if holder is not None:
        is_yours = _is_owner(cluster, holder)
        asked = "its owners" if holder.owners else team
        ask = Hint("ask {asked}, or choose another host", {"asked": asked})
        steps = Hint("{add_route} exposes a service at it") if is_yours else ask
        row = (name, "yours" if is_yours else "taken", holder.tenant, ", ".join(holder.owners) or None)
        return frame_of_rows([(*row, steps.words(surface))], HOST_OWNER)
    if not visible.is_complete:
        steps = Hint("you may not see whether another tenant has it: ask {team}", {"team": team})
        return frame_of_rows([(name, "not visible", None, None, steps.words(surface))], HOST_OWNER)
    if (place := _ingress_of(cluster, name)) is not None:
        steps = Hint("Ingress {place} has it, outside of all tenants: choose another host", {"place": place})
        return frame_of_rows([(name, "taken", None, None, steps.words(surface))], HOST_OWNER)
    may_grant = cluster.can("patch", "Namespace")
    steps = Hint("add it to hosts of a tenant's spec, with {plan}") if may_grant else Hint("ask {team}", {"team": team})
    return frame_of_rows([(name, "free", None, None, steps.words(surface))], HOST_OWNER)


def _is_owner(cluster: Cluster, holder: Holder) -> bool:
    """Whether the user is one of a tenant's owners, also through a group; an administrator alone is not."""
    if holder.namespace not in read_index(cluster).namespaces:
        return False
    try:
        return role_by_rules(resource_rules(cluster.own_rules(holder.namespace))) == "owner"
    except (NotFound, PermissionDenied):
        return False


def _ingress_of(cluster: Cluster, host: str) -> str | None:
    """An Ingress of the cluster that has a host, as far as the user may list them."""
    try:
        ingresses = cluster.list("Ingress")
    except (NotFound, PermissionDenied):
        return None
    for ingress in ingresses:
        if any(rule.get("host") == host for rule in (ingress.get("spec") or {}).get("rules") or ()):
            return f"{ingress['metadata']['name']!r} in namespace {ingress['metadata']['namespace']!r}"
    return None

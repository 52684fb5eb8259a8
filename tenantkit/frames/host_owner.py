"""Who has a host: one of your tenants, another one, none, or one that you may not see.

Only whoever sees all tenants learns that a host is free; a member of some tenants learns of these, and of no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.own_namespaces import read_index, resource_rules
from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.hints import Hint
from tenantkit.manifests.claims import claim_ref, claimant
from tenantkit.provision.hosts.visible import checked_host, read_visible_hosts
from tenantkit.provision.stored.identity import role_by_rules
from tenantkit.provision.stored.platform import get_platform
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.hints import Surface
    from tenantkit.provision.hosts.visible import Holder
    from tenantkit.rules.manifest import Manifest

HOST_OWNER: Schema = {
    "host": "string",
    "state": "string",
    "tenant": "string",
    "owners": "string",
    "next_steps": "string",
}


@takes_cluster
def host_owner(cluster: Cluster, host: str) -> pd.DataFrame:
    """Return who has a host, and what to do if you want it: one row.

    Args:
        cluster: the connection, from `connect`.
        host: a DNS name such as `vision.example.ai`, in upper or lower case, with or without a dot at its end.

    Returns:
        host (in lower case), state (`yours`: of a tenant that you own; `taken`: of another one, or claimed for one, or
        an Ingress has it that no tenant is granted; `free`: of none; `not visible`: none that you may see has it, and
        you may not see all tenants and Ingresses, or one of them cannot be read), tenant, owners (joined by `, `), both
        <NA> where there is none or you may not see it, next_steps: string.

    Raises:
        InvalidSpecError: it is not a host, such as a URL, or the stored settings are invalid.
        PermissionDenied: you may not read the platform's settings.
        SpecVersionError: a newer tenantkit wrote them.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces and ingresses; else get the namespaces of your tenants, and the answer is `not visible` for
    all other hosts. Get configmap `platform` and, if that is allowed, the host's claim in tenantkit-system; create
    selfsubjectrulesreviews and selfsubjectaccessreviews, which any signed-in user may. Source: page "Ingress".

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
    found = visible.holders.get(name, ())
    if found:
        own = read_index(cluster).namespaces
        yours = next((it for it in found if it.namespace in own and _is_owner(cluster, it)), None)
        is_yours, holder = yours is not None, yours or found[0]
        asked = "its owners" if holder.owners else team
        ask = Hint("ask {asked}, or choose another host", {"asked": asked})
        steps = Hint("{add_route} exposes a service at it") if is_yours else ask
        row = (name, "yours" if is_yours else "taken", holder.tenant, ", ".join(holder.owners) or None)
        return frame_of_rows([(*row, steps.words(surface))], HOST_OWNER)
    claimed = _claimant(cluster, name)
    if claimed:
        steps = Hint(
            "tenant {tenant!r} has claimed it: ask {team}, or choose another host",
            {"tenant": claimed, "team": team},
        )
        return frame_of_rows([(name, "taken", claimed, None, steps.words(surface))], HOST_OWNER)
    if not visible.is_complete:
        steps = Hint("you may not see whether another tenant has it: ask {team}", {"team": team})
        return frame_of_rows([(name, "not visible", None, None, steps.words(surface))], HOST_OWNER)
    place, has_all_ingresses = _ingress_of(cluster, name)
    if place is not None:
        steps = Hint(
            "Ingress {place} has it, although no tenant is granted it: ask {team}, or choose another host",
            {"place": place, "team": team},
        )
        return frame_of_rows([(name, "taken", None, None, steps.words(surface))], HOST_OWNER)
    if not has_all_ingresses:
        steps = Hint("no tenant has it; you may not see whether an Ingress has it: ask {team}", {"team": team})
        return frame_of_rows([(name, "not visible", None, None, steps.words(surface))], HOST_OWNER)
    may_grant = cluster.can("patch", "Namespace")
    steps = Hint("add it to hosts of a tenant's spec, with {plan}") if may_grant else Hint("ask {team}", {"team": team})
    return frame_of_rows([(name, "free", None, None, steps.words(surface))], HOST_OWNER)


def _is_owner(cluster: Cluster, holder: Holder) -> bool:
    """Whether a member of a tenant is one of its owners, also through a group."""
    try:
        return role_by_rules(resource_rules(cluster.own_rules(holder.namespace))) == "owner"
    except (NotFound, PermissionDenied):
        return False


def _claimant(cluster: Cluster, host: str) -> str | None:
    """The tenant that has claimed a host; None if nobody has, or if the user may not see it."""
    ref = claim_ref(host)
    try:
        return claimant(cluster.get(ref.kind, ref.name, ref.namespace)) or None
    except (NotFound, PermissionDenied):
        return None


def _ingress_of(cluster: Cluster, host: str) -> tuple[str | None, bool]:
    """An Ingress of the cluster that has a host, also by a wildcard or for TLS; and whether all of them are known."""
    try:
        ingresses = cluster.list("Ingress")
    except NotFound:  # the server has no such kind
        return None, True
    except PermissionDenied:
        return None, False
    names = {host, f"*.{host.partition('.')[2]}"}
    for ingress in ingresses:
        if not names.isdisjoint(_hosts(ingress)):
            return f"{ingress['metadata']['name']!r} in namespace {ingress['metadata']['namespace']!r}", True
    return None, not unreadable_in(ingresses)


def _hosts(ingress: Manifest) -> Iterator[str]:
    spec = ingress.get("spec") or {}
    for rule in spec.get("rules") or ():
        yield rule.get("host") or ""
    for tls in spec.get("tls") or ():
        yield from tls.get("hosts") or ()

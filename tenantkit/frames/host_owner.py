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
from tenantkit.hints import Code, Hint
from tenantkit.manifests.claims import claim_ref, claimant
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.hosts.visible import checked_host, read_visible_hosts
from tenantkit.provision.stored.identity import role_by_rules
from tenantkit.provision.stored.platform import get_platform
from tenantkit.rules.routes.hosts import gateway_host, hosts_overlap, ingress_host
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
        an Ingress or HTTPRoute has it that no tenant is granted; `free`: of none; `not visible`: none that you may see
        has it, and you may not see all tenants, Ingresses and HTTPRoutes, or one of them cannot be read), tenant,
        owners (joined by `, `), both <NA> where there is none or you may not see it, next_steps (with the code that
        makes the text to send, if you own a tenant): string.

    Raises:
        InvalidSpecError: it is not a host, such as a URL, or the stored settings are invalid.
        PermissionDenied: you may not read the platform's settings.
        SpecVersionError: a newer tenantkit wrote them.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, ingresses and httproutes; else get the namespaces of your tenants, and the answer is `not
    visible` for all other hosts. Get configmap `platform` and, if that is allowed, the host's claim in
    tenantkit-system; create selfsubjectrulesreviews and selfsubjectaccessreviews, which any signed-in user may. Source:
    pages "Ingress" and "Gateway API".

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
        expose = Code("expose", {"tenant": holder.tenant, "host": name})
        steps = Hint("{expose} exposes a service at it, by its name and port", {"expose": expose}) if is_yours else ask
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
        steps = Hint("you may not see whether another tenant has it: {ask}", {"ask": _ask(cluster, name, team)})
        return frame_of_rows([(name, "not visible", None, None, steps.words(surface))], HOST_OWNER)
    place, has_all_routes = _route_of(cluster, name)
    if place is not None:
        steps = Hint(
            "{place} has it, although no tenant is granted it: ask {team}, or choose another host",
            {"place": place, "team": team},
        )
        return frame_of_rows([(name, "taken", None, None, steps.words(surface))], HOST_OWNER)
    if not has_all_routes:
        ask = _ask(cluster, name, team)
        steps = Hint("no tenant has it; you may not see whether a route has it: {ask}", {"ask": ask})
        return frame_of_rows([(name, "not visible", None, None, steps.words(surface))], HOST_OWNER)
    may_grant = cluster.can("patch", "Namespace")
    steps = Hint("add it to hosts of a tenant's spec, with {plan}") if may_grant else _ask(cluster, name, team)
    return frame_of_rows([(name, "free", None, None, steps.words(surface))], HOST_OWNER)


def _ask(cluster: Cluster, host: str, team: str) -> Hint:
    """Whom to ask for a host; with the code that makes the text to send, if the user owns a tenant."""
    owned = read_index(cluster).owned
    if not owned:
        return Hint("ask {team}", {"team": team})
    code = Code("request_host", {"tenant": owned[0], "host": host})
    if len(owned) == 1:
        return Hint("ask {team} with the text from {code}", {"team": team, "code": code})
    return Hint("ask {team} with the text from {code}, or for another of your tenants", {"team": team, "code": code})


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


def _route_of(cluster: Cluster, host: str) -> tuple[str | None, bool]:
    """An Ingress or HTTPRoute of the cluster that has a host, also by a wildcard; and whether all of them are known."""
    is_complete = True
    for kind in ROUTE_KINDS:
        try:
            found = cluster.list(kind)
        except NotFound:  # the server has no such kind
            continue
        except PermissionDenied:
            is_complete = False
            continue
        for manifest in found:
            read = gateway_host if kind == "HTTPRoute" else ingress_host
            if any(hosts_overlap(ingress_host(host), read(each)) for each in _hosts(manifest) if each):
                metadata = manifest["metadata"]
                return f"{kind} {metadata['name']!r} in namespace {metadata['namespace']!r}", True
        is_complete = is_complete and not unreadable_in(found)
    return None, is_complete


def _hosts(manifest: Manifest) -> Iterator[str]:
    """The hosts of a route's object, also those of its certificates."""
    spec = manifest.get("spec") or {}
    yield from spec.get("hostnames") or ()
    for rule in spec.get("rules") or ():
        yield rule.get("host") or ""
    for tls in spec.get("tls") or ():
        yield from tls.get("hosts") or ()

"""Routes: Ingresses read back as the routes of a tenant.

An Ingress is a route if tenantkit made it and its first path is at a granted host. Whatever else it has is shown by the
plan as a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import InvalidSpecError
from tenantkit.manifests.namespace import hosts_of
from tenantkit.provision.ownership import is_applied_by_us, is_ours
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def routes_of(
    ingresses: Iterable[Manifest], tenant: Tenant, platform: Platform, namespace: Manifest | None
) -> dict[str, Route]:
    """The routes of a tenant, by the name of their Ingress; of two with the same host and path, the first by name.

    Args:
        ingresses: in its namespace.
        tenant: its grant.
        platform: its settings.
        namespace: its Namespace. A route at the own host that was granted before a change of the platform's domain is
            a route at the tenant's own host.
    """
    found: dict[str, Route] = {}
    places: set[tuple[str, str, bool]] = set()
    for name, route in all_routes_of(ingresses, tenant, platform, namespace).items():
        place = (platform.host(tenant, route), route.path, route.path_type == "Exact")
        if place not in places:
            places.add(place)
            found[name] = route
    return found


def all_routes_of(
    ingresses: Iterable[Manifest], tenant: Tenant, platform: Platform, namespace: Manifest | None
) -> dict[str, Route]:
    """The same as `routes_of`, also where several have the same host and path."""
    own = {platform.own_host(tenant), *hosts_of(namespace)[:1]}
    granted = granted_hosts(tenant, platform, namespace)
    found: dict[str, Route] = {}
    for ingress in sorted(ingresses, key=lambda manifest: str(manifest["metadata"]["name"])):
        route = route_of(ingress, own, granted) if is_route_of(ingress, tenant) else None
        if route is not None:
            found[ingress["metadata"]["name"]] = route
    return found


def route_of(ingress: Manifest, own: Collection[str], granted: Collection[str]) -> Route | None:
    """The route of the first path of an Ingress; None if its host is not granted, or it is not one that a spec can say.

    Args:
        ingress: as the server returns it.
        own: the tenant's own host, today's and the one before.
        granted: all hosts of the tenant.
    """
    rule: Manifest = next(iter((ingress.get("spec") or {}).get("rules") or ()), {})
    path: Manifest = next(iter((rule.get("http") or {}).get("paths") or ()), {})
    service = (path.get("backend") or {}).get("service") or {}
    host, name = rule.get("host"), ingress["metadata"]["name"]
    if not isinstance(host, str) or host not in granted:
        return None
    fields: dict[str, Any] = {
        "service": service.get("name"),
        "port": (service.get("port") or {}).get("number") or (service.get("port") or {}).get("name"),
        "path": path.get("path") or "/",
        "path_type": path.get("pathType"),
        "host": None if host in own else host,
    }
    try:
        route = Route(**fields)
        return route if route.object_name(host) == name else route.with_(name=name)
    except InvalidSpecError:
        return None


def is_route_of(ingress: Manifest, tenant: Tenant) -> bool:
    """Whether tenantkit made an Ingress; by its labels or, since owners may remove these, its field managers."""
    return is_ours(ingress, tenant.name) or is_applied_by_us(ingress)


def granted_hosts(tenant: Tenant, platform: Platform, namespace: Manifest | None) -> frozenset[str]:
    """The hosts at which a tenant may have routes, with its own host before a change of the domain."""
    return frozenset({*hosts_of(namespace)[:1], *platform.hosts(tenant)})


def ungranted_hosts(ingress: Manifest, granted: Collection[str]) -> list[str]:
    """The hosts of an Ingress that are not granted to its tenant; `*` if it takes requests for all hosts."""
    spec = ingress.get("spec") or {}
    hosts = [rule.get("host") or "*" for rule in spec.get("rules") or ()]
    hosts += [host for entry in spec.get("tls") or () for host in entry.get("hosts") or ()]
    hosts += ["*"] if "defaultBackend" in spec else []
    return sorted({host for host in hosts if host not in granted})

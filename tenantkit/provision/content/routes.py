"""Routes: Ingresses read back as the routes of a tenant.

An Ingress is a route if tenantkit made it and its first path is at a granted host. Whatever else it has is shown by the
plan as a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import InvalidSpecError
from tenantkit.manifests.labels import HOSTS_ANNOTATION
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
    own = {platform.own_host(tenant), *_granted_before(namespace)[:1]}
    granted = {*own, *platform.hosts(tenant)}
    found: dict[str, Route] = {}
    places: set[tuple[str, str, bool]] = set()
    for ingress in sorted(ingresses, key=lambda manifest: str(manifest["metadata"]["name"])):
        route = route_of(ingress, own, granted) if _is_of(ingress, tenant) else None
        if route is None:
            continue
        place = (platform.host(tenant, route), route.path, route.path_type == "Exact")
        if place not in places:
            places.add(place)
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


def _is_of(ingress: Manifest, tenant: Tenant) -> bool:
    """Labels can be removed by whoever may write the object, so that the record of field managers counts as well."""
    return is_ours(ingress, tenant.name) or is_applied_by_us(ingress)


def _granted_before(namespace: Manifest | None) -> list[str]:
    annotations = ((namespace or {}).get("metadata") or {}).get("annotations") or {}
    return [host for host in str(annotations.get(HOSTS_ANNOTATION) or "").split(",") if host]

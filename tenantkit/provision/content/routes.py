"""Routes: Ingresses and HTTPRoutes read back as the routes of a tenant.

An object is a route if tenantkit made it and its first path is at a granted host. Whatever else it has is shown by the
plan as a difference. While a platform moves to a Gateway, one route has two objects; the kind that the platform wants
decides what the route is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import InvalidSpecError, NotFound
from tenantkit.hints import Hint
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.ownership import is_applied_by_us, is_ours
from tenantkit.rules.manifest import list_in, mapping_in, ref_of
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.routing import Routing
    from tenantkit.spec.tenant import Tenant


def routes_of(found: Mapping[ObjectRef, Route], tenant: Tenant, platform: Platform) -> dict[ObjectRef, Route]:
    """The routes without second objects of one kind at the same host and path: the first by name stays.

    Args:
        found: from `all_routes_of`.
        tenant: its grant.
        platform: its settings.
    """
    kept: dict[ObjectRef, Route] = {}
    places: set[tuple[str, str, str, bool]] = set()
    for ref, route in found.items():
        place = (ref.kind, platform.host(tenant, route), route.path, route.path_type == "Exact")
        if place not in places:
            places.add(place)
            kept[ref] = route
    return kept


def without_twins(found: Mapping[ObjectRef, Route], tenant: Tenant, platform: Platform) -> list[Route]:
    """The routes, each once: of two objects at one host and path, the first in their order.

    Args:
        found: from `routes_of`.
        tenant: its grant.
        platform: its settings.
    """
    by_place: dict[tuple[str, str, bool], Route] = {}
    for route in found.values():
        by_place.setdefault((platform.host(tenant, route), route.path, route.path_type == "Exact"), route)
    return list(by_place.values())


def all_routes_of(
    objects: Iterable[Manifest], tenant: Tenant, platform: Platform, namespace: Manifest | None
) -> dict[ObjectRef, Route]:
    """The route of each object, also where several have the same host and path; those of the wanted kinds first.

    Args:
        objects: the Ingresses and HTTPRoutes in its namespace.
        tenant: its grant.
        platform: its settings.
        namespace: its Namespace. A route at the own host that was granted before a change of the platform's domain is
            a route at the tenant's own host.
    """
    own = {platform.own_host(tenant), *hosts_of(namespace)[:1]}
    granted = granted_hosts(tenant, platform, namespace)
    order = dict.fromkeys((*platform.routing.kinds, *ROUTE_KINDS))
    rank = {kind: place for place, kind in enumerate(order)}
    found: dict[ObjectRef, Route] = {}
    for manifest in sorted(objects, key=lambda it: (rank[it["kind"]], str(it["metadata"]["name"]))):
        route = route_of(manifest, own, granted) if is_route_of(manifest, tenant) else None
        if route is not None:
            found[ref_of(manifest)] = route
    return found


def route_of(manifest: Manifest, own: Collection[str], granted: Collection[str]) -> Route | None:
    """The route of the first path of an object; None if its host is not granted, or it is not one that a spec can say.

    Args:
        manifest: the Ingress or HTTPRoute, as the server returns it.
        own: the tenant's own host, today's and the one before.
        granted: all hosts of the tenant.
    """
    served = next((it for it in served_paths(manifest) if it.path is not None), None)
    if served is None or not isinstance(served.host, str) or served.host not in granted:
        return None
    fields: dict[str, Any] = {
        "service": served.service,
        "port": served.port,
        "path": served.path or "/",
        "path_type": served.path_type,
        "host": None if served.host in own else served.host,
    }
    try:
        route, name = Route(**fields), manifest["metadata"]["name"]
        return route if route.object_name(served.host) == name else route.with_(name=name)
    except InvalidSpecError:
        return None


def is_route_of(manifest: Manifest, tenant: Tenant) -> bool:
    """Whether tenantkit made an Ingress or HTTPRoute; by its labels or, since owners may remove these, its managers."""
    return is_ours(manifest, tenant.name) or is_applied_by_us(manifest)


def granted_hosts(tenant: Tenant, platform: Platform, namespace: Manifest | None) -> frozenset[str]:
    """The hosts at which a tenant may have routes, with its own host before a change of the domain."""
    return frozenset({*hosts_of(namespace)[:1], *platform.hosts(tenant)})


def ungranted_hosts(manifest: Manifest, granted: Collection[str]) -> list[str]:
    """The hosts of an Ingress or HTTPRoute that are not granted to its tenant; `*` if it takes requests for all."""
    spec = mapping_in(manifest.get("spec"))
    if manifest["kind"] == "HTTPRoute":
        hosts = [str(host) for host in list_in(spec.get("hostnames"))] or ["*"]
    else:
        hosts = [rule.get("host") or "*" for rule in spec.get("rules") or ()]
        hosts += [host for entry in spec.get("tls") or () for host in entry.get("hosts") or ()]
        hosts += ["*"] if "defaultBackend" in spec else []
    return sorted({host for host in hosts if host not in granted})


def check_served(wanted: Iterable[Manifest], live: LiveState, platform: Platform) -> None:
    """Refuse HTTPRoutes on a cluster without the Gateway API, with what is missing.

    Raises:
        NotFound: an HTTPRoute is wanted, and the cluster does not serve the kind.
    """
    if "HTTPRoute" in live.not_served and any(manifest["kind"] == "HTTPRoute" for manifest in wanted):
        raise not_served(platform.routing)


def not_served(routing: Routing) -> NotFound:
    """The error that the cluster has no HTTPRoutes."""
    return NotFound(
        f"this cluster has no HTTPRoutes, which routing.by {routing.by!r} needs: the CustomResourceDefinitions of the "
        f"Gateway API are not installed. Nothing was written",
        status=404,
        kind="HTTPRoute",
        operation="list httproutes",
        hint=Hint("install a controller of the Gateway API with its definitions, or set routing.by to 'ingress'"),
    )

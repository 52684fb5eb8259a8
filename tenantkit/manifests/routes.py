"""Routes: a tenant's services, exposed at its granted hosts by Ingresses or HTTPRoutes.

HTTPRoutes name every default of the API server, so that a live one equals the desired one.
Source: pages "Ingress" and "Gateway API".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.manifests.labels import SCHEME_ANNOTATION, own_labels

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route
    from tenantkit.spec.routing import Gateway, Routing
    from tenantkit.spec.tenant import Tenant

# The kinds of objects of routes.
ROUTE_KINDS = ("Ingress", "HTTPRoute")

_GATEWAY_GROUP = "gateway.networking.k8s.io"
_MATCH_TYPES = {"Prefix": "PathPrefix", "Exact": "Exact"}


def make_routes(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The objects of each route, by the platform's routing: an Ingress, an HTTPRoute, or both; all Ingresses first.

    A route that an HTTPRoute cannot express stays an Ingress, so that it is not lost.
    """
    made = [manifest for route in tenant.routes or () for manifest in _objects(tenant, route, platform)]
    return sorted(made, key=lambda manifest: ROUTE_KINDS.index(manifest["kind"]))


def make_ingress(tenant: Tenant, route: Route, platform: Platform) -> Manifest:
    """The Ingress of one route; class, TLS and annotations are the platform's, none by default."""
    host = platform.host(tenant, route)
    metadata = _metadata(tenant, route, platform)
    if platform.routing.annotations:
        metadata["annotations"] = dict(platform.routing.annotations)
    path = {"path": route.path, "pathType": route.path_type, "backend": {"service": _backend(route)}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": _controller(tenant, host, platform.routing) | {"rules": [{"host": host, "http": {"paths": [path]}}]},
    }


def make_http_route(tenant: Tenant, route: Route, platform: Platform, gateway: Gateway) -> Manifest:
    """The HTTPRoute of one route on a Gateway, with the scheme of its URL as an annotation."""
    scheme = "https" if gateway.tls else "http"
    path = {"type": _MATCH_TYPES[route.path_type], "value": route.path}
    backend = {"group": "", "kind": "Service", "name": route.service, "port": route.port, "weight": 1}
    return {
        "apiVersion": f"{_GATEWAY_GROUP}/v1",
        "kind": "HTTPRoute",
        "metadata": _metadata(tenant, route, platform) | {"annotations": {SCHEME_ANNOTATION: scheme}},
        "spec": {
            "parentRefs": [_parent(gateway)],
            "hostnames": [platform.host(tenant, route)],
            "rules": [{"matches": [{"path": path}], "backendRefs": [backend]}],
        },
    }


def _objects(tenant: Tenant, route: Route, platform: Platform) -> list[Manifest]:
    routing = platform.routing
    is_movable = routing.gateway is not None and not any(routing.misfits(route))
    made = [make_ingress(tenant, route, platform)] if "Ingress" in routing.kinds or not is_movable else []
    if routing.gateway is not None and is_movable:
        made.append(make_http_route(tenant, route, platform, routing.gateway))
    return made


def _metadata(tenant: Tenant, route: Route, platform: Platform) -> dict[str, Any]:
    return {
        "name": route.object_name(platform.host(tenant, route)),
        "namespace": platform.namespace(tenant),
        "labels": own_labels(tenant.name),
    }


def _backend(route: Route) -> Manifest:
    port = {"number": route.port} if isinstance(route.port, int) else {"name": route.port}
    return {"name": route.service, "port": port}


def _controller(tenant: Tenant, host: str, routing: Routing) -> Manifest:
    spec: Manifest = {}
    if routing.ingress_class is not None:
        spec["ingressClassName"] = routing.ingress_class
    if routing.tls_secret is not None:
        spec["tls"] = [{"hosts": [host], "secretName": routing.tls_secret.format(name=tenant.name)}]
    return spec


def _parent(gateway: Gateway) -> Manifest:
    parent: Manifest = {
        "group": _GATEWAY_GROUP,
        "kind": "Gateway",
        "namespace": gateway.namespace,
        "name": gateway.name,
    }
    return parent | ({"sectionName": gateway.section} if gateway.section is not None else {})

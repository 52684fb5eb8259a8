"""Ingresses: a tenant's services, exposed at its granted hosts (page "Ingress")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.manifests.labels import own_labels

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route
    from tenantkit.spec.routing import Routing
    from tenantkit.spec.tenant import Tenant


def make_routes(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """One Ingress per route."""
    return [make_ingress(tenant, route, platform) for route in tenant.routes or ()]


def make_ingress(tenant: Tenant, route: Route, platform: Platform) -> Manifest:
    """The Ingress of one route; class, TLS and annotations are the platform's, none by default."""
    host = platform.host(tenant, route)
    metadata: dict[str, Any] = {
        "name": route.object_name(host),
        "namespace": platform.namespace(tenant),
        "labels": own_labels(tenant.name),
    }
    if platform.routing.annotations:
        metadata["annotations"] = dict(platform.routing.annotations)
    path = {"path": route.path, "pathType": route.path_type, "backend": {"service": _backend(route)}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": _controller(tenant, host, platform.routing) | {"rules": [{"host": host, "http": {"paths": [path]}}]},
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

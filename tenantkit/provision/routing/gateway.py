"""What routing by a Gateway needs, said before it is stored: the Gateway API's kinds, the Gateway and its listener.

Source: page "Gateway API".
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.provision.content.routes import not_served
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.rules.manifest import list_in, mapping_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.routing import Gateway, Routing

_FROM_TENANTS = ("All", "Selector")
_SECURE = {"HTTPS": True, "HTTP": False}


def check_gateway(cluster: ClusterApi, routing: Routing) -> list[PlanNotice]:
    """What is wrong with the Gateway of these settings; nothing is read for Ingresses alone.

    Args:
        cluster: the cluster.
        routing: the settings to store.

    Raises:
        NotFound: the cluster does not serve HTTPRoutes.

    RBAC: list httproutes and gateways in the Gateway's namespace, if that is allowed.
    """
    gateway = routing.gateway
    if gateway is None:
        return []
    with suppress(PermissionDenied):
        try:
            cluster.list("HTTPRoute", namespace=gateway.namespace)
            return list(gateway_notices(gateway, cluster.list("Gateway", namespace=gateway.namespace)))
        except NotFound:
            raise not_served(routing) from None
    return []


def gateway_notices(gateway: Gateway, found: Sequence[Manifest]) -> Iterator[PlanNotice]:
    """What is wrong with the Gateway of the settings.

    Args:
        gateway: of the settings.
        found: the Gateways in its namespace.
    """
    place = f"Gateway {gateway.name!r} in namespace {gateway.namespace!r}"
    named = next((it for it in found if it["metadata"]["name"] == gateway.name), None)
    if named is None:
        yield PlanNotice("gateway-not-found", f"{place} does not exist, so no route answers until it does")
        return
    listeners = [mapping_in(it) for it in list_in(mapping_in(named.get("spec")).get("listeners"))]
    chosen = [it for it in listeners if gateway.section in (None, it.get("name"))]
    if not chosen:
        names = ", ".join(repr(it.get("name")) for it in listeners) or "none"
        text = f"{place} has no listener {gateway.section!r}, so no route answers; its listeners are {names}"
        yield PlanNotice("gateway-not-found", text)
        return
    if not any(_origin(listener) in _FROM_TENANTS for listener in chosen):
        text = f"{place} accepts only routes of its own namespace: set allowedRoutes.namespaces of its listener"
        yield PlanNotice("gateway-differs", text)
    served = {_SECURE.get(str(listener.get("protocol"))) for listener in chosen}
    if served in ({True}, {False}) and gateway.tls not in served:
        what = "HTTP, and not HTTPS" if gateway.tls else "HTTPS"
        text = f"{place} serves {what}: set routing.gateway.tls to {not gateway.tls}, else the URLs of routes are wrong"
        yield PlanNotice("gateway-differs", text)


def _origin(listener: Manifest) -> str:
    """From which namespaces a listener accepts routes; by default only from its own."""
    allowed = mapping_in(mapping_in(listener.get("allowedRoutes")).get("namespaces"))
    return str(allowed.get("from") or "Same")

"""Routes: a Service of a tenant, exposed at a host and a path."""

from __future__ import annotations

from typing import Literal

from tenantkit.rules.names import derived_name
from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel, DnsSubdomain, Host, HttpPath, ServicePort

PathType = Literal["Prefix", "Exact", "ImplementationSpecific"]


class Route(Spec):
    """A Service of a tenant, exposed at a host and a path (pages "Ingress" and "Gateway API").

    Args:
        service: name of the Service in the tenant's namespace. The Service may be created after the route.
        port: the Service's port: a number from 1 to 65535, or the port's name. A platform that routes by a Gateway
            needs the number.
        path: absolute, without spaces: `/ai-service`. Default `/`: the whole host.
        path_type: `Prefix` (by path segments), `Exact`, or `ImplementationSpecific` (up to the ingress controller;
            not by a Gateway). Default `Prefix`: every controller serves a page and the paths below it.
        host: one of the tenant's granted hosts. Default: the tenant's own host, from the platform's template.
        name: of the Ingress, the HTTPRoute, or both. Default: derived from host and path.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.Route(service="ai-service", port=80, path="/ai-service").path_type
        'Prefix'
    """

    service: DnsLabel
    port: ServicePort
    path: HttpPath = "/"
    path_type: PathType = "Prefix"
    host: Host | None = None
    name: DnsSubdomain | None = None

    def object_name(self, host: str) -> str:
        """The name of the objects of this route on `host`."""
        return self.name or derived_name(host, self.path)

"""A route: one service of a tenant, exposed at a host and a path."""

from __future__ import annotations

from typing import Literal

from tenantkit.rules.names import derived_name
from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel, DnsSubdomain, Host, HttpPath, ServicePort

PathType = Literal["Prefix", "Exact", "ImplementationSpecific"]


class Route(Spec):
    """One service of a tenant, exposed at a host and a path (page "Ingress").

    Args:
        service: the Service's name, in the tenant's namespace. It may come later than the route.
        port: the Service's port: a number from 1 to 65535, or the port's name.
        path: absolute, without blanks: `/ai-service`. Default `/`: the whole host.
        path_type: `Prefix` (by path segments), `Exact`, or `ImplementationSpecific` (what the controller makes of it).
            Default `Prefix`, the only one that serves a page and what lies below it everywhere.
        host: one of the tenant's granted hosts. Default: the tenant's own by the platform's template.
        name: of the Ingress. Default: made of host and path.

    Example:
        >>> Route(service="ai-service", port=80, path="/ai-service").path_type
        'Prefix'
    """

    service: DnsLabel
    port: ServicePort
    path: HttpPath = "/"
    path_type: PathType = "Prefix"
    host: Host | None = None
    name: DnsSubdomain | None = None

    def object_name(self, host: str) -> str:
        """The name of the object that carries this route on `host`."""
        return self.name or derived_name(host, self.path)

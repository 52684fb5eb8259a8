"""How tenants' routes are exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from tenantkit.rules.names import check_dns_subdomain
from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel, DnsSubdomain, LabelKey
from tenantkit.spec.templates import check_sample, template_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationInfo

    from tenantkit.spec.route import Route

_KINDS = {"ingress": ("Ingress",), "gateway": ("HTTPRoute",), "both": ("Ingress", "HTTPRoute")}


class Gateway(Spec):
    """The Gateway that HTTPRoutes attach to (page "Gateway API").

    Args:
        name: of the Gateway.
        namespace: where it is. Its listener must accept routes from the tenants' namespaces (`allowedRoutes`).
        section: the listener's name. Default: any listener that accepts the route.
        tls: whether that listener serves HTTPS. Its certificate is the listener's; tenants cannot read Gateways, so the
            URLs of routes start with `https` only by this setting. Default: no.

    Example:
        >>> tk.Gateway(name="edge", namespace="infra", section="https", tls=True).namespace
        'infra'
    """

    name: DnsSubdomain
    namespace: DnsLabel
    section: DnsLabel | None = None
    tls: bool = False


class Routing(Spec):
    """How tenants' routes are exposed.

    To move from Ingresses to a Gateway, first use `both`, plan and apply all tenants, and check that the routes answer;
    then use `gateway`, and plan and apply again. The HTTPRoutes are created beside the Ingresses, and the Ingresses are
    deleted after that.

    Args:
        by: `ingress`, `gateway` (HTTPRoutes) or `both`, during a migration. Default `ingress`.
        ingress_class: of each Ingress. Default: the cluster's default class.
        tls_secret: name of the Secret with the certificate in each tenant's namespace, for Ingresses; it may contain
            `{name}`. Default: no TLS.
        annotations: on each Ingress, for the controller or a certificate issuer. HTTPRoutes do not get them.
            Default: none.
        gateway: the Gateway that HTTPRoutes attach to; needed for `gateway` and `both`.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.Routing(ingress_class="contour", tls_secret="{name}-tls").by
        'ingress'
        >>> tk.Routing(by="gateway", gateway=tk.Gateway(name="edge", namespace="infra")).kinds
        ('HTTPRoute',)
    """

    by: Literal["ingress", "gateway", "both"] = "ingress"
    ingress_class: DnsSubdomain | None = None
    tls_secret: str | None = None
    annotations: dict[LabelKey, str] = {}
    gateway: Gateway | None = Field(default=None, validate_default=True)

    @field_validator("tls_secret")
    @classmethod
    def _names_a_secret(cls, template: str | None) -> str | None:
        if template is None:
            return None
        if not template_fields(template) <= {"name"}:
            raise ValueError("use {name} alone, for example '{name}-tls'")
        check_sample(template.format(name="a"), check_dns_subdomain, "{name}-tls")
        return template

    @field_validator("gateway")
    @classmethod
    def _is_used(cls, gateway: Gateway | None, info: ValidationInfo) -> Gateway | None:
        by = info.data.get("by")
        if gateway is None and by in ("gateway", "both"):
            raise ValueError(f"by={by!r} needs the Gateway, for example Gateway(name='edge', namespace='infra')")
        if gateway is not None and by == "ingress":
            raise ValueError("Ingresses do not use it: leave it out, or use by='gateway' or by='both'")
        return gateway

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the objects of each route.

        Example:
            >>> tk.Routing().kinds
            ('Ingress',)
        """
        return _KINDS[self.by]

    def misfits(self, route: Route) -> Iterator[tuple[str, str, str]]:
        """What an HTTPRoute cannot express of a route, if routing makes any: the field, its value, and the right form.

        Example:
            >>> routing = tk.Routing(by="gateway", gateway=tk.Gateway(name="edge", namespace="infra"))
            >>> list(routing.misfits(tk.Route(service="ai", port="http")))
            [('port', 'http', "an HTTPRoute needs the port's number, for example 80")]
        """
        if "HTTPRoute" not in self.kinds:
            return
        if isinstance(route.port, str):
            yield "port", route.port, "an HTTPRoute needs the port's number, for example 80"
        if route.path_type == "ImplementationSpecific":
            yield "path_type", route.path_type, "an HTTPRoute needs 'Prefix' or 'Exact'"

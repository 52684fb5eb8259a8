"""How tenants' routes are exposed."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from tenantkit.rules.names import check_dns_subdomain
from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel, DnsSubdomain, LabelKey
from tenantkit.spec.templates import check_sample, template_fields


class Gateway(Spec):
    """The Gateway that HTTPRoutes attach to.

    Args:
        name: of the Gateway.
        namespace: where it is.
        section: the listener's name. Default: any listener that accepts the route.

    Example:
        >>> tk.Gateway(name="edge", namespace="infra").section is None
        True
    """

    name: DnsSubdomain
    namespace: DnsLabel
    section: DnsLabel | None = None


class Routing(Spec):
    """How tenants' routes are exposed.

    Args:
        by: `ingress`, `gateway` (HTTPRoutes) or `both`, during a migration. Default `ingress`.
        ingress_class: of each Ingress. Default: the cluster's default class.
        tls_secret: name of the Secret with the certificate in each tenant's namespace; it may contain `{name}`.
            Default: no TLS.
        annotations: on each Ingress, for the controller or a certificate issuer. Default: none.
        gateway: the Gateway that HTTPRoutes attach to; needed for `gateway` and `both`.

    Example:
        >>> tk.Routing(ingress_class="contour", tls_secret="{name}-tls").by
        'ingress'
    """

    by: Literal["ingress", "gateway", "both"] = "ingress"
    ingress_class: DnsSubdomain | None = None
    tls_secret: str | None = None
    annotations: dict[LabelKey, str] = {}
    gateway: Gateway | None = None

    @field_validator("by")
    @classmethod
    def _made_by_this_version(cls, by: str) -> str:
        if by != "ingress":
            raise ValueError("this version creates Ingresses only: use 'ingress'")
        return by

    @field_validator("gateway")
    @classmethod
    def _no_gateway(cls, gateway: Gateway | None) -> Gateway | None:
        if gateway is not None:
            raise ValueError("this version creates Ingresses only: leave it out")
        return gateway

    @field_validator("tls_secret")
    @classmethod
    def _names_a_secret(cls, template: str | None) -> str | None:
        if template is None:
            return None
        if not template_fields(template) <= {"name"}:
            raise ValueError("use {name} alone, for example '{name}-tls'")
        check_sample(template.format(name="a"), check_dns_subdomain, "{name}-tls")
        return template

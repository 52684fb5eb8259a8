"""The platform: what its team fixed once for all tenants, and whether a tenant fits into it.

Every part of the schema is here from the start. What this version does not make yet (HTTPRoutes, NetworkPolicies) is
refused by name: a wall that is asked for and silently not built is worse than none.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from tenantkit.exceptions import HostTakenError, InvalidSpecError, Problem
from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.rules.routing import check_host
from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel, DnsSubdomain, Host, LabelKey, LabelValue, ResourceName
from tenantkit.spec.people import People, Person
from tenantkit.spec.quota import DEFAULT_SIZES, Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tenantkit.spec.route import Route
    from tenantkit.spec.tenant import Tenant

PodSecurityLevel = Literal["privileged", "baseline", "restricted"]

SYSTEM_NAMESPACE = "tenantkit-system"
_RESERVED_NAMESPACES = ("default", SYSTEM_NAMESPACE)
_OWN_LABELS = (
    "app.kubernetes.io/managed-by",
    "tenantkit.dev/",
    "pod-security.kubernetes.io/",
    "kubernetes.io/metadata.name",
)


def _check_cidr(text: str) -> str:
    from ipaddress import ip_network

    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("use a range of addresses such as '10.0.0.0/8'") from None


Cidr = Annotated[str, AfterValidator(_check_cidr)]


def _check_pod_security_version(text: str) -> str:
    if not re.fullmatch(r"latest|v1\.\d{1,3}", text):
        raise ValueError("use 'latest' or a version such as 'v1.37'")
    return text


PodSecurityVersion = Annotated[str, AfterValidator(_check_pod_security_version)]


class Gateway(Spec):
    """The Gateway that HTTPRoutes attach to.

    Args:
        name: of the Gateway.
        namespace: where it is.
        section: the listener's name. Default: any that takes the route.
    """

    name: DnsSubdomain
    namespace: DnsLabel
    section: DnsLabel | None = None


class Routing(Spec):
    """How tenants' routes reach the outside.

    Args:
        by: `ingress`, `gateway` (HTTPRoutes) or `both`, while moving. Default `ingress`.
        ingress_class: of each Ingress. Default: none, the cluster's default class.
        tls_secret: name of the Secret with the certificate in each tenant's namespace; may hold `{name}`. Default: no
            TLS.
        annotations: on each Ingress, for the controller or a certificate issuer.
        gateway: what HTTPRoutes attach to; needed for `gateway` and `both`.
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
            raise ValueError("this version makes Ingresses only: use 'ingress'")
        return by

    @field_validator("gateway")
    @classmethod
    def _no_gateway_yet(cls, gateway: Gateway | None) -> Gateway | None:
        if gateway is not None:
            raise ValueError("this version makes Ingresses only: leave it out")
        return gateway

    @field_validator("tls_secret")
    @classmethod
    def _names_a_secret(cls, template: str | None) -> str | None:
        if template is None:
            return None
        if not _template_fields(template) <= {"name"}:
            raise ValueError("use {name} alone, for example '{name}-tls'")
        _check_sample(template.format(name="a"), check_dns_subdomain, "{name}-tls")
        return template


class SharedEndpoint(Spec):
    """Something outside the tenant that every tenant may reach: a registry, an object store, the API server.

    Args:
        cidr: range of addresses.
        port: TCP port. Default: all.
    """

    cidr: Cidr
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class Network(Spec):
    """What may pass the walls of a tenant.

    Args:
        isolate: whether tenants are walled off by NetworkPolicies. Default: no.
        routing_namespaces: namespaces of the ingress controllers, whose traffic comes in.
        routing_cidrs: addresses of controllers on the host network, which no namespace selector matches.
        internet: whether pods may reach the internet, without the cluster's and the metadata ranges. Default: yes.
        cluster_cidrs: the cluster's own ranges: pods, services, nodes. Default: all private ranges.
        shared: what every tenant may reach.
    """

    isolate: bool = False
    routing_namespaces: tuple[DnsLabel, ...] = ()
    routing_cidrs: tuple[Cidr, ...] = ()
    internet: bool = True
    cluster_cidrs: tuple[Cidr, ...] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
    shared: tuple[SharedEndpoint, ...] = ()

    @model_validator(mode="after")
    def _no_policies_yet(self) -> Self:
        if any(getattr(self, name) != field.default for name, field in type(self).model_fields.items()):
            raise ValueError("this version makes no NetworkPolicies: leave `network` out")
        return self


class Security(Spec):
    """What pods of tenants may be, and how images are pulled.

    Args:
        enforce: Pod Security level below which a pod is refused (page "Pod Security Standards"). Default `baseline`:
            notebooks and training images commonly run as root, which `restricted` refuses.
        audit: level written to the audit log. Default `restricted`.
        warn: level that warns who applies. Default `restricted`.
        version: of the three levels: `latest` or such as `v1.37`. Default `latest`.
        image_pull_secrets: names of Secrets in the tenant's namespace, for the ServiceAccounts. Default: none.
    """

    enforce: PodSecurityLevel = "baseline"
    audit: PodSecurityLevel = "restricted"
    warn: PodSecurityLevel = "restricted"
    version: PodSecurityVersion = "latest"
    image_pull_secrets: tuple[DnsSubdomain, ...] = ()


class Platform(Spec):
    """What the platform's team fixed for all tenants.

    Args:
        domain: below which tenants' hosts lie. Default `example.ai`, which belongs to somebody else: set yours.
        host_template: each tenant's own host, of `{name}`, `{team}` and `{domain}`. Default `{name}.{domain}`.
        namespace_prefix: before each tenant's name. Default: none.
        labels: on each tenant's Namespace, beside tenantkit's own.
        sizes: quotas by name. Default: `small`, `medium`, `large`.
        accelerators: resource names of the devices on offer; MIG profiles are names of their own. Default
            `nvidia.com/gpu`.
        routing: how routes reach the outside.
        network: what may pass the walls.
        security: what pods may be.
        people: how sign-in names people.
        provisioners: persons who may make tenants without being cluster administrators. Default: none.

    Example:
        >>> Platform(domain="ai.example.com").sizes["small"].requests_cpu
        '4'
    """

    domain: Host = "example.ai"
    host_template: str = "{name}.{domain}"
    namespace_prefix: str = ""
    labels: dict[LabelKey, LabelValue] = {}
    sizes: dict[DnsLabel, Quota] = DEFAULT_SIZES
    accelerators: tuple[ResourceName, ...] = ("nvidia.com/gpu",)
    routing: Routing = Routing()
    network: Network = Network()
    security: Security = Security()
    people: People = People()
    provisioners: tuple[Person, ...] = ()

    @field_validator("host_template")
    @classmethod
    def _gives_each_its_own_host(cls, template: str) -> str:
        _check_host_template(template)
        return template

    @field_validator("namespace_prefix")
    @classmethod
    def _starts_a_label(cls, prefix: str) -> str:
        if prefix and check_dns_label(f"{prefix}x"):
            raise ValueError("use lower-case letters, digits and '-', for example 'tenant-'")
        return prefix

    @field_validator("labels")
    @classmethod
    def _leaves_our_labels(cls, labels: dict[str, str]) -> dict[str, str]:
        for key in labels:
            if key.startswith(_OWN_LABELS):
                raise ValueError(f"{key!r} is set by tenantkit or Kubernetes: leave it out")
        return labels

    @model_validator(mode="after")
    def _sizes_hold_known_accelerators(self) -> Self:
        for name, quota in self.sizes.items():
            unknown = sorted(set(quota.accelerators) - set(self.accelerators))
            if unknown:
                raise ValueError(
                    f"size {name!r} grants {', '.join(unknown)}: add it to accelerators, or give your own sizes"
                )
        return self

    def namespace(self, tenant: Tenant | str) -> str:
        """The namespace of a tenant, given as such or by name. Raises InvalidSpecError where it is neither."""
        name = tenant if isinstance(tenant, str) else getattr(tenant, "name", None)
        if not isinstance(name, str):
            raise InvalidSpecError([Problem("tenant", tenant, "give one tenant's name, for example 'vision'")])
        return self.namespace_prefix + name

    def quota(self, tenant: Tenant) -> Quota:
        """What a tenant is granted: its own quota, or its size's."""
        return tenant.quota if tenant.quota is not None else self.sizes[tenant.size or ""]

    def own_host(self, tenant: Tenant) -> str:
        """The host that the template gives a tenant."""
        return self.host_template.format(name=tenant.name, team=tenant.team, domain=self.domain)

    def hosts(self, tenant: Tenant) -> tuple[str, ...]:
        """All hosts granted to a tenant, its own first."""
        own = self.own_host(tenant)
        return (own, *(host for host in tenant.hosts if host != own))

    def host(self, tenant: Tenant, route: Route) -> str:
        """The host of one of a tenant's routes."""
        return route.host or self.own_host(tenant)

    def check(self, tenants: Sequence[Tenant]) -> None:
        """Refuse tenants that do not fit this platform or one another, before anything reaches a cluster.

        Raises:
            InvalidSpecError: an unknown size or accelerator, a host that is not granted, a namespace name that can't
            be, two tenants of one name; all of them at once.
            HostTakenError: two of the tenants are granted one host.
        """
        problems = [problem for tenant in tenants for problem in self._problems(tenant)]
        names = [tenant.name for tenant in tenants]
        problems += [
            Problem("name", name, f"{names.count(name)} tenants have this name: give each its own")
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        if problems:
            raise InvalidSpecError(problems)
        owner: dict[str, str] = {}
        for tenant in tenants:
            for host in self.hosts(tenant):
                first = owner.setdefault(host, tenant.name)
                if first != tenant.name:
                    raise HostTakenError(
                        f"host {host!r} is granted to both {first!r} and {tenant.name!r}: leave it with one of them; "
                        f"paths of one host are shared out within a tenant only"
                    )

    def _problems(self, tenant: Tenant) -> Iterator[Problem]:
        """What is wrong with one tenant on this platform, fields named `vision.size`."""
        namespace = self.namespace(tenant)
        if namespace in _RESERVED_NAMESPACES or namespace.startswith("kube-"):
            yield Problem(
                f"{tenant.name}.name", tenant.name, f"namespace {namespace!r} is the cluster's own: choose another name"
            )
        elif reason := check_dns_label(namespace):
            yield Problem(f"{tenant.name}.name", tenant.name, f"its namespace would be {namespace!r}: {reason}")
        if tenant.size is not None and tenant.size not in self.sizes:
            yield Problem(
                f"{tenant.name}.size", tenant.size, f"the platform's sizes are {', '.join(self.sizes) or 'none'}"
            )
        for resource in tenant.quota.accelerators if tenant.quota else ():
            if resource not in self.accelerators:
                known = ", ".join(self.accelerators) or "none"
                yield Problem(f"{tenant.name}.quota.accelerators", resource, f"the platform's accelerators are {known}")
        yield from self._host_problems(tenant)

    def _host_problems(self, tenant: Tenant) -> Iterator[Problem]:
        own = self.own_host(tenant)
        if reason := check_host(own):
            yield Problem(f"{tenant.name}.name", tenant.name, f"its host would be {own!r}: {reason}")
        granted = self.hosts(tenant)
        taken: dict[tuple[str, str, bool], int] = {}
        named: dict[str, int] = {}
        for index, route in enumerate(tenant.routes):
            host = self.host(tenant, route)
            if host not in granted:
                reason = (
                    f"not granted to {tenant.name!r}, whose hosts are {', '.join(granted)}: ask the platform for it"
                )
                yield Problem(f"{tenant.name}.routes[{index}].host", host, reason)
            first = taken.setdefault((host, route.path, route.path_type == "Exact"), index)
            if first != index:
                reason = f"routes[{first}] is at host {host!r} and this path, too: keep one of them"
                yield Problem(f"{tenant.name}.routes[{index}].path", route.path, reason)
            name = route.object_name(host)
            if named.setdefault(name, index) != index and first == index:
                reason = f"routes[{named[name]}] is named {name!r}, too: give each its own name"
                yield Problem(f"{tenant.name}.routes[{index}].name", name, reason)


def _check_host_template(template: str) -> None:
    """Refuse a template of other fields, without `{name}`, or that makes no valid hosts."""
    if not {"name"} <= _template_fields(template) <= {"name", "team", "domain"}:
        raise ValueError(
            "use {domain}, {name}, {team} and with them {name}, so that tenants differ, for example '{name}.{domain}'"
        )
    _check_sample(template.format(name="a", team="b", domain="example.ai"), check_host, "{name}.{domain}")


def _check_sample(sample: str, check: Callable[[object], str | None], example: str) -> None:
    if check(sample):
        raise ValueError(f"it makes {sample!r}, which is no valid name; for example {example!r}")


def _template_fields(template: str) -> set[str]:
    """The fields of a template, as they stand in its braces: `{name:.1}` and `{name!r}` are no fields of ours."""
    try:
        parsed = [(field, form, conversion) for _, field, form, conversion in Formatter().parse(template)]
    except ValueError:
        return {""}
    return {"" if form or conversion else field for field, form, conversion in parsed if field is not None}

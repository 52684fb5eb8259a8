"""The platform: the settings for all tenants, and whether a tenant fits them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import field_validator, model_validator

from tenantkit.exceptions import HostTakenError, InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.rules.names import check_dns_label
from tenantkit.rules.pod_security.levels import LABEL_PREFIX
from tenantkit.rules.routing import check_host, path_key
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.base import Document
from tenantkit.spec.counts import DEFAULT_COUNTS, ROLE_BINDINGS
from tenantkit.spec.extra_objects import Copies, ExtraObjects, copy_source
from tenantkit.spec.fields import DnsLabel, DnsSubdomain, Host, LabelKey, LabelValue, ResourceName
from tenantkit.spec.guardrails import Guardrails
from tenantkit.spec.network import Network
from tenantkit.spec.people import People, Person, platform_team, subject_of
from tenantkit.spec.quota import DEFAULT_SIZES, Quota
from tenantkit.spec.role_presets import DEVICE_CLAIMS, PRESETS, RoleSource
from tenantkit.spec.role_rules import RoleRules
from tenantkit.spec.routing import Routing
from tenantkit.spec.security import Security
from tenantkit.spec.templates import check_sample, template_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.spec.boost import Boost
    from tenantkit.spec.route import Route
    from tenantkit.spec.tenant import Tenant

SYSTEM_NAMESPACE = "tenantkit-system"
_RESERVED_NAMESPACES = ("default", SYSTEM_NAMESPACE, INDEX_NAMESPACE)
_OWN_LABELS = (
    "app.kubernetes.io/managed-by",
    "tenantkit.dev/",
    LABEL_PREFIX,
    "kubernetes.io/metadata.name",
)


class Platform(Document):
    """The settings for all tenants, which the platform team chooses.

    Args:
        domain: parent domain of tenants' hosts. Default `example.ai`, which is not yours: set your own.
        host_template: each tenant's own host, from `{name}`, `{team}` and `{domain}`. Default `{name}.{domain}`.
        namespace_prefix: put before a tenant's name in its namespace's name. Default: none.
        labels: on each tenant's Namespace, besides those of tenantkit. Default: none.
        sizes: quotas by name. Default: `small`, `medium`, `large`.
        accelerators: resource names of the devices on offer; each MIG profile has its own. A quota has 0 of each that
            it does not grant; a device that is not listed here is unlimited, which `plan_platform` says. Default
            `nvidia.com/gpu`.
        device_classes: names of the DeviceClasses on offer, for dynamic resource allocation. A quota has 0 devices of
            each that it does not grant. Default: none, so that tenants cannot claim devices.
        storage_classes: names of the StorageClasses on offer. A quota that names classes has 0 of each other one; a
            quota that names none may use all of them, within its `storage`. Default: none are known.
        priority_classes: names of the PriorityClasses that tenants' pods may use besides none; also the cluster's
            default class, which pods get that name none. Default: none.
        roles: rules that tenants' roles have besides those of tenantkit: names of presets (`ray`, `kueue`, `kubeflow`,
            `kserve`, `argo-workflows`, `cert-manager`), or a RoleRules each. Default: none.
        routing: how routes are exposed.
        network: the network traffic that tenants may receive and send.
        security: Pod Security levels, and Secrets for pulling images.
        guardrails: what the API server refuses in tenants' namespaces, whoever asks.
        people: how the cluster's authentication names users and groups.
        provisioners: persons who may create, change and delete tenants. The guardrail `outside` keeps them to tenants'
            namespaces, of which they can make themselves owners. Where it does not deny, trust them as cluster
            administrators: they may bind the owner role in `kube-system`, which is enough to gain every permission on
            the cluster. Default: none.
        extra_objects: further objects of each tenant, as manifests without a namespace. In their texts, `{name}`,
            `{team}`, `{namespace}` and `{domain}` stand for the tenant's; write `{{name}}` for `{name}` itself. Every
            signed-in user may read them. Users who apply tenants need permission to list, create, patch and delete
            these kinds. Default: none.
        copies: Secrets and ConfigMaps of which each tenant gets a copy, such as those for pulling images:
            `namespace/name` of a Secret, or `ConfigMap/namespace/name`. Users who apply tenants need permission to get
            these, and to list, create, patch and delete Secrets, which provisioners do not have by themselves.
            Default: none.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.Platform(domain="ai.example.com").sizes["small"].requests_cpu
        '4'
    """

    domain: Host = "example.ai"
    host_template: str = "{name}.{domain}"
    namespace_prefix: str = ""
    labels: dict[LabelKey, LabelValue] = {}
    sizes: dict[DnsLabel, Quota] = DEFAULT_SIZES
    accelerators: tuple[ResourceName, ...] = ("nvidia.com/gpu",)
    device_classes: tuple[DnsSubdomain, ...] = ()
    storage_classes: tuple[DnsSubdomain, ...] = ()
    priority_classes: tuple[DnsSubdomain, ...] = ()
    roles: tuple[RoleSource, ...] = ()
    routing: Routing = Routing()
    network: Network = Network()
    security: Security = Security()
    guardrails: Guardrails = Guardrails()
    people: People = People()
    provisioners: tuple[Person, ...] = ()
    extra_objects: ExtraObjects = ()
    copies: Copies = ()

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

    @field_validator("priority_classes")
    @classmethod
    def _not_the_systems(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name.startswith("system-"):
                raise ValueError(f"{name!r} is for parts of the cluster, whose pods end those of tenants: leave it out")
        return names

    @field_validator("roles")
    @classmethod
    def _roles_have_different_names(cls, roles: tuple[RoleRules | str, ...]) -> tuple[RoleRules | str, ...]:
        own = [role.name for role in roles if isinstance(role, RoleRules)]
        for name in own:
            if name in PRESETS or name == DEVICE_CLAIMS.rules.name:
                raise ValueError(f"{name!r} is the name of a preset: give your rules another name")
        names = [*own, *(role for role in roles if isinstance(role, str))]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is listed more than once")
        return roles

    @model_validator(mode="after")
    def _sizes_hold_what_is_on_offer(self) -> Self:
        for name, quota in self.sizes.items():
            for field, unknown in self._not_on_offer(quota).items():
                raise ValueError(f"size {name!r} grants {', '.join(unknown)}: add it to {field}, or set sizes")
        return self

    @model_validator(mode="after")
    def _extra_objects_are_not_copies(self) -> Self:
        copied = {(it.kind, it.name) for it in map(copy_source, self.copies)}
        for template in self.extra_objects:
            if (template["kind"], template["metadata"]["name"]) in copied:
                name = template["metadata"]["name"]
                raise ValueError(f"{template['kind']} {name!r} is in extra_objects and in copies: keep one of them")
        return self

    @model_validator(mode="after")
    def _provisioners_are_persons(self) -> Self:
        for person in self.provisioners:
            try:
                subject_of(person, self.people)
            except ValueError as error:
                raise ValueError(f"provisioner {person!r}: {error}") from None
        return self

    def namespace(self, tenant: Tenant | str) -> str:
        """The namespace of a tenant, given as a Tenant or by name; anything else is an InvalidSpecError."""
        name = tenant if isinstance(tenant, str) else getattr(tenant, "name", None)
        if not isinstance(name, str):
            raise InvalidSpecError([Problem("tenant", tenant, "pass one tenant's name, for example 'vision'")])
        return self.namespace_prefix + name

    def is_isolated(self, tenant: Tenant) -> bool:
        """Whether NetworkPolicies isolate a tenant."""
        return self.network.isolate and tenant.name not in self.network.not_isolated

    def quota(self, tenant: Tenant) -> Quota:
        """The quota of a tenant: its boost's, its own, or that of its size."""
        granted = tenant.boost or tenant
        return granted.quota if granted.quota is not None else self.sizes[granted.size or ""]

    @property
    def role_rules(self) -> tuple[RoleRules, ...]:
        """The rules that tenants' roles have besides those of tenantkit, with presets as their rules."""
        listed = tuple(role if isinstance(role, RoleRules) else PRESETS[role].rules for role in self.roles)
        return (*listed, DEVICE_CLAIMS.rules) if self.device_classes else listed

    def _not_on_offer(self, quota: Quota) -> dict[str, list[str]]:
        """What a quota grants that the platform does not offer, by the setting that lists it."""
        found = {
            "accelerators": sorted(set(quota.accelerators) - set(self.accelerators)),
            "device_classes": sorted(set(quota.device_classes) - set(self.device_classes)),
        }
        if self.storage_classes:
            found["storage_classes"] = sorted(set(quota.storage_classes) - set(self.storage_classes))
        return {field: unknown for field, unknown in found.items() if unknown}

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
            InvalidSpecError: an unknown size or accelerator, a host that is not granted, an invalid name of a
                namespace, or two tenants with the same name; all of them at once.
            HostTakenError: two of the tenants are granted the same host.
        """
        problems = [problem for tenant in tenants for problem in self._problems(tenant)]
        names = [tenant.name for tenant in tenants]
        problems += [
            Problem("name", name, f"{names.count(name)} tenants have this name: give each tenant its own name")
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
                        f"host {host!r} is granted to both {first!r} and {tenant.name!r}: grant it to one of them, "
                        f"since a host belongs to one tenant with all its paths"
                    )

    def _problems(self, tenant: Tenant) -> Iterator[Problem]:
        """The problems of one tenant on this platform, with fields such as `vision.size`."""
        namespace = self.namespace(tenant)
        if namespace in _RESERVED_NAMESPACES or namespace.startswith("kube-"):
            yield Problem(
                f"{tenant.name}.name", tenant.name, f"namespace {namespace!r} is reserved: choose another name"
            )
        elif reason := check_dns_label(namespace):
            yield Problem(f"{tenant.name}.name", tenant.name, f"its namespace would be {namespace!r}: {reason}")
        yield from self._quota_problems(tenant, tenant.name)
        if tenant.boost is not None:
            yield from self._quota_problems(tenant.boost, f"{tenant.name}.boost")
        yield from self._people_problems(tenant)
        yield from self._host_problems(tenant)

    def _quota_problems(self, granted: Tenant | Boost, field: str) -> Iterator[Problem]:
        if granted.size is not None and granted.size not in self.sizes:
            yield Problem(f"{field}.size", granted.size, f"the platform's sizes are {', '.join(self.sizes) or 'none'}")
        for setting, unknown in (self._not_on_offer(granted.quota) if granted.quota else {}).items():
            known = ", ".join(getattr(self, setting)) or "none"
            for name in unknown:
                words = setting.replace("_", " ")
                yield Problem(f"{field}.quota.{setting}", name, f"the platform's {words} are {known}")

    def _people_problems(self, tenant: Tenant) -> Iterator[Problem]:
        """Persons whose names are reserved once the platform's prefixes are in front of them, and too many of them."""
        quota = tenant.quota or self.sizes.get(tenant.size or "")
        most = quota.counts.get(ROLE_BINDINGS, DEFAULT_COUNTS[ROLE_BINDINGS]) if quota is not None else None
        if most is not None and len(tenant.people) > most:
            reason = (
                f"allow {most} RoleBindings, and the tenant has {len(tenant.people)} members: name a group, or raise"
            )
            yield Problem(f"{tenant.name}.quota.counts", {ROLE_BINDINGS: most}, f"{reason} {ROLE_BINDINGS!r}")
        for role in ("owners", "editors", "viewers"):
            for index, person in enumerate(getattr(tenant, role) or ()):
                try:
                    subject_of(person, self.people)
                except ValueError as error:
                    yield Problem(f"{tenant.name}.{role}[{index}]", person, str(error))

    def _host_problems(self, tenant: Tenant) -> Iterator[Problem]:
        own = self.own_host(tenant)
        if reason := check_host(own):
            yield Problem(f"{tenant.name}.name", tenant.name, f"its host would be {own!r}: {reason}")
        granted = self.hosts(tenant)
        taken: dict[tuple[str, tuple[str, bool]], int] = {}
        named: dict[str, int] = {}
        for index, route in enumerate(tenant.routes or ()):
            host = self.host(tenant, route)
            if host not in granted:
                reason = f"not granted to {tenant.name!r} (hosts: {', '.join(granted)})"
                ask = Hint("ask {team} for it", {"team": platform_team(self)})
                yield Problem(f"{tenant.name}.routes[{index}].host", host, reason, hint=ask)
            for field, value, reason in self.routing.misfits(route):
                yield Problem(f"{tenant.name}.routes[{index}].{field}", value, reason)
            first = taken.setdefault((host, path_key(route.path, route.path_type)), index)
            if first != index:
                reason = f"routes[{first}] also has host {host!r} and this path: keep one of the routes"
                yield Problem(f"{tenant.name}.routes[{index}].path", route.path, reason)
            name = route.object_name(host)
            if named.setdefault(name, index) != index and first == index:
                reason = f"routes[{named[name]}] is also named {name!r}: give each route its own name"
                yield Problem(f"{tenant.name}.routes[{index}].name", name, reason)


def _check_host_template(template: str) -> None:
    """Refuse a template with other fields, without `{name}`, or whose hosts would be invalid."""
    if not {"name"} <= template_fields(template) <= {"name", "team", "domain"}:
        raise ValueError("use only {name} (required), {team} and {domain}, for example '{name}.{domain}'")
    check_sample(template.format(name="a", team="b", domain="example.ai"), check_host, "{name}.{domain}")

"""What a check looks at: the whole cluster, or one tenant of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.findings.access.bindings import rights_of
from tenantkit.findings.access.roles import RoleIndex
from tenantkit.findings.audit.check import Doubt
from tenantkit.findings.audit.comparison import NOT_COMPARED, differences_of, platform_differences_of
from tenantkit.findings.audit.snapshot import EVERYWHERE
from tenantkit.manifests.claims import is_claim
from tenantkit.manifests.labels import GRANT_ANNOTATION, TENANT_LABEL
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, stored_tenant
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.selectors.label_selectors import parse_label_selector
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.findings.access.bindings import Right
    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.snapshot import AuditSnapshot
    from tenantkit.rules.manifest import Manifest

GRANT, SPEC, PLATFORM, CLAIMS = "grant", "spec", "platform", "claims"  # needs besides kinds
_IS_TENANTS = parse_label_selector(TENANT_NAMESPACES)


class ClusterView:
    """The whole cluster.

    Args:
        snapshot: what was read.
    """

    def __init__(self, snapshot: AuditSnapshot) -> None:
        self.snapshot = snapshot

    @property
    def platform(self) -> Platform:
        """The settings; only for checks that need `platform`."""
        return self.snapshot.platform or Platform()

    @cached_property
    def roles(self) -> RoleIndex:
        """The rules of all roles that were read."""
        return RoleIndex(self.snapshot.of("ClusterRole", ""), self.snapshot.all("Role"))

    @cached_property
    def namespaces(self) -> dict[str, Manifest]:
        """All Namespaces that were read, by name."""
        return {str(it["metadata"]["name"]): it for it in self.snapshot.of("Namespace", "")}

    @cached_property
    def tenant_namespaces(self) -> frozenset[str]:
        """The names of all tenants' namespaces that were read, audited or not."""
        return frozenset(name for name, namespace in self.namespaces.items() if is_tenants(namespace))

    @cached_property
    def grants(self) -> dict[str, Tenant | str]:
        """By audited namespace, its tenant's grant, or why it cannot be read."""
        return {name: _grant(self.namespaces.get(name)) for name in self.snapshot.audited}

    @cached_property
    def unfit(self) -> dict[str, str]:
        """By audited namespace, why its grant does not fit the platform."""
        return {name: why for name, grant in self.grants.items() if (why := _misfit(grant, name, self.platform))}

    @property
    def fitting(self) -> list[Tenant]:
        """The grants that fit the platform, without boosts that have ended."""
        readable = {name: grant for name, grant in self.grants.items() if isinstance(grant, Tenant)}
        return [grant.at(self.snapshot.now) for name, grant in readable.items() if name not in self.unfit]

    @cached_property
    def differences(self) -> dict[str, dict[str, list[Found]]]:
        """By tenant and by code of the check, what differs from the spec."""
        return differences_of(self.snapshot, self.fitting)

    @cached_property
    def platform_differences(self) -> dict[str, list[Found]]:
        """By code of the check, what differs from the platform's own objects."""
        return platform_differences_of(self.snapshot, self.platform)

    @cached_property
    def wanted_roles(self) -> frozenset[str]:
        """The names of the ClusterRoles that the platform makes."""
        return self._wanted("ClusterRole")

    @cached_property
    def wanted_bindings(self) -> frozenset[str]:
        """The names of the RoleBindings that the platform makes."""
        return self._wanted("RoleBinding")

    def _wanted(self, kind: str) -> frozenset[str]:
        wanted = make_platform(self.platform)
        return frozenset(str(it["metadata"]["name"]) for it in wanted if it["kind"] == kind)

    @cached_property
    def host_holders(self) -> dict[str, list[str]]:
        """By granted host, the namespaces of the tenants that have it."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.tenant_namespaces):
            for host in hosts_of(self.namespaces[name]):
                found.setdefault(host, []).append(name)
        return found

    @cached_property
    def claims(self) -> dict[str, Manifest]:
        """The claims of hosts, by their names."""
        found = self.snapshot.of("ConfigMap", SYSTEM_NAMESPACE)
        return {str(it["metadata"]["name"]): it for it in found if is_claim(ref_of(it))}

    @cached_property
    def granted_hosts(self) -> dict[str, set[str]]:
        """By tenant, the hosts in its grant or in the annotation of its Namespace."""
        found: dict[str, set[str]] = {}
        for name in self.tenant_namespaces:
            tenant = str(self.namespaces[name]["metadata"]["labels"][TENANT_LABEL])
            grant = self.grants.get(name)
            granted = self.platform.hosts(grant) if isinstance(grant, Tenant) and name not in self.unfit else ()
            found.setdefault(tenant, set()).update(hosts_of(self.namespaces[name]), granted)
        return found

    def gaps(self, needs: Sequence[str]) -> Iterator[Doubt]:
        """What a check of the cluster needs and what could not be read."""
        for need in needs:
            if need == PLATFORM:
                yield from self.snapshot.platform_gaps
            else:
                place = SYSTEM_NAMESPACE if need == "ConfigMap" else EVERYWHERE
                yield from self.snapshot.gaps_in(need, place)


class TenantView:
    """One tenant.

    Args:
        cluster: the whole.
        name: of its namespace.
    """

    def __init__(self, cluster: ClusterView, name: str) -> None:
        self.cluster = cluster
        self.name = name

    @property
    def namespace(self) -> Manifest:
        """Its Namespace; only the name if it could not be read."""
        return self.cluster.namespaces.get(self.name, {"kind": "Namespace", "metadata": {"name": self.name}})

    @property
    def tenant(self) -> str | None:
        """Its name, by the label of its Namespace."""
        label = (self.namespace["metadata"].get("labels") or {}).get(TENANT_LABEL)
        return str(label) if label is not None else None

    @property
    def platform(self) -> Platform:
        """The settings; only for checks that need `platform` or `spec`."""
        return self.cluster.platform

    @property
    def grant(self) -> Tenant:
        """Its grant; only for checks that need `grant` or `spec`."""
        grant = self.cluster.grants[self.name]
        if isinstance(grant, Tenant):
            return grant
        raise LookupError(grant)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The hosts that it was granted; only for checks that need `spec`."""
        return frozenset(self.platform.hosts(self.grant))

    @cached_property
    def rights(self) -> tuple[Right, ...]:
        """What subjects have by the RoleBindings of its namespace."""
        return tuple(rights_of(self.of("RoleBinding"), self.cluster.roles))

    def of(self, kind: str) -> list[Manifest]:
        """The objects of a kind in its namespace."""
        return self.cluster.snapshot.of(kind, self.name)

    def differences(self, code: str) -> list[Found]:
        """What the plan reports for a check; only for checks that need `spec`."""
        found = self.cluster.differences.get(self.grant.name, {})
        return [*found.get(code, ()), *found.get(NOT_COMPARED, ())]

    def gaps(self, needs: Sequence[str]) -> Iterator[Doubt]:
        """What a check of this tenant needs and what could not be read; a need `Kind*` is about the whole cluster."""
        snapshot = self.cluster.snapshot
        for need in needs:
            if need in (PLATFORM, SPEC, GRANT):
                yield from self._gaps_in_settings(need)
            elif need == CLAIMS:
                yield from snapshot.gaps_in("ConfigMap", SYSTEM_NAMESPACE)
            elif need.endswith(EVERYWHERE):
                yield from snapshot.gaps_in(need.removesuffix(EVERYWHERE), EVERYWHERE)
            else:
                is_wide = need in KINDS and not KINDS[need].namespaced and need != "Namespace"
                yield from snapshot.gaps_in(need, EVERYWHERE if is_wide else self.name)

    def _gaps_in_settings(self, need: str) -> Iterator[Doubt]:
        gaps = self.cluster.snapshot.platform_gaps
        if need != GRANT:
            yield from gaps
        grant = self.cluster.grants.get(self.name)
        if need == PLATFORM or grant is None:
            return
        if isinstance(grant, str):
            yield from self.cluster.snapshot.gaps_in("Namespace", self.name)
            yield Doubt(f"Namespace/{self.name}: its grant cannot be read, see check grant-readable", is_total=True)
        elif need == SPEC and not gaps and self.name in self.cluster.unfit:
            yield Doubt(
                f"Namespace/{self.name}: its grant does not fit the platform, see check grant-fits", is_total=True
            )


def is_tenants(namespace: Manifest) -> bool:
    """Whether a Namespace has the labels of a tenant's."""
    return _IS_TENANTS.matches(namespace["metadata"].get("labels") or {})


def is_labelled(namespace: Manifest) -> bool:
    """Whether a Namespace has one of the labels or annotations of a tenant's."""
    metadata = namespace["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return TENANT_LABEL in labels or GRANT_ANNOTATION in annotations


def _grant(namespace: Manifest | None) -> Tenant | str:
    if namespace is None:
        return "the Namespace cannot be read"
    try:
        return stored_tenant(namespace)
    except (InvalidSpecError, SpecVersionError) as error:
        return error.what


def _misfit(grant: Tenant | str, namespace: str, platform: Platform) -> str | None:
    if isinstance(grant, str):
        return None
    expected = platform.namespace(grant)
    if expected != namespace:
        return f"the platform expects tenant {grant.name!r} in namespace {expected!r}"
    try:
        platform.check([grant])
    except InvalidSpecError as error:
        return error.what
    return None

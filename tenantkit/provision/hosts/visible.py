"""Who holds which hosts, as far as a user may see: of all tenants, or of those that have them as a member."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.cluster.own_namespaces import read_index
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, Problem, SpecVersionError, Unreadable
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.hosts.granted import holders
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, stored_tenant
from tenantkit.rules.routing import check_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Holder:
    """The tenant that has a host.

    Args:
        tenant: its name.
        namespace: its namespace.
        owners: of its grant; empty if that cannot be read.
    """

    tenant: str
    namespace: str
    owners: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Whose it is, and whom to ask: `it belongs to tenant 'recsys': ask its owner (lin@example.com)`."""
        asked = f"owner{'s' * (len(self.owners) > 1)} ({', '.join(self.owners)})" if self.owners else "owners"
        return f"it belongs to tenant {self.tenant!r}: ask its {asked}"


@dataclass(frozen=True, slots=True)
class VisibleHosts:
    """The hosts of tenants that a user may see.

    Args:
        holders: by host; the first by name if several tenants have one.
        is_complete: whether these are all tenants.
    """

    holders: Mapping[str, Holder] = field(default_factory=dict)
    is_complete: bool = False


def checked_host(host: object) -> str:
    """The host in lower case and without a dot at its end, as DNS reads it.

    Raises:
        InvalidSpecError: it is no host, such as a URL; the message has the right form.
    """
    text = host.strip().lower().removesuffix(".") if isinstance(host, str) else host
    reason = check_host(text)
    if reason is not None or not isinstance(text, str):
        raise InvalidSpecError([Problem("host", host, str(reason))])
    return text


def read_visible_hosts(cluster: ClusterApi) -> VisibleHosts:
    """Who holds which hosts, as far as the user may see.

    RBAC: list namespaces; else create selfsubjectrulesreviews, and get the namespaces of your tenants.
    """
    try:
        namespaces, is_complete = cluster.list("Namespace", label_selector=TENANT_NAMESPACES), True
    except PermissionDenied:
        namespaces, is_complete = [], False
        for name in read_index(cluster).namespaces:
            with suppress(NotFound, PermissionDenied, Unreadable):
                namespaces.append(cluster.get("Namespace", name))
    by_tenant = {(it["metadata"].get("labels") or {}).get(TENANT_LABEL): it for it in namespaces}
    found = {host: _holder(by_tenant[min(tenants)]) for host, tenants in holders(namespaces).items()}
    return VisibleHosts(found, is_complete)


def owners_of(namespace: Manifest) -> tuple[str, ...]:
    """The owners in a Namespace's grant; none if it cannot be read."""
    try:
        return tuple(map(str, stored_tenant(namespace).owners))
    except (InvalidSpecError, SpecVersionError):
        return ()


def _holder(namespace: Manifest) -> Holder:
    metadata = namespace["metadata"]
    return Holder(metadata["labels"][TENANT_LABEL], metadata["name"], owners_of(namespace))

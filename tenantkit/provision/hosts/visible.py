"""Who holds which hosts, as far as a user may see: of all tenants, or of those that have them as a member."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.exceptions import InvalidSpecError, PermissionDenied, Problem
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.hosts.granted import holders, owners_of
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, own_tenant_namespaces
from tenantkit.rules.routing import check_host
from tenantkit.spec.people import to_ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest

NOT_VISIBLE = "not checked against tenants that the sender may not read"


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
        people = to_ask(self.owners)
        asked = f"owner{'s' * (len(people) > 1)} ({', '.join(people)})" if people else "owners"
        return f"it belongs to tenant {self.tenant!r}: ask its {asked}"


@dataclass(frozen=True, slots=True)
class VisibleHosts:
    """The hosts of tenants that a user may see.

    Args:
        holders: by host, in the order of the tenants' names; several if tenants have one host by mistake.
        is_complete: whether these are all tenants.
    """

    holders: Mapping[str, Sequence[Holder]] = field(default_factory=dict)
    is_complete: bool = False

    def note(self, host: str) -> str:
        """What is known of a host that somebody asks for, as a sentence; empty if it is free."""
        if host in self.holders:
            return self.holders[host][0].words
        return "" if self.is_complete else NOT_VISIBLE


def checked_host(host: object) -> str:
    """The host in lower case and without a dot at its end, as DNS reads it.

    Raises:
        InvalidSpecError: it is not a host, such as a URL; the message has the right form.
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
        namespaces = cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
        is_complete = not unreadable_in(namespaces)
    except PermissionDenied:
        namespaces, is_complete = own_tenant_namespaces(cluster), False
    found: dict[str, list[Holder]] = {}
    for namespace in namespaces:
        for host in holders([namespace]):
            found.setdefault(host, []).append(_holder(namespace))
    return VisibleHosts({host: sorted(its, key=lambda it: it.tenant) for host, its in found.items()}, is_complete)


def _holder(namespace: Manifest) -> Holder:
    metadata = namespace["metadata"]
    return Holder(metadata["labels"][TENANT_LABEL], metadata["name"], owners_of(namespace))

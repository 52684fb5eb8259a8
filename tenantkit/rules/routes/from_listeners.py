"""The hosts of the Gateways and ListenerSets in tenants' namespaces.

A listener with a host of its own takes all requests for it from the listeners with a wildcard at the same Gateway and
port, also without a route and though it is younger (tested with Envoy Gateway). Those of the platform are what routes
attach to, and ask for nothing themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.routes.entry import Entry
from tenantkit.rules.routes.listeners import ParentKey
from tenantkit.rules.routes.paths import EVERY_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.entry import Attachment, RouteOwner
    from tenantkit.rules.routes.hosts import Host
    from tenantkit.rules.routes.listeners import Listeners


def listener_entries(kind: str, manifest: Manifest, owner: RouteOwner, listeners: Listeners) -> Iterator[Entry]:
    """Each host that a tenant's Gateway or ListenerSet takes, once; none of other namespaces.

    Args:
        kind: `Gateway` or `ListenerSet`.
        manifest: as a server returns it.
        owner: of its namespace.
        listeners: of the cluster; those of a ListenerSet that its Gateway refuses serve nothing.
    """
    if owner.tenant is None:
        return
    metadata = manifest["metadata"]
    found: dict[Host, set[Attachment]] = {}
    for listener in listeners.by_parent.get(ParentKey(kind, metadata["namespace"], metadata["name"]), ()):
        found.setdefault(listener.host, set()).add(listener.attachment)
    for host, attachments in found.items():
        yield Entry(
            kind=kind,
            namespace=metadata["namespace"],
            name=metadata["name"],
            owner=owner,
            asked=host.text,
            host=host,
            path=EVERY_PATH,
            since=metadata.get("creationTimestamp") or "",
            is_listener=True,
            attachments=frozenset(attachments),
        )

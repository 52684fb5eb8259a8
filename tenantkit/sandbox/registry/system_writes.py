"""What the server's own parts write: without a request, yet with managed fields, and a time as Kubernetes writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.managedfields.fieldmanager import track_update

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store

API_SERVER = "kube-apiserver"
CONTROLLERS = "kube-controller-manager"


def put_as(  # noqa: PLR0913 (one write, all by name)
    manager: str,
    store: Store,
    resource: Resource,
    after: Manifest,
    *,
    before: Manifest | None = None,
    subresource: str = "",
) -> Manifest:
    """Store an object, or its new state, in the name of a part of the server; what is stored already stays."""
    time = timestamp(store.clock())
    return store.put(resource, track_update(before, after, manager=manager, time=time, subresource=subresource))

"""Writes of the server's own components: without a request, but with managed fields."""

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


def put_as(  # noqa: PLR0913 (the parameters of one write)
    manager: str,
    store: Store,
    resource: Resource,
    after: Manifest,
    *,
    before: Manifest | None = None,
    subresource: str = "",
) -> Manifest:
    """Store a new object or a new state as a component of the server; an unchanged object is not written."""
    time = timestamp(store.clock())
    return store.put(resource, track_update(before, after, manager=manager, time=time, subresource=subresource))

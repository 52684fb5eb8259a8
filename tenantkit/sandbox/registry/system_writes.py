"""Writes of the API server itself, outside any request: its first objects.

Controllers, the scheduler and the kubelet write through client/in_process.py instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.managedfields.fieldmanager import track_update

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store

API_SERVER = "kube-apiserver"


def put_as(  # noqa: PLR0913 (the parameters of one write)
    manager: str,
    store: Store,
    resource: Resource,
    after: Manifest,
    *,
    before: Manifest | None = None,
    subresource: str = "",
) -> Manifest:
    """Store an object or its new state, with managed fields of `manager`; an equal object is not written again."""
    time = timestamp(store.clock())
    return store.put(resource, track_update(before, after, manager=manager, time=time, subresource=subresource))

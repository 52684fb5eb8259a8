"""Requests of the sandbox's controllers, which run in the server's process, as their service accounts.

They take the same steps as a client's requests, so that quotas, LimitRanges and Pod Security levels apply to a
ReplicaSet's pods, and the controller reports the same message. Rejected alternative: requests over HTTP, which need a
connection and make the order of events unpredictable.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.chain import mutate
from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.auth.users import service_account_user
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.sandbox.registry.create import store_new
from tenantkit.sandbox.registry.delete import delete_live, remove_or_put
from tenantkit.sandbox.registry.strategies import prepare_update
from tenantkit.sandbox.registry.system_writes import CONTROLLERS

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store


class OwnRequests:
    """The writing verbs of one controller.

    Args:
        store: the store to write to.
        account: the controller's service account in `kube-system`, such as `replicaset-controller`.
        manager: the field manager.
    """

    def __init__(self, store: Store, account: str, *, manager: str = CONTROLLERS) -> None:
        self._store = store
        self._user = service_account_user("kube-system", account)
        self._manager = manager

    def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Create an object. Raises ApiError, with the server's message, if it is refused."""
        found, _ = read_as(manifest, resource.api_version, resource.kind, strict=False)
        attributes = Attributes("CREATE", resource, self._tracked(None, found), None, self._store, self._user)
        return store_new(replace(attributes, manifest=mutate(attributes)))

    def update(self, resource: Resource, before: Manifest, *, subresource: str = "", **parts: Manifest) -> Manifest:
        """Update fields of the live object (`spec=`, `metadata=`, `status=`); no write if nothing changes."""
        if all(before.get(name) == part for name, part in parts.items()):
            return before
        found, _ = read_as({**before, **parts}, resource.api_version, resource.kind, strict=False)
        tracked = self._tracked(before, found, subresource)
        if tracked is before:
            return before
        after = prepare_update(tracked, before, subresource=subresource)
        return remove_or_put(self._store, resource, after, before)

    def delete(self, resource: Resource, live: Manifest, *, propagation: str = "") -> None:
        """Delete one object, or mark it as being deleted."""
        delete_live(self._store, resource, live, DeleteOptions(propagation=propagation), self._user)

    def _tracked(self, before: Manifest | None, after: Manifest, subresource: str = "") -> Manifest:
        now = timestamp(self._store.clock())
        return track_update(before, after, manager=self._manager, time=now, subresource=subresource)

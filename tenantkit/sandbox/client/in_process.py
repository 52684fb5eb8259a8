"""What controllers ask of their own server: by the same steps as a client, as the service accounts that they are.

So a quota, a LimitRange or a Pod Security level says to a ReplicaSet's pod what it says to anybody's, and the
controller passes the words on. Turned down: requests over HTTP, which would cost a connection and an order of events.
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
    """The writing verbs as one of the server's own parts.

    Args:
        store: where to.
        account: the service account in `kube-system`, such as `replicaset-controller`.
        manager: the field manager.
    """

    def __init__(self, store: Store, account: str, *, manager: str = CONTROLLERS) -> None:
        self._store = store
        self._user = service_account_user("kube-system", account)
        self._manager = manager

    def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """A new object; raises ApiError with the server's own words where it is refused."""
        found, _ = read_as(manifest, resource.api_version, resource.kind, strict=False)
        attributes = Attributes("CREATE", resource, self._tracked(None, found), None, self._store, self._user)
        return store_new(replace(attributes, manifest=mutate(attributes)))

    def update(self, resource: Resource, before: Manifest, *, subresource: str = "", **parts: Manifest) -> Manifest:
        """The live object with other parts (`spec=`, `metadata=`, `status=`); as it is, if that changes nothing."""
        if all(before.get(name) == part for name, part in parts.items()):
            return before
        found, _ = read_as({**before, **parts}, resource.api_version, resource.kind, strict=False)
        tracked = self._tracked(before, found, subresource)
        if tracked is before:
            return before
        after = prepare_update(tracked, before, subresource=subresource)
        return remove_or_put(self._store, resource, after, before)

    def delete(self, resource: Resource, live: Manifest, *, propagation: str = "") -> None:
        """Delete one object, or mark it."""
        delete_live(self._store, resource, live, DeleteOptions(propagation=propagation), self._user)

    def _tracked(self, before: Manifest | None, after: Manifest, subresource: str = "") -> Manifest:
        now = timestamp(self._store.clock())
        return track_update(before, after, manager=self._manager, time=now, subresource=subresource)

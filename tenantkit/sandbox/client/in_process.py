"""The client of the sandbox's own components: controllers, the scheduler and the kubelets write through it.

Each write takes the steps of a client's request, in the name of a service account. So a quota, a LimitRange or a Pod
Security level refuses a ReplicaSet's pod in the same words as anybody's, and the controller passes them on. Two steps
are left out: authorization, since all components may write, and the comparison of versions, since no other write can
come in between. Components read from the store itself, which takes the place of an informer's cache.
Rejected alternative: requests over HTTP, which cost a connection and have no fixed order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.chain import mutate, review, review_subresource
from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
from tenantkit.sandbox.apimachinery.resources import PODS
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.auth.users import service_account_user
from tenantkit.sandbox.managedfields.apply import apply
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.sandbox.registry.binding import bound
from tenantkit.sandbox.registry.create import check_valid, store_new
from tenantkit.sandbox.registry.delete import delete_live, remove_or_put
from tenantkit.sandbox.registry.strategies import prepare_update

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.users import User
    from tenantkit.sandbox.storage.store import Store

CONTROLLER_MANAGER = "kube-controller-manager"


class InProcessClient:
    """The writing verbs, as one component.

    Args:
        store: the store of the API server.
        account: the component's service account in `kube-system`, such as `replicaset-controller`.
        manager: the field manager. Default: `kube-controller-manager`.
        user: the component's user, if it has no service account. Default: that of the account.
    """

    def __init__(
        self, store: Store, account: str, *, manager: str = CONTROLLER_MANAGER, user: User | None = None
    ) -> None:
        self._store = store
        self._user = user or service_account_user("kube-system", account)
        self._manager = manager

    def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Create an object.

        Raises:
            ApiError: it is refused; the message is the server's.
        """
        found, _ = read_as(manifest, resource.api_version, resource.kind, strict=False)
        attributes = Attributes("CREATE", resource, self._tracked(None, found), None, self._store, self._user)
        return store_new(replace(attributes, manifest=mutate(attributes)))

    def update(self, resource: Resource, live: Manifest, *, subresource: str = "", **fields: Manifest) -> Manifest:
        """Replace top-level fields (`metadata=`, `spec=`, `status=`) of a live object.

        Args:
            resource: its kind.
            live: as the store has it.
            subresource: `status` or `finalize`; empty for the object itself.
            fields: the new values. Fields that are left out stay as they are.

        Returns:
            The stored object; the live one if nothing changes. An object that is being deleted is removed once its
            last finalizer is.

        Raises:
            ApiError: it is refused; the message is the server's.
        """
        if all(live.get(name) == value for name, value in fields.items()):
            return live
        found, _ = read_as({**live, **fields}, resource.api_version, resource.kind, strict=False)
        return self._stored(resource, live, self._tracked(live, found, subresource), subresource)

    def apply(self, resource: Resource, live: Manifest, *, subresource: str = "", **fields: object) -> Manifest:
        """Apply top-level fields to a live object; fields of other managers are taken over.

        Args:
            resource: its kind.
            live: as the store has it.
            subresource: `status`; empty for the object itself.
            fields: what to apply, such as `rules=`.

        Returns:
            The stored object; the live one if nothing changes.

        Raises:
            ApiError: it is refused; the message is the server's.
        """
        names = {"name": live["metadata"]["name"]}
        if resource.namespaced:
            names["namespace"] = live["metadata"]["namespace"]
        sent = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": names, **fields}
        now = timestamp(self._store.clock())
        tracked = apply(live, sent, manager=self._manager, force=True, time=now, subresource=subresource)
        return self._stored(resource, live, tracked, subresource)

    def _stored(self, resource: Resource, live: Manifest, tracked: Manifest, subresource: str) -> Manifest:
        """The object after an update, with the managed fields given."""
        if tracked is live:
            return live
        return self._replace(resource, live, tracked, subresource)

    def _replace(self, resource: Resource, live: Manifest, tracked: Manifest, subresource: str) -> Manifest:
        """Store a live object's new state, which has managed fields."""
        attributes = Attributes("UPDATE", resource, tracked, live, self._store, self._user, subresource)
        after = prepare_update(mutate(attributes), live, subresource=subresource)
        check_valid(after, live, subresource=subresource)
        review(replace(attributes, manifest=after))
        return remove_or_put(self._store, resource, after, live)

    def bind(self, pod: Manifest, node: str) -> Manifest:
        """Assign a pod to a node, as a POST of a Binding does.

        Raises:
            ApiError: it is refused; the message is the server's.
        """
        place = {name: pod["metadata"][name] for name in ("name", "namespace", "uid")}
        target = {"kind": "Node", "name": node}
        binding: Manifest = {"apiVersion": "v1", "kind": "Binding", "metadata": place, "target": target}
        attributes = Attributes("CREATE", PODS, binding, None, self._store, self._user, "binding")
        review_subresource(replace(attributes, shown=(binding, None)))
        return self._store.put(PODS, bound(pod, node, timestamp(self._store.clock())))

    def delete(
        self, resource: Resource, live: Manifest, *, propagation: str = "", grace_period_s: int | None = None
    ) -> None:
        """Delete a live object, or mark it as being deleted where it has finalizers or a grace period.

        Args:
            resource: its kind.
            live: as the store has it.
            propagation: `Background`, `Foreground` or `Orphan`. Default: the object's own finalizers or its kind
                decide.
            grace_period_s: seconds. Default: the pod's own.

        Raises:
            ApiError: it is refused; the message is the server's.
        """
        options = DeleteOptions(propagation=propagation, grace_period_s=grace_period_s)
        delete_live(self._store, resource, live, options, self._user)

    def _tracked(self, before: Manifest | None, after: Manifest, subresource: str = "") -> Manifest:
        now = timestamp(self._store.clock())
        return track_update(before, after, manager=self._manager, time=now, subresource=subresource)

"""Garbage collection: dependents are deleted or orphaned when their owners are deleted.

An object is deleted once its last owner does not exist. The owner's kind, name and uid are looked up in the object's
namespace, or in the cluster for cluster-scoped kinds. An owner that is deleted in the foreground waits for the
dependents that block it. One whose dependents are orphaned waits until they no longer name it. Owners of kinds that
are not served cannot be looked up, so their dependents stay, as on a real cluster. Left out: the Event about an owner
in another namespace.

Source: page "Garbage Collection"; pkg/controller/garbagecollector, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tenantkit.sandbox.apimachinery.finalizers import FOREGROUND, ORPHAN
from tenantkit.sandbox.apimachinery.resources import of_kind
from tenantkit.sandbox.apimachinery.time import AT_ONCE
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store

_IGNORED = "events"
_Owner: TypeAlias = Literal["solid", "absent", "waiting", "unknown"]


class _Place(NamedTuple):
    resource: Resource
    name: str
    namespace: str


_MOST_WRITES = 30  # of one sync, so that requests do not wait for thousands of dependents


class GarbageCollector:
    """Deletes objects that have lost all owners; keys are uids."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "generic-garbage-collector")
        self._places: dict[str, _Place] = {}
        self._dependents: dict[str, dict[str, None]] = {}

    def keys(self, event: Event) -> Iterable[str]:
        """The object, its dependents if it is deleted, and owners that it no longer names."""
        if event.resource.qualified == _IGNORED:
            return ()
        metadata, is_deleted = event.manifest["metadata"], event.type == "DELETED"
        uid, owners = metadata["uid"], [] if is_deleted else _owners(event.manifest)
        before = _owners(event.previous) if event.previous else []
        self._index(event, uid, {owner["uid"] for owner in owners}, {owner["uid"] for owner in before})
        # Dependents first, while their owner still has its finalizer.
        found = [*self._dependents.get(uid, ())] if is_deleted or _finalizer(event.manifest) else []
        found += [uid] if owners or _finalizer(event.manifest) else []
        return found if owners == before else [*found, *(owner["uid"] for owner in before)]

    def sync(self, key: str) -> datetime | None:
        """Orphan its dependents, finish its deletion, or delete it, whichever one object needs."""
        place = self._places.get(key)
        live = self._store.get(place.resource, place.name, place.namespace) if place else None
        if place is None or live is None:
            return None
        finalizer = _finalizer(live)
        if finalizer == ORPHAN:
            dependents = self._dependents_of(key)
            for dependent in dependents[:_MOST_WRITES]:
                self._change(*dependent, _without_owners({key}))
            if len(dependents) > _MOST_WRITES:
                return AT_ONCE
            self._change(place, live, _without_finalizer(ORPHAN))
        elif finalizer == FOREGROUND:
            if not any(_blocks(dependent, key) for _, dependent in self._dependents_of(key)):
                self._change(place, live, _without_finalizer(FOREGROUND))
        elif not live["metadata"].get("deletionTimestamp"):
            self._collect(key, place, live)
        return None

    def _collect(self, uid: str, place: _Place, live: Manifest) -> None:
        """Delete an object without a remaining owner; of one with some, remove references to the others."""
        states = {owner["uid"]: self._state_of(owner, place) for owner in _owners(live)}
        if not states or "unknown" in states.values():
            return
        if "solid" in states.values():
            obsolete = {owner for owner, state in states.items() if state != "solid"}
            if obsolete:
                self._change(place, live, _without_owners(obsolete))
            return
        dependents, policy = self._dependents_of(uid), ""  # the object's own finalizer decides
        if "waiting" in states.values() and dependents:
            if any(_finalizer(dependent) == FOREGROUND for _, dependent in dependents):
                live = self._change(place, live, _unblocking)  # it may own its owner, and both would wait
            policy = "Foreground"
        self._client.delete(place.resource, live, propagation=policy)

    def _state_of(self, owner: Manifest, place: _Place) -> _Owner:
        """The state of an owner, seen from an object at that place."""
        try:
            resource = of_kind(owner["apiVersion"], owner["kind"])
        except LookupError:
            return "unknown"
        if resource.namespaced and not place.namespace:
            return "unknown"
        live = self._store.get(resource, owner["name"], place.namespace if resource.namespaced else "")
        if live is None or live["metadata"]["uid"] != owner["uid"]:
            return "absent"
        return "waiting" if _finalizer(live) == FOREGROUND else "solid"

    def _dependents_of(self, uid: str) -> list[tuple[_Place, Manifest]]:
        places = [self._places[dependent] for dependent in self._dependents.get(uid, ())]
        found = ((place, self._store.get(*place)) for place in places)
        return [(place, live) for place, live in found if live is not None]

    def _change(self, place: _Place, live: Manifest, change: Callable[[Manifest], Manifest]) -> Manifest:
        """Update an object's metadata; the object is deleted with its last finalizer."""
        return self._client.update(place.resource, live, metadata=change(live["metadata"]))

    def _index(self, event: Event, uid: str, owners: Collection[str], before: Collection[str]) -> None:
        """Record where the object is, and its owners."""
        if event.type == "DELETED":
            self._places.pop(uid, None)
        else:
            metadata = event.manifest["metadata"]
            self._places[uid] = _Place(event.resource, metadata["name"], metadata.get("namespace", ""))
        for owner in owners:
            self._dependents.setdefault(owner, {})[uid] = None
        for owner in before:
            if owner not in owners and owner in self._dependents:
                self._dependents[owner].pop(uid, None)
                if not self._dependents[owner]:
                    del self._dependents[owner]


def _owners(manifest: Manifest) -> list[Manifest]:
    return manifest["metadata"].get("ownerReferences") or []


def _finalizer(manifest: Manifest) -> str:
    """The collector's finalizer of an object that is being deleted; empty if it has none."""
    metadata = manifest["metadata"]
    finalizers = (metadata.get("finalizers") or ()) if metadata.get("deletionTimestamp") else ()
    return next((item for item in finalizers if item in {ORPHAN, FOREGROUND}), "")


def _blocks(dependent: Manifest, uid: str) -> bool:
    return any(owner["uid"] == uid and owner.get("blockOwnerDeletion") for owner in _owners(dependent))


def _without_owners(uids: Collection[str]) -> Callable[[Manifest], Manifest]:
    return lambda metadata: _filtered(metadata, "ownerReferences", lambda owner: owner["uid"] not in uids)


def _without_finalizer(finalizer: str) -> Callable[[Manifest], Manifest]:
    return lambda metadata: _filtered(metadata, "finalizers", lambda item: item != finalizer)


def _filtered(metadata: Manifest, field: str, predicate: Callable[..., bool]) -> Manifest:
    """Metadata with a filtered list; an empty list is removed."""
    items = [item for item in metadata.get(field) or () if predicate(item)]
    rest = {key: value for key, value in metadata.items() if key != field}
    return {**rest, field: items} if items else rest


def _unblocking(metadata: Manifest) -> Manifest:
    """Metadata in which no reference blocks the deletion of its owner."""
    owners = [
        {**owner, "blockOwnerDeletion": False} if owner.get("blockOwnerDeletion") else owner
        for owner in metadata["ownerReferences"]
    ]
    return {**metadata, "ownerReferences": owners}

"""Garbage collection: what goes, and what stays, when an object's owners go.

An object goes when the last of its owners is gone; an owner counts as gone when no object of its kind, name and uid is
in the object's own namespace, or, for kinds without one, in the cluster. Who is deleted in the foreground waits for
those dependents that block it, who is orphaned for its dependents to forget it. Left out: the Event by which a real
collector complains of an owner in another namespace. Owners of kinds that are not served can't be looked up, and so, as
on a real cluster, their dependents stay.

Source: page "Garbage Collection"; pkg/controller/garbagecollector, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tenantkit.sandbox.apimachinery.finalizers import FOREGROUND, ORPHAN
from tenantkit.sandbox.apimachinery.resources import of_kind
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store

_IGNORED = "events"
_Owner: TypeAlias = Literal["solid", "gone", "waiting", "unknown"]


class _Place(NamedTuple):
    resource: Resource
    name: str
    namespace: str


class GarbageCollector:
    """Deletes what nobody owns any more; keys are uids."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "generic-garbage-collector")
        self._places: dict[str, _Place] = {}
        self._dependents: dict[str, dict[str, None]] = {}

    def keys(self, event: Event) -> Iterable[str]:
        """The object and, where it goes or lets go of them, its dependents and owners."""
        if event.resource.qualified == _IGNORED:
            return ()
        metadata, is_gone = event.manifest["metadata"], event.type == "DELETED"
        uid, owners = metadata["uid"], [] if is_gone else _owners(event.manifest)
        let_go = _owners(event.previous) if event.previous else []
        self._index(event, uid, {owner["uid"] for owner in owners}, {owner["uid"] for owner in let_go})
        # Dependents first: they must still see what their owner waits for.
        found = [*self._dependents.get(uid, ())] if is_gone or _finalizer(event.manifest) else []
        found += [uid] if owners or _finalizer(event.manifest) else []
        return found if owners == let_go else [*found, *(owner["uid"] for owner in let_go)]

    def sync(self, key: str) -> None:
        """See to one object: free its dependents, let it go on going, or delete it."""
        place = self._places.get(key)
        live = self._store.get(place.resource, place.name, place.namespace) if place else None
        if place is None or live is None:
            return
        finalizer = _finalizer(live)
        if finalizer == ORPHAN:
            for dependent in self._dependents_of(key):
                self._change(*dependent, _without_owners({key}))
            self._change(place, live, _without_finalizer(ORPHAN))
        elif finalizer == FOREGROUND:
            if not any(_blocks(dependent, key) for _, dependent in self._dependents_of(key)):
                self._change(place, live, _without_finalizer(FOREGROUND))
        elif not live["metadata"].get("deletionTimestamp"):
            self._collect(key, place, live)

    def _collect(self, uid: str, place: _Place, live: Manifest) -> None:
        """Delete an object whose owners are all gone or only wait for it; else let it forget those that are."""
        states = {owner["uid"]: self._state_of(owner, place) for owner in _owners(live)}
        if not states or "unknown" in states.values():
            return
        if "solid" in states.values():
            forgotten = {owner for owner, state in states.items() if state != "solid"}
            if forgotten:
                self._change(place, live, _without_owners(forgotten))
            return
        dependents, policy = self._dependents_of(uid), ""  # what the object's own finalizer says
        if "waiting" in states.values() and dependents:
            if any(_finalizer(dependent) == FOREGROUND for _, dependent in dependents):
                live = self._change(place, live, _unblocking)  # it may own its owner, and each would wait for the other
            policy = "Foreground"
        self._client.delete(place.resource, live, propagation=policy)

    def _state_of(self, owner: Manifest, place: _Place) -> _Owner:
        """Whether an owner is there, for an object at that place."""
        try:
            resource = of_kind(owner["apiVersion"], owner["kind"])
        except LookupError:
            return "unknown"
        if resource.namespaced and not place.namespace:
            return "unknown"
        live = self._store.get(resource, owner["name"], place.namespace if resource.namespaced else "")
        if live is None or live["metadata"]["uid"] != owner["uid"]:
            return "gone"
        return "waiting" if _finalizer(live) == FOREGROUND else "solid"

    def _dependents_of(self, uid: str) -> list[tuple[_Place, Manifest]]:
        places = [self._places[dependent] for dependent in self._dependents.get(uid, ())]
        found = ((place, self._store.get(*place)) for place in places)
        return [(place, live) for place, live in found if live is not None]

    def _change(self, place: _Place, live: Manifest, change: Callable[[Manifest], Manifest]) -> Manifest:
        """Write an object's metadata anew; the object goes where that takes the last thing that it waits for."""
        return self._client.update(place.resource, live, metadata=change(live["metadata"]))

    def _index(self, event: Event, uid: str, owners: Collection[str], before: Collection[str]) -> None:
        """Note where the object is, and whose it is."""
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
    """The collector's finalizer for which an object that is to go waits; empty for all others."""
    metadata = manifest["metadata"]
    finalizers = (metadata.get("finalizers") or ()) if metadata.get("deletionTimestamp") else ()
    return next((item for item in finalizers if item in {ORPHAN, FOREGROUND}), "")


def _blocks(dependent: Manifest, uid: str) -> bool:
    return any(owner["uid"] == uid and owner.get("blockOwnerDeletion") for owner in _owners(dependent))


def _without_owners(uids: Collection[str]) -> Callable[[Manifest], Manifest]:
    return lambda metadata: _kept(metadata, "ownerReferences", lambda owner: owner["uid"] not in uids)


def _without_finalizer(finalizer: str) -> Callable[[Manifest], Manifest]:
    return lambda metadata: _kept(metadata, "finalizers", lambda item: item != finalizer)


def _kept(metadata: Manifest, part: str, is_kept: Callable[..., bool]) -> Manifest:
    """Metadata with what is kept of one of its lists, and without the list where that is nothing."""
    kept = [item for item in metadata.get(part) or () if is_kept(item)]
    rest = {key: value for key, value in metadata.items() if key != part}
    return {**rest, part: kept} if kept else rest


def _unblocking(metadata: Manifest) -> Manifest:
    """Metadata in which no owner has to wait."""
    owners = [
        {**owner, "blockOwnerDeletion": False} if owner.get("blockOwnerDeletion") else owner
        for owner in metadata["ownerReferences"]
    ]
    return {**metadata, "ownerReferences": owners}

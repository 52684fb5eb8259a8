"""The sandbox's etcd: every object by kind, namespace and name, one counter of versions, and the latest events.

A stored manifest is never changed in place, so reading copies nothing, and an event can hold an object's state before
and after. From these events the state at an earlier version is worked out backwards, as pages of a list need it.
Turned down: a snapshot a version, or copies on read, each of which costs more than all the rest of a request.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from tenantkit.sandbox.apimachinery.errors import gone, not_found
from tenantkit.sandbox.storage.names import GeneratedNames

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
# A client that was away for longer lists again; with both states of an object, this many are some 20 MB.
_EVENTS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """One write: the object after it (of a DELETED one its last state, with the version of its end) and before."""

    type: EventType
    resource: Resource
    manifest: Manifest
    previous: Manifest | None

    @property
    def version(self) -> int:
        """The store's version after this write."""
        return int(self.manifest["metadata"]["resourceVersion"])


class Store:
    """All objects of one sandbox; for one thread only.

    Args:
        clock: the time now, with its zone; for `creationTimestamp`.
        events_kept: how many writes a watch may lie behind before it gets 410 Gone.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.apimachinery.resources import find
        >>> store = Store(lambda: datetime.now(UTC))
        >>> store.put(find("", "v1", "namespaces"), {"metadata": {"name": "vision"}})["metadata"]["resourceVersion"]
        '2'
    """

    def __init__(self, clock: Callable[[], datetime], *, events_kept: int = _EVENTS_KEPT) -> None:
        self.clock = clock
        self.generated_names = GeneratedNames()
        self.resource_version = 1  # 0 means "any version" to clients
        self._objects: dict[Resource, dict[str, dict[str, Manifest]]] = {}
        self._events: deque[Event] = deque(maxlen=events_kept)
        self._forgotten = self.resource_version
        self._subscribers: dict[object, Callable[[Event], None]] = {}

    def get(self, resource: Resource, name: str, namespace: str = "") -> Manifest | None:
        """The object, or None; nobody may change it in place."""
        return self._objects.get(resource, {}).get(namespace, {}).get(name)

    def list(self, resource: Resource, namespace: str = "") -> builtins.list[Manifest]:
        """All objects of a kind, or those of one namespace, sorted by namespace and name."""
        by_namespace = self._objects.get(resource, {})
        chosen = (namespace,) if namespace else sorted(by_namespace)
        return [item for key in chosen for _, item in sorted(by_namespace.get(key, {}).items(), key=itemgetter(0))]

    def put(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Create or replace an object.

        Args:
            resource: its kind.
            manifest: with `metadata.name`, and `metadata.namespace` where the kind has namespaces.

        Returns:
            The stored object: with a new `resourceVersion`, and when it is new a `uid` and `creationTimestamp` unless
            it brings them. An object as it is already stored is not written again, and there is no event.
        """
        metadata = manifest["metadata"]
        previous = self.get(resource, metadata["name"], metadata.get("namespace", ""))
        if previous is None:
            created = self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
            metadata = {"uid": str(uuid4()), "creationTimestamp": created, **metadata}
        elif previous == _at_version(manifest, previous["metadata"]["resourceVersion"]):
            return previous
        stored = self._next({**manifest, "metadata": metadata})
        self._objects.setdefault(resource, {}).setdefault(metadata.get("namespace", ""), {})[metadata["name"]] = stored
        self._record(Event("ADDED" if previous is None else "MODIFIED", resource, stored, previous))
        return stored

    def remove(self, resource: Resource, name: str, namespace: str = "") -> Manifest:
        """Take an object out; its last state, with the version of its end. Raises ApiError 404."""
        previous = self._objects.get(resource, {}).get(namespace, {}).pop(name, None)
        if previous is None:
            raise not_found(resource, name)
        last = self._next(previous)
        self._record(Event("DELETED", resource, last, previous))
        return last

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Request back after each write, in the writer's own call; the answer ends that, and may be called twice."""
        token = object()
        self._subscribers[token] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(token, None)

        return unsubscribe

    def events_since(self, version: int, resource: Resource, namespace: str = "") -> builtins.list[Event]:
        """The writes to a kind after that version, oldest first. Raises ApiError 410 where they are forgotten."""
        return [event for event in self._since(version) if _concerns(event, resource, namespace)]

    def list_at(self, version: int, resource: Resource, namespace: str = "") -> builtins.list[Manifest]:
        """What `list` answered at that version. Raises ApiError 410 where it is forgotten."""
        if version == self.resource_version:
            return self.list(resource, namespace)
        found = {_key(item): item for item in self.list(resource, namespace)}
        for event in reversed(self.events_since(version, resource, namespace)):
            if event.previous is None:
                del found[_key(event.manifest)]
            else:
                found[_key(event.previous)] = event.previous
        return [item for _, item in sorted(found.items(), key=itemgetter(0))]

    def _since(self, version: int) -> builtins.list[Event]:
        if version < self._forgotten:
            raise gone(f"too old resource version: {version} ({self._forgotten})")
        # Versions count writes without a gap, so that the place of an event follows from its version.
        first = max(0, len(self._events) - (self.resource_version - version))
        return [self._events[place] for place in range(first, len(self._events))]

    def _next(self, manifest: Manifest) -> Manifest:
        self.resource_version += 1
        return _at_version(manifest, str(self.resource_version))

    def _record(self, event: Event) -> None:
        if len(self._events) == self._events.maxlen:
            self._forgotten = self._events[0].version
        self._events.append(event)
        for callback in tuple(self._subscribers.values()):
            callback(event)


def _at_version(manifest: Manifest, version: str) -> Manifest:
    """The object with that resourceVersion."""
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}}


def _key(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _concerns(event: Event, resource: Resource, namespace: str) -> bool:
    return event.resource is resource and (not namespace or event.manifest["metadata"].get("namespace") == namespace)

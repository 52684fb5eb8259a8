"""The sandbox's etcd: all objects by kind, namespace and name, one version counter, and the latest events.

A stored manifest is never changed in place, so reads need no copies and an event can hold an object's state before and
after a write. The state at an earlier version, which pages of a list need, is computed backwards from the events.
Rejected alternative: a snapshot per version or copies on read, which would cost more than the rest of a request.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from tenantkit.sandbox.apimachinery.errors import not_found, resource_expired
from tenantkit.sandbox.apimachinery.json_text import write_json
from tenantkit.sandbox.storage.names import GeneratedNames

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
# A client that falls further behind must list again. Usually this is about 20 MB; the limit in bytes, of JSON, is for
# objects of a megabyte each.
_EVENTS_KEPT = 10_000
_BYTES_KEPT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One write: the object after and before it; of a deleted object `manifest` is the last state."""

    type: EventType
    resource: Resource
    manifest: Manifest
    previous: Manifest | None

    @property
    def version(self) -> int:
        """The store's version after this write."""
        return int(self.manifest["metadata"]["resourceVersion"])


class Store:
    """All objects of one sandbox; for use in one thread only.

    Args:
        clock: returns the current time, with time zone.
        events_kept: the number of writes that a watch may be behind before it gets 410 Gone.
        bytes_kept: the size of these writes' objects as JSON.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.apimachinery.resources import find
        >>> store = Store(lambda: datetime.now(UTC))
        >>> store.put(find("", "v1", "namespaces"), {"metadata": {"name": "vision"}})["metadata"]["resourceVersion"]
        '2'
    """

    def __init__(
        self, clock: Callable[[], datetime], *, events_kept: int = _EVENTS_KEPT, bytes_kept: int = _BYTES_KEPT
    ) -> None:
        self.clock = clock
        self.generated_names = GeneratedNames()
        self.resource_version = 1  # to clients 0 means "any version"
        self._objects: dict[Resource, dict[str, dict[str, Manifest]]] = {}
        self.oldest_version = self.resource_version  # from which a watch may start
        self._events: deque[Event] = deque()
        self._sizes: deque[int] = deque()
        self._events_kept, self._bytes_left = events_kept, bytes_kept
        self._subscribers: dict[object, Callable[[Event], None]] = {}

    def get(self, resource: Resource, name: str, namespace: str = "") -> Manifest | None:
        """The object, or None; it must not be changed in place."""
        return self._objects.get(resource, {}).get(namespace, {}).get(name)

    def list(self, resource: Resource, namespace: str = "") -> builtins.list[Manifest]:
        """All objects of a kind, or those of one namespace, sorted by namespace and name."""
        by_namespace = self._objects.get(resource, {})
        chosen = (namespace,) if namespace else sorted(by_namespace)
        return [item for key in chosen for _, item in sorted(by_namespace.get(key, {}).items(), key=itemgetter(0))]

    def put(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Create or replace an object.

        Args:
            resource: the object's resource.
            manifest: the object, with `metadata.name`, and `metadata.namespace` if the kind is namespaced.

        Returns:
            The stored object, with a new `resourceVersion`. A new object also gets a `uid` and `creationTimestamp`
            unless it has them. An object that equals the stored one is not written, and there is no event.
        """
        metadata = manifest["metadata"]
        previous = self.get(resource, metadata["name"], metadata.get("namespace", ""))
        if previous is None:
            created = self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
            metadata = {"uid": str(uuid4()), "creationTimestamp": created, **metadata}
        elif previous == _at_version(manifest, previous["metadata"]["resourceVersion"]):
            return previous
        size = len(write_json(manifest))  # fails before anything is stored that no response could contain
        stored = self._next({**manifest, "metadata": metadata})
        self._objects.setdefault(resource, {}).setdefault(metadata.get("namespace", ""), {})[metadata["name"]] = stored
        self._record(Event("ADDED" if previous is None else "MODIFIED", resource, stored, previous), size)
        return stored

    def remove(self, resource: Resource, name: str, namespace: str = "") -> Manifest:
        """Remove an object and return its last state, with the version of this write. Raises ApiError 404."""
        previous = self._objects.get(resource, {}).get(namespace, {}).pop(name, None)
        if previous is None:
            raise not_found(resource, name)
        last = self._next(previous)
        self._record(Event("DELETED", resource, last, previous), 0)  # its state is that of an earlier write
        return last

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` during each write; call the returned function to stop that."""
        token = object()
        self._subscribers[token] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(token, None)

        return unsubscribe

    def events_since(self, version: int, resource: Resource, namespace: str = "") -> builtins.list[Event]:
        """The writes to a kind after that version, oldest first. Raises ApiError 410 if the version is too old."""
        return [event for event in self._since(version) if _matches(event, resource, namespace)]

    def list_at(self, version: int, resource: Resource, namespace: str = "") -> builtins.list[Manifest]:
        """The result of `list` at that version. Raises ApiError 410 if the version is too old."""
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
        if version < self.oldest_version:
            raise resource_expired(f"too old resource version: {version} ({self.oldest_version})")
        # Versions have no gaps, so an event's index follows from its version.
        first = max(0, len(self._events) - (self.resource_version - version))
        return [self._events[index] for index in range(first, len(self._events))]

    def _next(self, manifest: Manifest) -> Manifest:
        self.resource_version += 1
        return _at_version(manifest, str(self.resource_version))

    def _record(self, event: Event, size: int) -> None:
        self._events.append(event)
        self._sizes.append(size)
        self._bytes_left -= size
        while len(self._events) > self._events_kept or (self._bytes_left < 0 and len(self._events) > 1):
            self.oldest_version = self._events.popleft().version
            self._bytes_left += self._sizes.popleft()
        for callback in tuple(self._subscribers.values()):
            callback(event)


def _at_version(manifest: Manifest, version: str) -> Manifest:
    """The object with that resourceVersion."""
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}}


def _key(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _matches(event: Event, resource: Resource, namespace: str) -> bool:
    return event.resource is resource and (not namespace or event.manifest["metadata"].get("namespace") == namespace)

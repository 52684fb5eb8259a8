"""Watches: what changes, told to whoever asks, as it changes.

Each watch has a queue that the store's writes fill in the writer's own call, so that an event is on its way before the
write is answered. A selection makes three events of one: an object that comes to match is ADDED, one that ceases to is
DELETED. Turned down: polling the store's events, which is late or busy.

Source: page "Kubernetes API Concepts", section "Efficient detection of changes".
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import orjson

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.endpoints.options import list_options
from tenantkit.sandbox.endpoints.selectors import selection_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.request import Request
    from tenantkit.sandbox.storage.store import Event, Store

_BOOKMARK_EVERY_S = 60.0
_SHORTEST_S = 1800
INITIAL_END = "k8s.io/initial-events-end"  # the annotation of the bookmark after all that was there


class Watch:
    """One open watch. Made in the request's first step, so that a wrong selector is still a plain 400.

    Args:
        store: what is watched.
        resource: which kind of it.
        request: the request.
        shape: what the client wants of each object. Default: the object.
    """

    def __init__(
        self,
        store: Store,
        resource: Resource,
        request: Request,
        shape: Callable[[Manifest], Manifest] = lambda found: found,
    ) -> None:
        self._store = store
        self._resource = resource
        self._shape = shape
        self._options = list_options(request.query)
        self._selection = selection_of(resource, self._options, name=request.info.name)
        self._namespace = request.info.namespace if resource.namespaced else ""
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def lines(self) -> AsyncIterator[bytes]:
        """The events, a line of JSON each, until the time is over, `end` is called, or the version is too old."""
        unsubscribe = self._store.subscribe(self._seen)
        try:
            for line in self._first_lines():
                yield line
            async for line in self._following_lines():
                yield line
        except ApiError as error:
            yield self._line("ERROR", error.status_body())
        finally:
            unsubscribe()

    def end(self) -> None:
        """Let the stream end, after what is already on its way."""
        self._queue.put_nowait(None)

    def _seen(self, event: Event) -> None:
        if event.resource is not self._resource:
            return
        if not self._namespace or event.manifest["metadata"].get("namespace") == self._namespace:
            self._queue.put_nowait(event)

    def _first_lines(self) -> Iterator[bytes]:
        """What is there already, or what was missed since the version that the client knows."""
        options, version = self._options, self._options.version or 0
        if options.initial_events or (not version and options.initial_events is None):
            now = self._store.resource_version  # What is written while these lines go out is still in the queue.
            for manifest in self._store.list(self._resource, self._namespace):
                if self._selection.matches(manifest):
                    yield self._line("ADDED", manifest)
            if options.initial_events and options.bookmarks:
                yield self._bookmark(now, {INITIAL_END: "true"})
        elif version:
            for event in self._store.events_since(version, self._resource, self._namespace):
                yield from self._told(event)

    async def _following_lines(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        lasts_s = self._options.timeout_s or _SHORTEST_S * (1 + random.random())  # noqa: S311 (spreads reconnects)
        deadline = loop.time() + lasts_s
        while (left_s := deadline - loop.time()) > 0:
            try:
                event = await asyncio.wait_for(self._queue.get(), min(left_s, _BOOKMARK_EVERY_S))
            except TimeoutError:
                if self._options.bookmarks:
                    yield self._bookmark(self._store.resource_version)
                continue
            if event is None:
                return
            for line in self._told(event):
                yield line

    def _told(self, event: Event) -> Iterator[bytes]:
        """An event as it is to this selection; nothing for an object that neither matched nor matches."""
        now = event.type != "DELETED" and self._selection.matches(event.manifest)
        before = event.previous is not None and self._selection.matches(event.previous)
        if now:
            yield self._line("MODIFIED" if before else "ADDED", event.manifest)
        elif before and event.previous is not None:
            last = event.previous
            version = event.manifest["metadata"]["resourceVersion"]
            yield self._line("DELETED", {**last, "metadata": {**last["metadata"], "resourceVersion": version}})

    def _bookmark(self, version: int, annotations: Manifest | None = None) -> bytes:
        metadata: Manifest = {"resourceVersion": str(version)}
        if annotations:
            metadata["annotations"] = annotations
        resource = self._resource
        return self._line("BOOKMARK", {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata})

    def _line(self, event_type: str, manifest: Manifest) -> bytes:
        return orjson.dumps({"type": event_type, "object": self._shape(manifest)}) + b"\n"

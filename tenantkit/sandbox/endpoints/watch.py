"""Watches: streams of changes.

Each watch has a queue that the store fills during the write, so that an event is sent before the write's response. With
selectors, an object that starts to match is ADDED and one that stops matching is DELETED. Rejected alternative: polling
the store's events, which is late or wastes time.

Source: page "Kubernetes API Concepts", section "Efficient detection of changes".
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.go_text import not_uint64
from tenantkit.sandbox.apimachinery.json_text import write_json
from tenantkit.sandbox.endpoints.options import list_options, not_a_version
from tenantkit.sandbox.endpoints.selectors import selectors_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.request import ApiRequest
    from tenantkit.sandbox.storage.store import Event, Store

_BOOKMARK_EVERY_S = 60.0
_MIN_TIMEOUT_S = 1800
INITIAL_END = "k8s.io/initial-events-end"  # the annotation of the bookmark after the initial events


class Watch:
    """One open watch. It is created before the response starts, so that an invalid selector is answered with 400.

    Args:
        store: the store to watch.
        resource: the resource to watch.
        request: the request.
        convert: converts each object to the requested form. Default: no conversion.
    """

    def __init__(
        self,
        store: Store,
        resource: Resource,
        request: ApiRequest,
        convert: Callable[[Manifest], Manifest] = lambda manifest: manifest,
    ) -> None:
        self._store = store
        self._resource = resource
        self._convert = convert
        self._options = list_options(request.query)
        self._selectors = selectors_of(resource, self._options, name=request.info.name)
        if (text := self._options.version_text) and (why := not_uint64(text)):
            raise ApiError(code=500, reason="", message=not_a_version(text, why))
        self._namespace = request.info.namespace if resource.namespaced else ""
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._first_queued = 0  # the version of the oldest event in the queue

    async def lines(self) -> AsyncIterator[bytes]:
        """The events, one line of JSON each, until the timeout, a call of `end`, or an error such as 410."""
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
        """End the stream after the queued events."""
        self._queue.put_nowait(None)

    def _seen(self, event: Event) -> None:
        if event.resource is not self._resource:
            return
        if not self._namespace or event.manifest["metadata"].get("namespace") == self._namespace:
            if self._queue.empty():
                self._first_queued = event.version
            elif self._first_queued <= self._store.oldest_version:
                self._fall_behind()
            self._queue.put_nowait(event)

    def _fall_behind(self) -> None:
        """End the stream of a client that does not read: its events would be kept beyond the store's own limit."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self.end()

    def _first_lines(self) -> Iterator[bytes]:
        """The existing objects, or the events since the client's version."""
        options, version = self._options, self._options.version or 0
        if options.initial_events or (not version and options.initial_events is None):
            now = self._store.resource_version  # later writes are in the queue
            for manifest in self._store.list(self._resource, self._namespace):
                if self._selectors.matches(manifest):
                    yield self._line("ADDED", manifest)
            if options.initial_events and options.bookmarks:
                yield self._bookmark(now, {INITIAL_END: "true"})
        elif version:
            for event in self._store.events_since(version, self._resource, self._namespace):
                yield from self._selected(event)

    async def _following_lines(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        timeout_s = self._options.timeout_s or _MIN_TIMEOUT_S * (1 + random.random())  # noqa: S311 (spreads reconnects)
        deadline = loop.time() + timeout_s
        while (remaining_s := deadline - loop.time()) > 0:
            try:
                event = await asyncio.wait_for(self._queue.get(), min(remaining_s, _BOOKMARK_EVERY_S))
            except TimeoutError:
                if self._options.bookmarks:
                    yield self._bookmark(self._store.resource_version)
                continue
            if event is None:
                return
            self._first_queued = event.version  # those that are still queued are newer
            for line in self._selected(event):
                yield line

    def _selected(self, event: Event) -> Iterator[bytes]:
        """The event as the selectors see it; nothing for an object that matches neither before nor after."""
        now = event.type != "DELETED" and self._selectors.matches(event.manifest)
        before = event.previous is not None and self._selectors.matches(event.previous)
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
        return write_json({"type": event_type, "object": self._convert(manifest)}) + b"\n"

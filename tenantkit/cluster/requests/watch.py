"""Watches that resume after a disconnect, and that list again after 410 Gone.

A watch remembers the metadata of the objects that it reported, so that after a 410 it can report the objects that were
added, changed and deleted meanwhile. A watch from the caller's version does not know objects that it never reported;
with `name` it still reports that the one object was deleted. Rejected alternative: ending at 410, as the official
client does, which every caller would have to handle.
Source: page "Kubernetes API Concepts", section "Efficient detection of changes".
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, cast

from tenantkit.cluster.arguments import as_seconds
from tenantkit.cluster.http.errors import Operation, error_of_status, error_of_transport
from tenantkit.cluster.http.retries import Retries
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.http.transport import TransportError
from tenantkit.cluster.requests.event_parser import parse_event
from tenantkit.cluster.requests.list import list_all
from tenantkit.cluster.requests.paths import with_query
from tenantkit.exceptions import ClusterUnavailable, Expired, InvalidSpecError, Problem, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.http.liveness import Liveness
    from tenantkit.cluster.http.session import Session
    from tenantkit.cluster.http.transport import Stream
    from tenantkit.cluster.requests.list import Selection
    from tenantkit.cluster.requests.unreadable import UnreadableObject
    from tenantkit.exceptions import ClusterError
    from tenantkit.rules.manifest import Manifest

EventType = Literal["ADDED", "MODIFIED", "DELETED"]

# A fresh watch every few minutes, as client-go asks for; servers send a bookmark about once a minute.
LONGEST_STREAM_S = 300.0
_GRACE_S = 15.0  # after the server's timeout, before silence counts as a dead connection
_SHORT_S = 1.0  # a stream that ends sooner counts as a failure, else a proxy that closes each would be called for ever
RESUMES = Retries(attempts=9, first_pause_s=0.2, longest_pause_s=10.0)  # about half a minute in a row
_LOOK_S = 0.5  # how soon the thread beside a stream notices its end
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """A change of an object.

    Args:
        type: ADDED also for the objects that existed at the start.
        manifest: the object after the change. If its deletion was missed: its apiVersion, kind and last metadata.
        unreadable: set for an object that cannot be parsed, whose manifest has only apiVersion, kind, and of its
            metadata at most name, namespace, uid and resourceVersion.

    Example:
        >>> event = next(cluster.watch("Namespace", name="speech", timeout_s=5))
        >>> event.type, event.manifest["status"]["phase"]
        ('ADDED', 'Active')
    """

    type: EventType
    manifest: Manifest
    unreadable: UnreadableObject | None = None


@dataclass(slots=True)
class _Watch:
    """One watch, over as many streams as it takes.

    `unseen` names the one object of a watch from the caller's version, until an event about it was reported.
    """

    session: Session
    selection: Selection
    version: str | None
    deadline: float
    stop: threading.Event
    unseen: str | None
    on_connection_change: Callable[[ClusterError | None], None] | None = None
    liveness: Liveness | None = None
    known: dict[_Key, Manifest] = field(default_factory=dict)
    failures: int = 0
    last_error: ClusterError | None = None
    has_begun: bool = False

    def run(self) -> Iterator[WatchEvent]:
        while not self._is_over():
            try:
                if self.version is None:
                    yield from self._list()
                    continue
                started = time.monotonic()
                yield from self._stream(self.version)
                if time.monotonic() - started < _SHORT_S:
                    self._pause(None)
            except Expired:
                self.version = None
                self._pause(None)
            except (ClusterUnavailable, Throttled) as error:
                self._pause(error)
        if self.last_error is not None and not self.stop.is_set():
            raise self.last_error  # changes before the timeout may have been missed

    def _is_over(self) -> bool:
        return self.stop.is_set() or time.monotonic() >= self.deadline

    def _pause(self, error: ClusterError | None) -> None:
        """Wait before the next attempt, longer each time. A failure at the start, or for too long, is raised."""
        self.failures += 1
        self.last_error = error
        if self.on_connection_change is not None and error is not None:
            self.on_connection_change(error)
        if error is not None and (not self.has_begun or self.failures >= RESUMES.attempts) and not self._is_over():
            raise error
        pause = RESUMES.pause_s(min(self.failures, RESUMES.attempts), self.session.jitter)
        self.stop.wait(max(0.0, min(pause, self.deadline - time.monotonic())))

    def _is_connected(self) -> None:
        self.has_begun, self.last_error = True, None
        if self.liveness is not None:
            self.liveness.heard()
        if self.on_connection_change is not None:
            self.on_connection_change(None)

    def _list(self) -> Iterator[WatchEvent]:
        """The events between the objects that were reported and those that exist now."""
        listed = list_all(self.session, self.selection)
        self._is_connected()
        self.version = listed.resource_version
        hidden = {(each.namespace or "", each.name): each for each in listed.items.unreadable if each.name}
        now = {_key(item): item for item in listed.items}
        deleted = [before for key, before in self.known.items() if key not in now and key not in hidden]
        if self.unseen and not now and not hidden:
            deleted = [self._never_seen(self.unseen)]
        self.unseen = None
        for before in deleted:
            self.known.pop(_key(before), None)
            yield WatchEvent("DELETED", before)
        for key, item in now.items():
            seen = self.known.get(key)
            if seen is not None and _uid(seen) != _uid(item):
                yield WatchEvent("DELETED", seen)
                seen = None
            if seen is None or _version(seen) != _version(item):
                self.known[key] = _remembered(item)
                yield WatchEvent("MODIFIED" if seen else "ADDED", item)
        for (namespace, name), unreadable in hidden.items():
            kind = self.selection.kind
            metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
            item = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
            kept = self.known.setdefault((namespace, str(name)), item)
            yield WatchEvent("ADDED" if kept is item else "MODIFIED", item, unreadable)

    def _stream(self, version: str) -> Iterator[WatchEvent]:
        """The events of one stream, until it ends."""
        stream = self.session.open(self._call(version))
        self._is_connected()
        is_done, is_lost = threading.Event(), threading.Event()
        beside = (stream, is_done, is_lost)
        threading.Thread(target=self._shut_in_time, args=beside, name="tenantkit-watch", daemon=True).start()
        try:
            yield from self._events(stream)
        except TransportError as failure:
            if not self._is_over() and not is_lost.is_set():  # otherwise it was closed on purpose
                raise error_of_transport(failure, self._operation, self.session.server) from failure
        finally:
            is_done.set()
            stream.close()
        if is_lost.is_set():
            silence = TransportError("timeout", "it was silent, and did not answer a check")
            raise error_of_transport(silence, self._operation, self.session.server)

    def _events(self, stream: Stream) -> Iterator[WatchEvent]:
        for line in stream.lines():
            event = self._event(line)
            self.failures = 0
            if self.liveness is not None:
                self.liveness.heard()
            if event is not None:
                yield event
            if self._is_over():
                return

    def _shut_in_time(self, stream: Stream, is_done: threading.Event, is_lost: threading.Event) -> None:
        """Release a reader that waits for the next line once the watch is over or the server does not answer."""
        while not is_done.is_set():
            if self.liveness is not None and self.liveness.is_lost():
                is_lost.set()
            if is_lost.is_set() or self._is_over():
                stream.shut()
                return
            self.stop.wait(min(_LOOK_S, max(0.0, self.deadline - time.monotonic())))

    @property
    def _operation(self) -> Operation:
        return Operation("watch", self.selection.kind.kind, namespace=self.selection.namespace)

    def _call(self, version: str) -> Call:
        seconds = math.ceil(max(1.0, min(LONGEST_STREAM_S, self.deadline - time.monotonic())))
        query: dict[str, str | int | bool | None] = {
            **self.selection.query,
            "watch": True,
            "allowWatchBookmarks": True,
            "resourceVersion": version,
            "timeoutSeconds": seconds,
        }
        path = with_query(self.selection.path, query)
        return Call("GET", path, self._operation, is_repeatable=True, timeout_s=seconds + _GRACE_S)

    def _event(self, line: bytes) -> WatchEvent | None:
        """One line as an event; None for a bookmark, which only moves the version."""
        try:
            kind, item, unreadable = parse_event(line, self.selection.kind)
        except ValueError as error:
            if self.failures:
                self.version = None  # from the same version, the same line comes again
            raise TransportError("garbled", str(error)) from error
        if kind == "ERROR":
            raise error_of_status(item, self._operation)
        self.version = _version(item)
        if kind == "BOOKMARK":
            return None
        self.unseen = None
        if kind == "DELETED":
            self.known.pop(_key(item), None)
        else:
            self.known[_key(item)] = _remembered(item)
        return WatchEvent(cast("EventType", kind), item, unreadable)

    def _never_seen(self, name: str) -> Manifest:
        namespace = {"namespace": self.selection.namespace} if self.selection.namespace else {}
        kind = self.selection.kind
        return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, **namespace}}


def watch(  # noqa: PLR0913 (those of `Cluster.watch`)
    session: Session,
    selection: Selection,
    *,
    name: str | None = None,
    resource_version: str | None = None,
    timeout_s: float | None = None,
    stop: threading.Event | None = None,
    on_connection_change: Callable[[ClusterError | None], None] | None = None,
) -> Iterator[WatchEvent]:
    """The events of a selection until the timeout, or until `stop` is set; see `Cluster.watch`."""
    timeout_s = None if timeout_s is None else _seconds(timeout_s)
    if name is not None:
        by_name = f"metadata.name={name}"
        selectors = [text for text in (selection.field_selector, by_name) if text]
        selection = replace(selection, field_selector=",".join(selectors))
    run = _Watch(
        session=session,
        selection=selection,
        version=resource_version or None,
        deadline=math.inf if timeout_s is None else time.monotonic() + timeout_s,
        stop=stop or threading.Event(),
        unseen=name if resource_version else None,
        on_connection_change=on_connection_change,
        liveness=None if on_connection_change is None else session.liveness,
    )
    return run.run()


def _seconds(timeout_s: object) -> float:
    seconds = as_seconds(timeout_s)
    if seconds is None:
        raise InvalidSpecError([Problem("timeout_s", timeout_s, "use a number of seconds, for example 30")])
    return seconds


def _key(item: Manifest) -> _Key:
    metadata = item["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def _uid(item: Manifest) -> str:
    return str(item["metadata"].get("uid"))


def _version(item: Manifest) -> str:
    return str(item["metadata"].get("resourceVersion"))


def _remembered(item: Manifest) -> Manifest:
    """The part of an object that is needed to recognize it, and to report its deletion."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {"apiVersion": item.get("apiVersion"), "kind": item.get("kind"), "metadata": metadata}

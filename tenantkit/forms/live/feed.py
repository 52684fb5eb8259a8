"""Keeps a model up to date: a thread a kind that watches, and one that tells when there is something new to show.

Changes within a tenth of a second are shown together; where drawing takes long, as of very many objects on a slow
machine, it is done less often, so that cells get most of the kernel's time. A watch that gave up is begun again, until
`stop`: then every thread ends. A connection that is cut without a word is noticed within eight seconds, since a silent
server is asked whether it is there.
Turned down: asking again and again, which costs the server as much when nothing happens.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.cluster.visible import chosen_namespaces
from tenantkit.exceptions import ClusterUnavailable, PermissionDenied, TenantKitError, Throttled
from tenantkit.forms.live.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import ClusterError

Source: TypeAlias = tuple[str, str | None]  # a kind, and the namespace where it is watched
THREAD_NAME = "tenantkit-live"
_TOGETHER_S = 0.1
_LONGEST_PAUSE_S = 1.0
_PAUSE_PER_DRAWING = 3.0
_AGAIN_S = 2.0
_LOOK_S = 1.0
_END_S = 3.0


class Feed:
    """Watches some kinds.

    Args:
        cluster: where.
        kinds: each is a thread and a connection, in each namespace.
        namespaces: only these. Default: the connection's `namespaces`; where it has none, the whole cluster, or the
            connection's own namespace where a kind may not be watched in the whole cluster.
        changed: called on a thread of the feed's own when there is something new; at most ten times a second.
        look: called on the same thread, about once a second.
    """

    def __init__(
        self,
        cluster: Cluster,
        kinds: Sequence[str],
        changed: Callable[[], None],
        *,
        look: Callable[[], None] = lambda: None,
        namespaces: Sequence[str] | None = None,
    ) -> None:
        self.model = Model()
        self.lock = threading.Lock()
        self._cluster, self._changed, self._look = cluster, changed, look
        self._stop, self._news = threading.Event(), threading.Event()
        self.namespaces = chosen_namespaces(cluster, namespaces)
        self.narrowed: set[str] = set()  # kinds of which only the connection's own namespace may be watched
        self._lost: dict[Source, datetime] = {}
        self._begun: set[Source] = set()
        self._sources = [(kind, place) for kind in kinds for place in self.namespaces or (None,)]
        tasks: list[tuple[Callable[..., None], tuple[object, ...]]] = [(self._tell, ())]
        tasks += [(self._watch, (source,)) for source in self._sources]
        self._threads = [
            threading.Thread(target=job, args=given, name=THREAD_NAME, daemon=True) for job, given in tasks
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all threads and connections; harmless when done twice."""
        self._stop.set()
        self._news.set()
        for thread in self._threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(_END_S)

    @property
    def state(self) -> str:
        """`connecting`, `live`, `reconnecting since 12:00:00 UTC`, or `stopped`."""
        if self._stop.is_set():
            return "stopped"
        if self._lost:
            return f"reconnecting since {min(self._lost.values()):%H:%M:%S} UTC"
        return "live" if self._begun.issuperset(self._sources) else "connecting"

    def _watch(self, source: Source) -> None:
        """Follow a kind until the end; in the connection's own namespace, where it may not be in the whole cluster."""
        kind, place = source
        refusal: PermissionDenied | None = None
        while not self._stop.is_set():
            with self.lock:
                self._begun.discard(source)
            try:
                self._follow(source, place)
            except (ClusterUnavailable, Throttled) as error:
                self._told(source, error)
                self._stop.wait(_AGAIN_S)
            except PermissionDenied as error:
                if place is not None:
                    with self.lock:
                        self.narrowed.discard(kind)
                    self._refused(source, refusal or error)
                    return
                refusal, place = error, self._cluster.namespace
                with self.lock:
                    self.narrowed.add(kind)
            except TenantKitError as error:  # among them: the connection was closed
                self._refused(source, error)
                return

    def _refused(self, source: Source, error: TenantKitError) -> None:
        kind, place = source
        with self.lock:
            self.model.forget(kind, place)
            self.model.refused[kind, place or ""] = str(error)
            self._lost.pop(source, None)
            self._begun.add(source)
        self._news.set()

    def _follow(self, source: Source, namespace: str | None) -> None:
        kind, _ = source
        if kind == "Namespace" and namespace is not None:  # whoever may get one may not watch it
            found = self._cluster.get(kind, namespace)
            self._told(source, None)
            with self.lock:
                self.model.take("ADDED", found, kind)
            self._news.set()
            self._stop.wait()
            return
        events = self._cluster.watch(
            kind, namespace=namespace, stop=self._stop, on_connection_change=lambda error: self._told(source, error)
        )
        for event in events:
            with self.lock:
                self.model.take(event.type, event.manifest, kind)
            self._news.set()

    def _told(self, source: Source, error: ClusterError | None) -> None:
        """The connection was lost, or is there (again)."""
        with self.lock:
            if error is not None:
                self._lost.setdefault(source, datetime.now(UTC))
            else:
                self._lost.pop(source, None)
                if source not in self._begun:
                    self.model.forget(*source)  # a watch begun anew tells everything again
                    self._begun.add(source)
        self._news.set()

    def _tell(self) -> None:
        while not self._stop.is_set():
            self._look()
            if not self._news.wait(_LOOK_S):
                continue
            self._news.clear()
            began = time.thread_time()
            self._changed()
            took_s = time.thread_time() - began  # its own: what others keep it waiting for says nothing of drawing
            self._stop.wait(min(max(_TOGETHER_S, took_s * _PAUSE_PER_DRAWING), _LONGEST_PAUSE_S))

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
from typing import TYPE_CHECKING

from tenantkit.exceptions import ClusterUnavailable, TenantKitError, Throttled
from tenantkit.forms.live.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import ClusterError

THREAD_NAME = "tenantkit-live"
_TOGETHER_S = 0.1
_LONGEST_PAUSE_S = 1.0
_PAUSE_PER_DRAWING = 3.0
_AGAIN_S = 2.0
_END_S = 3.0


class Feed:
    """Watches some kinds.

    Args:
        cluster: where.
        kinds: each is a thread and a connection.
        namespace: only there. Default: the whole cluster.
        changed: called on a thread of the feed's own when there is something new; at most ten times a second.
    """

    def __init__(
        self, cluster: Cluster, kinds: Sequence[str], changed: Callable[[], None], *, namespace: str | None = None
    ) -> None:
        self.model = Model()
        self.lock = threading.Lock()
        self._cluster, self._changed, self._namespace = cluster, changed, namespace
        self._stop, self._news = threading.Event(), threading.Event()
        self._lost: dict[str, datetime] = {}
        self._begun: set[str] = set()
        self._kinds = tuple(kinds)
        tasks: list[tuple[Callable[..., None], tuple[str, ...]]] = [(self._tell, ())]
        tasks += [(self._watch, (kind,)) for kind in kinds]
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
        return "live" if self._begun.issuperset(self._kinds) else "connecting"

    def _watch(self, kind: str) -> None:
        while not self._stop.is_set():
            with self.lock:
                self._begun.discard(kind)
            try:
                self._follow(kind)
            except (ClusterUnavailable, Throttled) as error:
                self._told(kind, error)
                self._stop.wait(_AGAIN_S)
            except TenantKitError as error:  # among them: the connection was closed
                with self.lock:
                    self.model.forget(kind)
                    self.model.refused[kind] = str(error)
                    self._lost.pop(kind, None)
                    self._begun.add(kind)
                self._news.set()
                return

    def _follow(self, kind: str) -> None:
        events = self._cluster.watch(
            kind, namespace=self._namespace, stop=self._stop, tell=lambda error: self._told(kind, error)
        )
        for event in events:
            with self.lock:
                self.model.take(event.type, event.manifest, kind)
            self._news.set()

    def _told(self, kind: str, error: ClusterError | None) -> None:
        """The connection was lost, or is there (again)."""
        with self.lock:
            if error is not None:
                self._lost.setdefault(kind, datetime.now(UTC))
            else:
                self._lost.pop(kind, None)
                if kind not in self._begun:
                    self.model.forget(kind)  # a watch begun anew tells everything again
                    self._begun.add(kind)
        self._news.set()

    def _tell(self) -> None:
        while not self._stop.is_set():
            self._news.wait()
            self._news.clear()
            began = time.thread_time()
            self._changed()
            took_s = time.thread_time() - began  # its own: what others keep it waiting for says nothing of drawing
            self._stop.wait(min(max(_TOGETHER_S, took_s * _PAUSE_PER_DRAWING), _LONGEST_PAUSE_S))

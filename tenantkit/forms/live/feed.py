"""Keeps a model up to date: one thread per watched kind, and one that notifies the view of changes.

Changes within a tenth of a second are drawn together. If drawing takes long, as with very many objects on a slow
machine, the view is drawn less often, so that cells get most of the kernel's time. A watch that has failed is started
again, until `stop` ends every thread. A connection that silently drops packets is noticed within eight seconds, since
a silent server is probed. Rejected alternative: polling, which costs the server as much when nothing changes.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.cluster.visible import chosen_namespaces, read_existing_own
from tenantkit.exceptions import ClusterUnavailable, PermissionDenied, TenantKitError, Throttled
from tenantkit.forms.live.model import Model
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import ClusterError

WatchTarget: TypeAlias = tuple[str, str | None]  # a kind, and the namespace to watch; None: all
THREAD_NAME = "tenantkit-live"
_DRAW_INTERVAL_S = 0.1
_MAX_PAUSE_S = 1.0
_PAUSE_PER_DRAWING = 3.0  # drawing takes at most a quarter of the time
_RETRY_S = 2.0
_CHECK_S = 1.0
_STOP_WAIT_S = 3.0
MOST_NAMESPACES = 20  # of the user's tenants, since each takes a connection for each kind


class Feed:
    """Watches some kinds.

    Args:
        cluster: the cluster.
        kinds: each takes one thread and one connection per namespace.
        on_change: called on a thread of the feed after changes, at most ten times a second.
        check: called on the same thread about once a second.
        namespaces: the namespaces to watch. Default: the connection's `namespaces`; without these, the whole cluster,
            or the user's own namespaces for a kind that may not be watched in the whole cluster.
    """

    def __init__(
        self,
        cluster: Cluster,
        kinds: Sequence[str],
        on_change: Callable[[], None],
        *,
        check: Callable[[], None] = lambda: None,
        namespaces: Sequence[str] | None = None,
    ) -> None:
        self.model = Model()
        self.lock = threading.Lock()
        self._cluster, self._on_change, self._check = cluster, on_change, check
        self._stop, self._has_news = threading.Event(), threading.Event()
        self.namespaces = chosen_namespaces(cluster, namespaces)
        self.narrowed: dict[str, tuple[str, ...]] = {}  # by kind, the only namespaces in which it may be watched
        self._wide_refusals: dict[str, PermissionDenied] = {}  # by kind, if only one namespace was tried
        self._own: tuple[str, ...] | None = None
        self._own_lock = threading.Lock()
        self._disconnected: dict[WatchTarget, datetime] = {}
        self._started: set[WatchTarget] = set()
        self._listed: set[WatchTarget] = set()
        self._given_up: set[WatchTarget] = set()
        self._targets: tuple[WatchTarget, ...] = tuple(
            (kind, namespace) for kind in kinds for namespace in self.namespaces or (None,)
        )
        self._threads = [_thread(self._notify), *(_thread(self._watch, target) for target in self._targets)]

    def start(self) -> None:
        """Start all threads."""
        for thread in tuple(self._threads):
            thread.start()

    def stop(self) -> None:
        """End all threads and connections. A second call does nothing."""
        self._stop.set()
        self._has_news.set()
        for thread in self._threads:  # a thread that is waited for may add others
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(_STOP_WAIT_S)

    @property
    def state(self) -> str:
        """`connecting`, `live`, `live in part`, `not readable`, `reconnecting since 12:00:00 UTC`, or `stopped`."""
        if self._stop.is_set():
            return "stopped"
        if self._disconnected:
            return f"reconnecting since {min(self._disconnected.values()):%H:%M:%S} UTC"
        if not self._listed.issuperset(self._targets):
            return "connecting"
        if self._given_up:
            return "not readable" if self._given_up.issuperset(self._targets) else "live in part"
        return "live"

    @property
    def own_count(self) -> int:
        """How many namespaces the user's tenants have, if they were read; at most `MOST_NAMESPACES` are watched."""
        return len(self._own or ())

    def is_listed(self, kinds: Collection[str]) -> bool:
        """Whether all objects of these kinds that may be read are in the model, so that none means none."""
        return all(target in self._listed for target in self._targets if target[0] in kinds)

    def _watch(self, target: WatchTarget) -> None:
        """Watch a kind until `stop`; if the whole cluster is denied, watch the user's own namespaces."""
        while not self._stop.is_set() and target in self._targets:
            with self.lock:
                self._started.discard(target)
            try:
                self._follow_or_narrow(target)
            except (ClusterUnavailable, Throttled) as error:
                self._set_connection(target, error)
                self._stop.wait(_RETRY_S)
            except TenantKitError as error:  # such as a refusal, or a closed connection
                self._give_up(target, error)
                return

    def _follow_or_narrow(self, target: WatchTarget) -> None:
        try:
            self._follow(*target)
        except PermissionDenied as refusal:
            kind, namespace = target
            if namespace is not None or not (kind == "Namespace" or kind_of(kind).namespaced):
                raise self._wide_refusals.get(kind, refusal) from None
            self._narrow(kind, refusal)

    def _narrow(self, kind: str, refusal: PermissionDenied) -> None:
        """Watch the user's own namespaces instead of the whole cluster."""
        with self._own_lock:  # all kinds are narrowed at once, and one of them reads the index
            if self._own is None:
                self._own = read_existing_own(self._cluster).namespaces
            indexed = self._own
        namespaces = indexed[:MOST_NAMESPACES] or self._cluster.fallback_namespaces
        targets = [(kind, namespace) for namespace in namespaces]
        threads = [_thread(self._watch, target) for target in targets]
        with self.lock:
            if namespaces == (self._cluster.namespace,) and not indexed:
                self._wide_refusals[kind] = refusal
            self.namespaces = self.narrowed[kind] = namespaces
            self._disconnected.pop((kind, None), None)
            self._targets = (*(target for target in self._targets if target != (kind, None)), *targets)
            self._threads += threads
        for thread in threads:
            thread.start()

    def _give_up(self, target: WatchTarget, error: TenantKitError) -> None:
        kind, namespace = target
        with self.lock:
            readable = tuple(name for name in self.narrowed.pop(kind, ()) if name != namespace)
            self.narrowed |= {kind: readable} if readable else {}
            self.model.forget(kind, namespace)
            place = "" if kind in self._wide_refusals else namespace or ""
            self.model.unreadable[kind, place] = error.words("form")
            self._disconnected.pop(target, None)
            self._started.add(target)
            self._listed.add(target)  # there is nothing to wait for
            self._given_up.add(target)
        self._has_news.set()

    def _follow(self, kind: str, namespace: str | None) -> None:
        target = (kind, namespace)
        if kind == "Namespace" and namespace is not None:  # a user who may get one namespace may not watch it
            manifest = self._cluster.get(kind, namespace)
            self._set_connection(target, None)
            with self.lock:
                self.model.update("ADDED", manifest, kind)
                self._listed.add(target)
            self._has_news.set()
            self._stop.wait()
            return
        events = self._cluster.watch(
            kind,
            namespace=namespace,
            stop=self._stop,
            on_connection_change=lambda error: self._set_connection(target, error),
        )
        for event in events:
            with self.lock:
                if event.unreadable is None or event.type == "DELETED":
                    self.model.update(event.type, event.manifest, kind)
                else:
                    self.model.hide(event.unreadable)
            self._has_news.set()

    def _set_connection(self, target: WatchTarget, error: ClusterError | None) -> None:
        """Note that the connection was lost (an error) or works again (None)."""
        with self.lock:
            if error is not None:
                self._disconnected.setdefault(target, datetime.now(UTC))
            else:
                self._disconnected.pop(target, None)
                if target in self._started:
                    self._listed.add(target)  # the watch calls again once it has reported what it listed
                else:
                    self.model.forget(*target)  # a new watch lists all objects again
                    self._started.add(target)
                    self._listed.discard(target)
        self._has_news.set()

    def _notify(self) -> None:
        while not self._stop.is_set():
            self._check()
            if not self._has_news.wait(_CHECK_S):
                continue
            self._has_news.clear()
            start = time.thread_time()
            self._on_change()
            took_s = time.thread_time() - start  # of this thread only, without waiting for others
            self._stop.wait(min(max(_DRAW_INTERVAL_S, took_s * _PAUSE_PER_DRAWING), _MAX_PAUSE_S))


def _thread(work: Callable[..., None], *args: object) -> threading.Thread:
    return threading.Thread(target=work, args=args, name=THREAD_NAME, daemon=True)

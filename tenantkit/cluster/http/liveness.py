"""Checks whether a silent server still answers, once for all watches of a connection.

A watch may be silent for minutes, so that a connection that silently drops packets looks like an idle cluster. TCP's
keepalive needs a minute to notice, and never does behind a proxy that acknowledges packets without passing them on. So
after three seconds of silence the server is asked for its version, which costs one small request per kernel in three
seconds; any answer counts, also a refusal. Rejected alternative: watches of five seconds, each with its own handshake,
of which an explorer of six kinds would open 1.2 per second. A single dead watch is caught by its own timeout.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tenantkit.cluster.http.forks import Lock, renew_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_S = 3.0
WAIT_S = 2.0  # for each of two attempts; a far or busy server answers in a tenth of it
THREAD_NAME = "tenantkit-liveness"


class Liveness:
    """The liveness of one server; thread-safe.

    Args:
        is_answering: asks the server, and returns whether it answers within so many seconds.
    """

    def __init__(self, is_answering: Callable[[float], bool]) -> None:
        self._is_answering = is_answering
        self._lock = Lock()
        self._known_at = time.monotonic()
        self._is_checking = self._is_lost = False
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Forget a check that runs in the parent."""
        self._is_checking = self._is_lost = False

    def heard(self) -> None:
        """Something arrived from the server."""
        with self._lock:
            self._known_at, self._is_lost = time.monotonic(), False

    def is_lost(self) -> bool:
        """Whether the server did not answer the last check; starts a check, in its own thread, when one is due."""
        with self._lock:
            if not self._is_checking and time.monotonic() - self._known_at >= EVERY_S:
                self._is_checking = True
                threading.Thread(target=self._check, args=(self._known_at,), name=THREAD_NAME, daemon=True).start()
            return self._is_lost

    def _check(self, known_at: float) -> None:
        try:
            is_there = self._is_answering(WAIT_S)
        finally:
            with self._lock:
                self._is_checking = False
        with self._lock:
            was_heard = self._known_at != known_at
            self._is_lost = not (is_there or was_heard)
            self._known_at = time.monotonic()

"""Whether a server that says nothing is still there: it is asked, once for all watches of a connection.

A watch may be silent for minutes, so that a way that swallows all bytes looks like a quiet cluster. TCP's own keepalive
needs a minute to notice, and never does where a proxy still acknowledges what it no longer passes on. So when nothing
was heard for three seconds, the server is asked for its version, at the cost of one small request a kernel in three
seconds, which any answer satisfies, a refusal too. Turned down: watches of five seconds, each with a handshake of its
own, for which an explorer of six kinds asks 1.2 times a second. What a lost way of one single watch is, beside others
that work, its own time limit tells.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.cluster.http.session import Session

EVERY_S = 3.0
WAIT_S = 2.0  # for each of two tries; a far or busy server answers in a tenth of it
THREAD_NAME = "tenantkit-liveness"


class Liveness:
    """The liveness of one server; thread-safe.

    Args:
        session: to the server.
    """

    def __init__(self, session: Session) -> None:
        self._door = session
        self._lock = threading.Lock()
        self._known_at = time.monotonic()
        self._is_asking = self._is_lost = False

    def heard(self) -> None:
        """Something came from the server."""
        with self._lock:
            self._known_at, self._is_lost = time.monotonic(), False

    def is_lost(self) -> bool:
        """Whether nothing has come since the server was last asked; asks, on a thread of its own, when it is time."""
        with self._lock:
            if not self._is_asking and time.monotonic() - self._known_at >= EVERY_S:
                self._is_asking = True
                threading.Thread(target=self._ask, args=(self._known_at,), name=THREAD_NAME, daemon=True).start()
            return self._is_lost

    def _ask(self, known_at: float) -> None:
        try:
            is_there = self._door.is_answering(WAIT_S)
        finally:
            with self._lock:
                self._is_asking = False
        with self._lock:
            was_heard = self._known_at != known_at
            self._is_lost = not (is_there or was_heard)
            self._known_at = time.monotonic()

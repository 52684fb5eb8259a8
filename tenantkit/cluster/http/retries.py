"""When a request is sent again: only when that is safe, a few times, with pauses that spread the crowd.

Safe is what the server says that it did not do (429, and 503 with Retry-After: it asks to come again), and what may be
done twice with one result (reads, server-side apply) when the connection broke. A create that was cut off may have
happened: it is told, not repeated. Time-outs are not repeated either: whoever waited 35 s wants to know.
Source: page "API Priority and Fairness" (429 and Retry-After).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.http.transport import Answer, ConnectionFailure

RETRIED_STATUSES = frozenset({429, 503})
RETRIED_FAILURES: frozenset[ConnectionFailure] = frozenset({"reset"})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how long to pause.

    Args:
        attempts: in all, the first one counted. Default 5: with the pauses below, some seconds.
        first_pause_s: doubled each time. Default 0.2: a busy server's own Retry-After is 1.
        longest_pause_s: no pause is longer. Default 5.
        longest_wait_s: a server that asks for more is told on at once. Default 30: a person is waiting.
    """

    attempts: int = 5
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    longest_wait_s: float = 30.0

    def pause_s(self, attempt: int, jitter: Callable[[], float]) -> float:
        """The pause after that attempt, 1 for the first: half of it fixed, half by chance (`jitter`, 0 to 1)."""
        full = min(self.first_pause_s * 2.0 ** (attempt - 1), self.longest_pause_s)
        return full * (0.5 + 0.5 * jitter())

    def after_answer(self, answer: Answer, attempt: int, jitter: Callable[[], float]) -> float | None:
        """Seconds until the next attempt, or None where the answer stands."""
        if answer.status not in RETRIED_STATUSES or attempt >= self.attempts:
            return None
        asked = retry_after_s(answer)
        if asked is None or asked > self.longest_wait_s:
            return None
        return asked + self.pause_s(attempt, jitter)

    def after_failure(
        self, reason: ConnectionFailure, attempt: int, jitter: Callable[[], float], *, is_repeatable: bool
    ) -> float | None:
        """Seconds until the next attempt, or None where the failure stands."""
        if reason not in RETRIED_FAILURES or not is_repeatable or attempt >= self.attempts:
            return None
        return self.pause_s(attempt, jitter)


def retry_after_s(answer: Answer) -> float | None:
    """What the server asks to wait; None where it names no number of seconds (a date would be a proxy's)."""
    value = answer.headers.get("retry-after", "").strip()
    return float(value) if value.isascii() and value.isdigit() else None

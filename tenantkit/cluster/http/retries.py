"""Retries: a request is repeated only if that is safe, a few times, with random pauses so that clients spread out.

It is safe to repeat a request that the server did not carry out (429, and 503 with Retry-After), and, after a lost
connection, one that has the same result when it is sent twice (reads, server-side apply). A create without an answer
may have happened: it is reported, not repeated. Timeouts are not repeated either, since the user has waited 35 s.
A watch is resumed by `requests/watch.py`, with its own pauses.
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
    """The number of attempts, and the pauses between them.

    Args:
        attempts: including the first one. Default 5: with the pauses below, some seconds.
        first_pause_s: seconds, doubled each time. Default 0.2: the Retry-After of a busy server is 1.
        longest_pause_s: seconds. Default 5.
        longest_wait_s: seconds; a longer Retry-After is reported at once. Default 30: a person is waiting.
    """

    attempts: int = 5
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    longest_wait_s: float = 30.0

    def pause_s(self, attempt: int, jitter: Callable[[], float]) -> float:
        """The pause after an attempt, 1 for the first: half of it is fixed, half is random (`jitter`, 0 to 1)."""
        full = min(self.first_pause_s * 2.0 ** (attempt - 1), self.longest_pause_s)
        return full * (0.5 + 0.5 * jitter())

    def after_answer(self, answer: Answer, attempt: int, jitter: Callable[[], float]) -> float | None:
        """Seconds until the next attempt, or None if the answer is final."""
        if answer.status not in RETRIED_STATUSES or attempt >= self.attempts:
            return None
        wait_s = retry_after_s(answer)
        if wait_s is None or wait_s > self.longest_wait_s:
            return None
        return wait_s + self.pause_s(attempt, jitter)

    def after_failure(
        self, reason: ConnectionFailure, attempt: int, jitter: Callable[[], float], *, is_repeatable: bool
    ) -> float | None:
        """Seconds until the next attempt, or None if the failure is final."""
        if reason not in RETRIED_FAILURES or not is_repeatable or attempt >= self.attempts:
            return None
        return self.pause_s(attempt, jitter)


def retry_after_s(answer: Answer) -> float | None:
    """The seconds of Retry-After; None if it is not a number of seconds (a date would be a proxy's)."""
    value = answer.headers.get("retry-after", "").strip()
    return float(value) if value.isascii() and value.isdigit() else None

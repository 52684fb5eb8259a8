"""Wait for something that another process does: ask until the answer is true. The tests have no other such loop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tenantkit.exceptions import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


def eventually(question: Callable[[], Answer | None], *, timeout_s: float = 60, poll_s: float = 0.05) -> Answer:
    """Ask until the answer is truthy, and return it.

    A controller that got a conflict tries again after one second, then two, four, eight and so on.

    Args:
        question: asked at least once. A ClusterError or an AssertionError counts as "not yet".
        timeout_s: how long to ask, in seconds.
        poll_s: the pause between two questions, in seconds.

    Raises:
        AssertionError: the last answer was still not truthy when the time was up.
        ClusterError: or AssertionError: raised by the last question, with a note that says how long it was asked.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = question()
        except (ClusterError, AssertionError) as not_yet:
            if time.monotonic() > deadline:
                not_yet.add_note(f"still so after {timeout_s} s")
                raise
        else:
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"still {answer!r} after {timeout_s} s")
        time.sleep(poll_s)

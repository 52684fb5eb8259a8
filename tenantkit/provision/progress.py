"""Progress of an apply: a line in a terminal or below a notebook's cell, nothing in a log or a pipe."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.provision.report import Outcome


class Progress:
    """Counts outcomes, from any thread.

    Args:
        total: how many there will be.
        shown: whether to show a line at all.
        on_progress: called with each outcome, one at a time; what it raises ends the apply like an interruption.
    """

    def __init__(self, total: int, *, shown: bool, on_progress: Callable[[Outcome], None] | None) -> None:
        self._lock = threading.Lock()
        self._on_progress = on_progress
        self._bar = None
        if shown and total and _is_watched():
            from tqdm import tqdm  # the text form: the notebook form would be a widget, which only forms/ makes

            self._bar = tqdm(total=total, desc="applying", unit=" objects", leave=False, file=sys.stderr)

    def add(self, outcome: Outcome) -> None:
        """One more is done, or has failed."""
        with self._lock:
            if self._bar is not None:
                self._bar.update(1)
            if self._on_progress is not None:
                self._on_progress(outcome)

    def close(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.close()


def _is_watched() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules

"""Progress: a line in a terminal or below a notebook's cell, nothing in a log or a pipe."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.provision.report import ApplyOutcome


class Progress:
    """Counts outcomes, from any thread.

    Args:
        total: the number of outcomes to expect.
        verb: in front of the line: `applying`.
        shown: whether to show a line at all.
        on_progress: called with each outcome, one at a time; an exception in it ends the run like an interruption.
    """

    def __init__(
        self, total: int, *, verb: str, shown: bool, on_progress: Callable[[ApplyOutcome], None] | None
    ) -> None:
        self._lock = threading.Lock()
        self._on_progress = on_progress
        self._bar = None
        if shown and total and _is_interactive():
            from tqdm import tqdm  # the text form: the notebook form would be a widget, which only forms/ makes

            self._bar = tqdm(total=total, desc=verb, unit=" objects", leave=False, file=sys.stderr)

    def add(self, outcome: ApplyOutcome) -> None:
        """Count one more outcome."""
        with self._lock:
            if self._bar is not None:
                self._bar.update(1)
            if self._on_progress is not None:
                self._on_progress(outcome)

    def close(self) -> None:
        """Remove the line."""
        if self._bar is not None:
            self._bar.close()


def _is_interactive() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules

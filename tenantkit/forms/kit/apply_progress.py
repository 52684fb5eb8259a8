"""The progress of an apply, in words that are true at each moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.forms.kit.changes import changes_to_make

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import ApplyOutcome


class ApplyProgress:
    """Shows how many objects of a plan are done; called with each outcome, one at a time.

    Args:
        plan: the plan that is applied.
        show: shows a text, and how many of how many objects are done.
        cancelled: set once the user has cancelled.
    """

    def __init__(self, plan: Plan, show: Callable[[str, int, int], None], cancelled: threading.Event) -> None:
        changed = changes_to_make(plan)
        self._total, self._done = len(changed), 0
        self._awaits_quota = any(change.ref.kind == "ResourceQuota" for change in changed)
        self._show, self._cancelled = show, cancelled

    def start(self) -> None:
        """Show that nothing is done yet."""
        self._show(f"0 of {self._total} objects", 0, self._total)

    def __call__(self, outcome: ApplyOutcome) -> None:
        """Count an outcome, and show what is awaited."""
        self._done += 1
        status = ""
        if self._cancelled.is_set():
            status = ", cancelling"
        elif self._done >= self._total and self._awaits_quota:
            status = ", waiting for the quota to be counted"
        self._show(f"{self._done} of {self._total} objects: {outcome.ref}{status}", self._done, self._total)

"""How a plan is carried out: the arguments that `apply`, `adopt`, `freeze` and the like have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tenantkit.provision.report import ApplyOutcome


class Running(NamedTuple):
    """How a plan is carried out.

    Args:
        progress: whether to show a progress line.
        on_progress: called with each outcome, on a worker thread.
        cancelled: once set, no new object is started.
        max_concurrency: number of tenants at the same time.
        timeout_s: how long to wait until all quotas are counted, in seconds.
    """

    progress: bool
    on_progress: Callable[[ApplyOutcome], None] | None
    cancelled: threading.Event | None
    max_concurrency: int
    timeout_s: float = 30.0

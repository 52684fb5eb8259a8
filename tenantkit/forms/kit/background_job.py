"""One job at a time, in a thread beside the cell. A second job is refused while one runs; an event cancels it.

A handler that blocks would queue the next click and run it afterwards, and Cancel would never arrive. So the click
itself sets the busy flag first. One thread then does the job and ends with it, so a cell that is run again leaves no
thread behind. Rejected alternatives: a pool that outlives its jobs; asyncio, since a running cell blocks the kernel's
loop.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from tenantkit.exceptions import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

THREAD_NAME = "tenantkit-form"


class BackgroundJob:
    """Runs the jobs of one form, one at a time.

    Args:
        on_change: called when a job starts or ends, on the thread that starts or ends it.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._is_running = False
        self._thread: threading.Thread | None = None
        self.cancelled = threading.Event()

    @property
    def is_running(self) -> bool:
        """Whether a job is running."""
        return self._is_running

    def start(self, job: Callable[[], object], on_error: Callable[[BaseException], None]) -> bool:
        """Run a job on a thread.

        Args:
            job: does the work and shows its result.
            on_error: called with the exception that the job raised.

        Returns:
            False if another job is running: this one was not started.
        """
        if not self._acquire():
            return False
        # a daemon thread may be cut off during a write, but a kernel must be able to exit
        self._thread = threading.Thread(target=self._run, args=(job, on_error), name=THREAD_NAME, daemon=True)
        self._thread.start()
        return True

    def run(self, job: Callable[[], _Result]) -> _Result:
        """Run a job on the caller's thread, for code that uses a form from Python.

        Raises:
            BusyError: another job is running.
        """
        if not self._acquire():
            raise BusyError("the form is busy: wait until it has finished, or cancel it")
        try:
            return job()
        finally:
            self._release()

    def cancel(self) -> None:
        """Ask the job to stop after the current step."""
        self.cancelled.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread.

        Returns:
            Whether it has ended.
        """
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)
            return not thread.is_alive()
        return True

    def _acquire(self) -> bool:
        with self._lock:
            if self._is_running:
                return False
            self._is_running = True
            self.cancelled.clear()
        try:
            self._on_change()
        except BaseException:
            self._is_running = False  # no job was started, so the form must not look busy
            raise
        return True

    def _release(self) -> None:
        with self._lock:
            self._is_running = False
        self._on_change()

    def _run(self, job: Callable[[], object], on_error: Callable[[BaseException], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 (an exception in a thread is seen by nobody else)
            on_error(error)
        finally:
            self._release()

"""One piece of work at a time, beside the cell: refused while another runs, cancelled by an event.

A handler that blocks would queue the next click and run it afterwards, and Cancel would never arrive. So the busy flag
is set first, in the click itself; then one thread does the work and ends with it: nothing stays behind when a cell is
run again. Turned down: a pool that outlives its work; asyncio, which the kernel's loop blocks while a cell runs.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from tenantkit.exceptions import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

THREAD_NAME = "tenantkit-form"


class Work:
    """The busy state of one form.

    Args:
        changed: called when it becomes busy or free, on the thread that makes it so.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._busy = False
        self._thread: threading.Thread | None = None
        self.cancelled = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Whether something is being done."""
        return self._busy

    def start(self, job: Callable[[], object], failed: Callable[[BaseException], None]) -> bool:
        """Do it on a thread.

        Args:
            job: what to do, results shown included.
            failed: called with what the job raised.

        Returns:
            False when something else is being done: then nothing was begun.
        """
        if not self._take():
            return False
        # not a daemon's business to be cut off in the middle of a write, but a kernel must be able to end
        self._thread = threading.Thread(target=self._run, args=(job, failed), name=THREAD_NAME, daemon=True)
        self._thread.start()
        return True

    def run(self, job: Callable[[], _Result]) -> _Result:
        """Do it here and now, for those who call a form from Python.

        Raises:
            BusyError: something else is being done.
        """
        if not self._take():
            raise BusyError("the form is at work: wait until it is done, or cancel it")
        try:
            return job()
        finally:
            self._release()

    def cancel(self) -> None:
        """Ask the work to begin nothing more; what is under way is finished first."""
        self.cancelled.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread; whether it has ended."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)
            return not thread.is_alive()
        return True

    def _take(self) -> bool:
        with self._lock:
            if self._busy:
                return False
            self._busy = True
            self.cancelled.clear()
        try:
            self._changed()
        except BaseException:
            self._busy = False  # nothing was begun, so the form must not look as if
            raise
        return True

    def _release(self) -> None:
        with self._lock:
            self._busy = False
        self._changed()

    def _run(self, job: Callable[[], object], failed: Callable[[BaseException], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 (nobody else would see what a thread raises)
            failed(error)
        finally:
            self._release()

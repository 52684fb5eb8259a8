"""Ctrl-C during a run: it stops the run, which then reports what was done.

As an exception, Ctrl-C could arrive between any two instructions, also where an outcome is not recorded yet, or while
threads still write. Rejected alternative: catching KeyboardInterrupt wherever it can arrive, also in the standard
library.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stopped_by_ctrl_c(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set `stop`; the second one raises KeyboardInterrupt, as usual.

    Only Python's own handler is replaced, and only the main thread can do that: a program with a handler of its own
    decides itself.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def set_stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    signal.signal(signal.SIGINT, set_stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

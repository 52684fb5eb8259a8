"""The time that the sandbox may take for an odd request."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Thread

WITHIN_S = 2.0
HANGS_S = 15.0


@contextmanager
def at_once(thread: Thread | None = None) -> Iterator[None]:
    """Fail if the block takes two seconds of processor time, of the sandbox's thread where it is given.

    Time in which a busy machine runs other processes does not count; whatever waits for long fails, too. The objects of
    earlier tests are hidden from the garbage collector, which may need seconds for them.

    Args:
        thread: whose processor time counts. Default: all threads of this process.
    """
    gc.freeze()
    used_before_s, began_s = _used_s(thread), time.monotonic()
    try:
        yield
    finally:
        gc.unfreeze()
    assert _used_s(thread) - used_before_s < WITHIN_S
    assert time.monotonic() - began_s < HANGS_S


def _used_s(thread: Thread | None) -> float:
    if thread is None or thread.ident is None:
        return time.process_time()
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))

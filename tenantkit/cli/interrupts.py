"""Ctrl-C and SIGTERM end a command in the same way: CI and containers send SIGTERM, and the report must not be lost."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STOPPING = b"tenantkit: stopping after the requests that are already sent\n"


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, as Ctrl-C does."""
    if not _is_main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def cancelled_by_signals() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one raises KeyboardInterrupt.

    An exception could arrive between any two instructions of an apply, also where it has no report yet. Signals count
    also in a process that a shell started in the background, where Ctrl-C is ignored, as they do for the sandbox.
    """
    cancelled = threading.Event()
    if not _is_main_thread():
        yield cancelled
        return

    def cancel(*_: object) -> None:
        cancelled.set()
        for number in _SIGNALS:
            signal.signal(number, signal.default_int_handler)
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), _STOPPING)  # a print could meet another one that the signal has interrupted

    previous = {number: signal.signal(number, cancel) for number in _SIGNALS}
    try:
        yield cancelled
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

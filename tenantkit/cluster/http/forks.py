"""What a forked process gets anew: connections, and locks that another thread may have held.

A child that used the parent's connections would read the answers of the parent and of the other children. A lock that
was held at the fork would never be released, since only the forking thread lives on in the child. Rejected alternative:
comparing process ids before each request, which leaves the locks.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType


class Renewable(Protocol):
    """Something that holds connections or locks."""

    def after_fork(self) -> None:
        """Renew them, in the child; no other thread runs there."""


_known: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_after_fork(item: Renewable) -> None:
    """Call the item's `after_fork` in each process that is forked from this one, as long as the item exists."""
    _known.add(item)


class Lock:
    """A lock that is free in a forked process, whoever held it."""

    def __init__(self) -> None:
        self._lock, self._holder = threading.Lock(), 0
        renew_after_fork(self)

    def __enter__(self) -> None:
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._holder = 0
        self._lock.release()

    def after_fork(self) -> None:
        """Free it, unless the forking thread itself holds it."""
        if self._holder != threading.get_ident():
            self._lock, self._holder = threading.Lock(), 0


def _renew_all() -> None:
    for item in list(_known):
        item.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing is forked
    os.register_at_fork(after_in_child=_renew_all)

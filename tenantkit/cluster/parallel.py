"""Many requests at once, in threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    _In = TypeVar("_In")
    _Out = TypeVar("_Out")


_THREADS = 8


def side_by_side(
    work: Callable[[_In], _Out],
    items: Iterable[_In],
    *,
    threads: int = _THREADS,
    stop: threading.Event | None = None,
) -> list[_Out]:
    """The results in the order of the items; the first error cancels the rest.

    Args:
        work: called once for each item, on several threads.
        items: its arguments.
        threads: the number of threads. Default 8: a fair share of a cluster for one reader.
        stop: set at the first error and at Ctrl-C, so that running work can end early.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="tenantkit") as pool:
        try:
            futures = [pool.submit(work, item) for item in items]
            return [future.result() for future in futures]
        except BaseException:
            if stop is not None:
                stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise

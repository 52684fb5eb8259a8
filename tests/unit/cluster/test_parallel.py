"""Many requests at once: their order, and how an interruption ends them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tenantkit.cluster.parallel import side_by_side


def test_the_results_have_the_order_of_the_items() -> None:
    assert side_by_side(str.upper, "abc", threads=2) == ["A", "B", "C"]


def test_the_first_error_stops_the_rest() -> None:
    stop = threading.Event()

    def fail(item: int) -> None:
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        side_by_side(fail, range(3), threads=1, stop=stop)

    assert stop.is_set()


def test_ctrl_c_while_the_work_is_submitted_stops_it() -> None:
    stop = threading.Event()
    done: list[int] = []

    def items() -> Any:
        yield 1
        raise KeyboardInterrupt

    def work(item: int) -> None:
        if stop.wait(5):
            done.append(item)

    with pytest.raises(KeyboardInterrupt):
        side_by_side(work, items(), threads=2, stop=stop)

    assert stop.is_set()
    assert done == [1]

"""The time of the verdicts grows with the number of routes, whatever they ask for, not with its square."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tenantkit.rules.routes.collisions import verdicts
from tests.unit.rules.routes.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SIZES, FEWER = (1_000, 3_000, 10_000), (300, 1_000, 3_000)
SHAPES: dict[str, Callable[[int], Asked]] = {
    "hosts of their own": lambda n: Asked(host=f"h{n}.example.ai", path="/ai", tenant=f"t{n // 2}", number=n),
    "one host and path": lambda n: Asked(path="/ai", tenant=f"t{n}", number=n),
    "paths below one prefix": lambda n: Asked(path=f"/ai/{n}" if n else "/ai", tenant=f"t{n % 7}", number=n),
    "one tenant at one place": lambda n: Asked(path="/ai", tenant="a" if n else "b", number=n),
    "wildcards above many hosts": lambda n: Asked(
        host="*.example.ai" if n % 2 else f"h{n}.example.ai", tenant=f"t{n}", number=n
    ),
    "every host": lambda n: Asked(host=None if n % 2 else f"h{n}.example.ai", tenant=f"t{n % 11}", number=n),
}


def steps_of(shape: Callable[[int], Asked], size: int) -> int:
    """How many functions the verdicts call: a measure of work that a busy machine does not change."""
    entries = [shape(number).entry for number in range(size)]
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal steps
        del frame, argument
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        verdicts(entries, {})
    finally:
        sys.setprofile(before)
    return steps


def mixed(number: int) -> Asked:
    return [*SHAPES.values()][number % len(SHAPES)](number)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [pytest.param(mixed, SIZES, id="mixed"), *(pytest.param(it, FEWER, id=name) for name, it in SHAPES.items())],
)
def test_ten_times_the_routes_are_ten_times_the_work(shape: Callable[[int], Asked], sizes: tuple[int, ...]) -> None:
    per_route = [steps_of(shape, size) / size for size in sizes]

    assert max(per_route) < 1.2 * min(per_route)
    assert max(per_route) < 1_000

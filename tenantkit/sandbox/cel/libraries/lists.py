"""Lists: `[1, 2].isSorted()`, `sum`, `min`, `max`, `indexOf` and `lastIndexOf`.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/lists.go, 1.37.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.opaque import no_such_overload

if TYPE_CHECKING:
    from collections.abc import Callable


def _compared(function: Callable[[list[Any]], Any], name: str = "") -> Callable[[list[Any]], Any]:
    """A function of a list whose items are compared; with a name, not of an empty one."""

    def run(items: list[Any]) -> Any:
        if name and not items:
            raise ValueError(f"{name} called on empty list")
        try:
            return function(items)
        except TypeError as error:
            raise no_such_overload() from error

    return run


def _sum(items: list[Any]) -> Any:
    return sum(items, timedelta()) if items and isinstance(items[0], timedelta) else sum(items)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal; unlike in Python, `true` is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _index(items: list[Any], wanted: Any) -> int:
    return next((at for at, item in enumerate(items) if _same(item, wanted)), -1)


def _last_index(items: list[Any], wanted: Any) -> int:
    return next((at for at in reversed(range(len(items))) if _same(items[at], wanted)), -1)


LIST_LIBRARY = (
    Overload(
        "isSorted",
        ["list(dyn)"],
        "bool",
        _compared(lambda items: all(not one > other for one, other in pairwise(items))),
    ),
    Overload("sum", ["list(dyn)"], "dyn", _compared(_sum)),
    Overload("min", ["list(dyn)"], "dyn", _compared(min, "min")),
    Overload("max", ["list(dyn)"], "dyn", _compared(max, "max")),
    Overload("indexOf", ["list(dyn)", "dyn"], "int", _index),
    Overload("lastIndexOf", ["list(dyn)", "dyn"], "int", _last_index),
)

"""Declarations of functions for the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.cel.engine import engine
from tenantkit.sandbox.cel.opaque import OpaqueType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = str | OpaqueType
_SIMPLE = {"string": "STRING", "int": "INT", "bool": "BOOL", "double": "DOUBLE", "dyn": "DYN"}


@dataclass(frozen=True, slots=True)
class Overload:
    """One overload of a function.

    Args:
        function: its name, as in an expression.
        takes: the types of its parameters, with that of the receiver of a member function first: an opaque type,
            `string`, `int`, `bool`, `double`, `dyn`, or `list(dyn)` and the like.
        returns: the type of its result.
        run: computes the result. A ValueError becomes the expression's error.
        is_member: whether the first parameter stands before the dot.
    """

    function: str
    takes: Sequence[Kind]
    returns: Kind
    run: Callable[..., Any]
    is_member: bool = True


def functions_of(overloads: Sequence[Overload]) -> list[Any]:
    """The declarations of functions, by their names."""
    cel = engine()
    named: dict[str, list[Any]] = {}
    for number, item in enumerate(overloads):
        declared = cel.Overload(
            f"kubernetes_{number}_{item.function}",
            kind_of(item.returns),
            [kind_of(kind) for kind in item.takes],
            item.is_member,
            item.run,
        )
        named.setdefault(item.function, []).append(declared)
    return [cel.FunctionDecl(name, declared) for name, declared in named.items()]


def kind_of(kind: Kind) -> Any:
    """A type, for the engine."""
    types = engine().Type
    if isinstance(kind, OpaqueType):
        return kind.type
    if kind.startswith("list("):
        return types.List(kind_of(kind.removeprefix("list(").removesuffix(")")))
    if kind.startswith("map("):
        key, _, value = kind.removeprefix("map(").removesuffix(")").partition(", ")
        return types.Map(kind_of(key), kind_of(value))
    return getattr(types, _SIMPLE[kind])

"""Quantities: `quantity('1Gi').isLessThan(quantity('2Gi'))`.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/quantity.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.opaque import QUANTITY

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

_LARGEST = 2**63
# the server's two messages for a text that is not a quantity
_BAD_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def _parse(text: str) -> Fraction:
    try:
        return parse_quantity(text)
    except ValueError as error:
        raise ValueError(_BAD_FORM) from error


def _is_quantity(text: str) -> bool:
    try:
        _parse(text)
    except ValueError:
        return False
    return True


def _held(value: Fraction) -> Any:
    """A quantity as a value: its exact number, so that equal quantities are equal."""
    return QUANTITY.value(str(value))


def _number(value: Any) -> Fraction:
    from fractions import Fraction

    return Fraction(QUANTITY.text(value))


def _sign(value: Fraction | int) -> int:
    return (value > 0) - (value < 0)


def _is_integer(value: Any) -> bool:
    number = _number(value)
    return number.denominator == 1 and -_LARGEST <= number < _LARGEST


def _integer(value: Any) -> int:
    if not _is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_number(value))


def _of_two(function: Callable[[Fraction, Fraction], Any]) -> Callable[[Any, Any], Any]:
    return lambda one, other: function(_number(one), _number(other))


QUANTITY_LIBRARY = (
    Overload("quantity", ["string"], QUANTITY, lambda text: _held(_parse(text)), is_member=False),
    Overload("isQuantity", ["string"], "bool", _is_quantity, is_member=False),
    Overload("sign", [QUANTITY], "int", lambda value: _sign(_number(value)), is_member=False),
    Overload("isGreaterThan", [QUANTITY, QUANTITY], "bool", _of_two(lambda one, other: one > other)),
    Overload("isLessThan", [QUANTITY, QUANTITY], "bool", _of_two(lambda one, other: one < other)),
    Overload("compareTo", [QUANTITY, QUANTITY], "int", _of_two(lambda one, other: _sign(one - other))),
    Overload("asApproximateFloat", [QUANTITY], "double", lambda value: float(_number(value))),
    Overload("asInteger", [QUANTITY], "int", _integer),
    Overload("isInteger", [QUANTITY], "bool", _is_integer),
    Overload("add", [QUANTITY, QUANTITY], QUANTITY, _of_two(lambda one, other: _held(one + other))),
    Overload("add", [QUANTITY, "int"], QUANTITY, lambda value, number: _held(_number(value) + number)),
    Overload("sub", [QUANTITY, QUANTITY], QUANTITY, _of_two(lambda one, other: _held(one - other))),
    Overload("sub", [QUANTITY, "int"], QUANTITY, lambda value, number: _held(_number(value) - number)),
)

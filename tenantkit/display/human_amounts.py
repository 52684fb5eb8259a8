"""Amounts as people read them: `64 GiB`, not `68719476736.0`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_STEP = 1024
_AGE_UNITS = (("y", 365 * 86_400), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def number_text(value: float | Fraction) -> str:
    """A number with at most two decimals and a thousands separator."""
    shown = f"{float(value):,.2f}".rstrip("0").rstrip(".")
    return shown or "0"


def bytes_text(value: float | Fraction) -> str:
    """Bytes in the largest unit that keeps at least 1 before the point."""
    amount, unit = float(value), 0
    while abs(amount) >= _STEP and unit < len(_BYTE_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{number_text(amount)} {_BYTE_UNITS[unit]}"


def used_text(used: float, hard: float, unit: str) -> str:
    """How much of an amount is used, in the base units of a frame: `2 of 16 cores`, `1 GiB of 64 GiB`."""
    if unit == "bytes":
        return f"{bytes_text(used)} of {bytes_text(hard)}"
    return f"{number_text(used)} of {amount_text(hard, unit)}"


def amount_text(value: float, unit: str) -> str:
    """An amount in the base units of a frame: `cores`, `bytes` or `count`."""
    if unit == "bytes":
        return bytes_text(value)
    return f"{number_text(value)} core{'s' * (value != 1)}" if unit == "cores" else number_text(value)


def age_text(seconds: float) -> str:
    """How long ago a time was, or in how long it is: `35 s ago`, `3 h ago`, `in 12 d`; whole units, rounded down."""
    amount = abs(int(seconds))
    if amount == 0:
        return "just now"
    unit, length = next(((unit, length) for unit, length in _AGE_UNITS if amount >= 2 * length), _AGE_UNITS[-1])
    text = f"{amount // length} {unit}"
    return f"{text} ago" if seconds > 0 else f"in {text}"

"""Quantities as floats, quickly: a large cluster has tens of thousands of them, most of them equal.

`rules.quantities` is exact and slow, and a column holds floats anyway. So the plain form, an integer with a common
suffix, is parsed here, and any other form there; a property test checks that both give the same float. Rejected
alternative: pandas' `to_numeric`, which knows no suffixes.
"""

from __future__ import annotations

from math import nan

from tenantkit.rules.quantities import parse_quantity

_PLAIN_DIGITS = 6  # so few that no suffix here reaches the server's cap of 2^63-1
_SUFFIXES = "KMGTikm"
_SCALES = {
    "": (1, 1),
    "m": (1, 1000),
    "k": (10**3, 1),
    "M": (10**6, 1),
    "G": (10**9, 1),
    "T": (10**12, 1),
    "Ki": (2**10, 1),
    "Mi": (2**20, 1),
    "Gi": (2**30, 1),
    "Ti": (2**40, 1),
}


class Numbers(dict["str | None", float]):
    """Quantities in base units by their texts, each parsed once; a missing or unreadable quantity is NaN.

    Example:
        >>> numbers = Numbers()
        >>> numbers["500m"], numbers["64Gi"], numbers[None]
        (0.5, 68719476736.0, nan)
    """

    def __missing__(self, text: str | None) -> float:
        try:
            number = nan if text is None else to_float(text)
        except (ValueError, OverflowError):
            number = nan
        self[text] = number
        return number


def to_float(text: str) -> float:
    """A quantity in base units, as the nearest float.

    Raises:
        ValueError: not a quantity; the message says which form is valid.
    """
    digits = text.rstrip(_SUFFIXES)
    scale = _SCALES.get(text[len(digits) :])
    if scale is None or len(digits) > _PLAIN_DIGITS or not (digits.isascii() and digits.isdigit()):
        return float(parse_quantity(text))
    times, per = scale
    return int(digits) * times / per  # of two integers, Python divides exactly and rounds once

"""Quantities as floats, quickly: a large cluster says tens of thousands of them, and the same few again and again.

`rules.quantities` is exact and takes its time; a column holds floats anyway. So the plain forms, a whole number with a
common suffix, are read here, and all others there; a property test holds both to the same float. Turned down: pandas'
`to_numeric`, which knows no suffixes.
"""

from __future__ import annotations

from math import nan

from tenantkit.rules.quantities import parse_quantity

_PLAIN_DIGITS = 6  # with them no suffix here comes near the cap of 2^63-1 that the server sets
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
    """Quantities in base units by their texts, each read once; None, where nothing is said, is not a number.

    Example:
        >>> numbers = Numbers()
        >>> numbers["500m"], numbers["64Gi"], numbers[None]
        (0.5, 68719476736.0, nan)
    """

    def __missing__(self, text: str | None) -> float:
        number = self[text] = nan if text is None else to_float(text)
        return number


def to_float(text: str) -> float:
    """A quantity in base units, as the nearest float.

    Raises:
        ValueError: no quantity; the message says what would be right.
    """
    digits = text.rstrip(_SUFFIXES)
    scale = _SCALES.get(text[len(digits) :])
    if scale is None or len(digits) > _PLAIN_DIGITS or not (digits.isascii() and digits.isdigit()):
        return float(parse_quantity(text))
    times, per = scale
    return int(digits) * times / per  # of two integers, Python divides exactly and rounds once

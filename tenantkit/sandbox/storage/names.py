"""Generated names, for objects with a `generateName`.

They look random but are the same in each sandbox for the same requests, because notebooks print them and their output
is compared. Rejected alternative: random names, as on a real server, which sometimes generates a name twice.
"""

from __future__ import annotations

from collections import Counter
from zlib import crc32

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_LIMIT = 63
_STEP = 7_368_787  # coprime to the number of suffixes, so that each suffix comes once


class GeneratedNames:
    """Generates the next name for each prefix.

    Example:
        >>> names = GeneratedNames()
        >>> names.next("train-"), names.next("train-")
        ('train-cjvt9', 'train-dl9pr')
    """

    def __init__(self) -> None:
        self._count = Counter[str]()

    def next(self, prefix: str) -> str:
        """A new name with that prefix; empty if the prefix is empty."""
        number = crc32(prefix.encode()) + self._count[prefix] * _STEP
        self._count[prefix] += 1
        suffix = ""
        for _ in range(_SUFFIX_LENGTH):
            number, digit = divmod(number, len(_LETTERS))
            suffix += _LETTERS[digit]
        return prefix and prefix[: _LIMIT - _SUFFIX_LENGTH] + suffix

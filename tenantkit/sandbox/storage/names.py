"""Names of the server's choice, for what asks for one by a prefix.

They look like chance, and are the same in each sandbox that is asked for the same: a notebook prints them, and is
compared. Turned down: chance itself, as on a real server, which gives one name twice at times.
"""

from __future__ import annotations

from collections import Counter
from zlib import crc32

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_ADDED = 5
_LIMIT = 63
_STEP = 7_368_787  # has no factor in common with the number of endings, so that each of them comes once


class GeneratedNames:
    """Gives each prefix one ending after the other.

    Example:
        >>> names = GeneratedNames()
        >>> names.next("train-"), names.next("train-")
        ('train-cjvt9', 'train-dl9pr')
    """

    def __init__(self) -> None:
        self._given = Counter[str]()

    def next(self, prefix: str) -> str:
        """A name that begins so and that was not given yet; empty where there is no prefix."""
        place = crc32(prefix.encode()) + self._given[prefix] * _STEP
        self._given[prefix] += 1
        ending = ""
        for _ in range(_ADDED):
            place, digit = divmod(place, len(_LETTERS))
            ending += _LETTERS[digit]
        return prefix and prefix[: _LIMIT - _ADDED] + ending

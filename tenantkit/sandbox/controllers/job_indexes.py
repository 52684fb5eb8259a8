"""The completed indexes of a Job, as intervals: a Job may have 2^31 - 1 of them.

Source: pkg/controller/job/indexed_job_utils.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.go_text import go_int

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Indexes:
    """Disjoint intervals of indexes in increasing order, each with its first and last one.

    Example:
        >>> Indexes.parse("0-2,4", below=10).adding([5, 7]).text
        '0-2,4,5,7'
    """

    intervals: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str, *, below: int) -> Indexes:
        """The indexes in a status that are below a number; a malformed interval and all after it are left out."""
        found: list[tuple[int, int]] = []
        for part in filter(None, text.split(",")):
            first_text, _, last_text = part.partition("-")
            first, last = go_int(first_text), go_int(last_text or first_text)
            if first is None or last is None or first < 0 or last < first or (found and first <= found[-1][1]):
                break
            if first < below:
                found.append((first, min(last, below - 1)))
        return cls(tuple(found)).adding(())

    def adding(self, more: Iterable[int]) -> Indexes:
        """These indexes and more."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted([*self.intervals, *((index, index) for index in more)]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return Indexes(tuple(merged))

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(last - first + 1 for first, last in self.intervals)

    @property
    def text(self) -> str:
        """The indexes as in a Job's status: `0-2,4,5,7`."""
        return ",".join(map(_written, self.intervals))

    def missing(self, taken: Collection[int], *, below: int) -> Iterator[int]:
        """The indexes below a number that are neither here nor taken, in order."""
        start = 0
        for first, last in (*self.intervals, (below, below)):
            yield from (index for index in range(start, min(first, below)) if index not in taken)
            start = last + 1


def _written(interval: tuple[int, int]) -> str:
    first, last = interval
    if first == last:
        return str(first)
    return f"{first},{last}" if last - first + 1 == _PAIR else f"{first}-{last}"

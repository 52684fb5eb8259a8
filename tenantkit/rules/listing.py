"""Lists in sentences: the first texts by name, and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def first_of(texts: Iterable[str], limit: int, *, separator: str = ", ", unit: str = "") -> str:
    """The first texts, and how many more there are.

    Args:
        texts: in the order in which they are named.
        limit: at most so many are named.
        separator: between them. Texts that are lists or sentences themselves have another than a comma, and it stands
            before the number of the others, too.
        unit: what each of the others is, in the singular: `node`. Default: left out.

    Example:
        >>> first_of(["a", "b", "c"], 2)
        'a, b and 1 more'
        >>> first_of(["a: 1, 2", "b: 3", "c: 4"], 2, separator="; ", unit="node")
        'a: 1, 2; b: 3; and 1 more node'
    """
    listed = list(texts)
    if len(listed) <= limit:
        return separator.join(listed)
    more = len(listed) - limit
    before = " " if separator == ", " else separator
    what = f" {unit}{'s' * (more != 1)}" if unit else ""
    return f"{separator.join(listed[:limit])}{before}and {more:,} more{what}"

"""Lists in sentences: the first texts by name, and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def first_of(texts: Iterable[str], limit: int) -> str:
    """The first texts, and how many more there are.

    Args:
        texts: in the order in which they are named.
        limit: at most so many are named.

    Example:
        >>> first_of(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    listed = list(texts)
    more = f" and {len(listed) - limit:,} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more

"""Numbers and texts of numpy as Python's own: what a table's cell, `len` of an array or `Series.max()` gives.

numpy's integers are not Python's, so that JSON, YAML and `isinstance` refuse them; its texts are, but YAML refuses
them. numpy itself is not imported.
"""

from __future__ import annotations

from typing import Any

_LEVELS = 10  # more than a spec has


def plain(value: Any) -> Any:
    """The value as Python's own, if it is numpy's; an array as a list.

    Example:
        >>> import numpy as np
        >>> plain(np.int64(5)), plain("5")
        (5, '5')
    """
    is_numpy = type(value).__module__.partition(".")[0] == "numpy"
    return value.tolist() if is_numpy and hasattr(value, "tolist") else value


def plain_tree(value: Any, *, levels: int = _LEVELS) -> Any:
    """The same for everything in lists, tuples and mappings, down to so many levels."""
    if levels and isinstance(value, dict):
        return {plain(key): plain_tree(below, levels=levels - 1) for key, below in value.items()}
    if levels and type(value) in (list, tuple):
        return type(value)(plain_tree(below, levels=levels - 1) for below in value)
    return plain(value)

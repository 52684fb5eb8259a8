"""A frame as Excel can hold it: times without a zone, and texts as texts.

Excel has no time zones, and pandas refuses to write one. It takes a text that starts with `=` for a formula, and its
file format has no control characters; texts from a cluster are written by others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Hashable

# those that XML 1.0 leaves out
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def for_excel(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with times in UTC without a zone; each text that Excel would compute starts with an apostrophe."""
    made = pd.DataFrame({place: _values(frame.iloc[:, place].array) for place in range(frame.shape[1])})
    made.columns = frame.columns
    index = frame.index
    levels = [_values(index.get_level_values(level).array) for level in range(index.nlevels)]
    made.index = pd.Index(levels[0], name=index.name) if index.nlevels == 1 else _multi_index(levels, index.names)
    return made


def _multi_index(levels: list[Any], names: list[Hashable]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays(levels, names=names)


def _values(values: Any) -> Any:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.tz_convert("UTC").tz_localize(None)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    is_text = isinstance(values.dtype, pd.StringDtype) or str(values.dtype) == "object"
    return pd.array([_text(value) for value in values], dtype=values.dtype) if is_text else values


def _text(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub(" ", value)
    return f"'{text}" if text.startswith("=") else text

"""A frame as Excel can hold it: times without a zone, and texts as texts.

Excel has no time zones, and pandas refuses to write one. A text that starts with `=` or `{=` is taken for a formula,
and the file format has no control characters; texts from a cluster are written by others, and a pivot makes them
headings.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pandas as pd

# those that XML 1.0 leaves out
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "{=")  # the second is that of an array


def for_excel(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with times in UTC without a zone; each text that Excel would compute starts with an apostrophe."""
    made = pd.DataFrame({place: _values(frame.iloc[:, place].array) for place in range(frame.shape[1])})
    made.columns, made.index = _index(frame.columns), _index(frame.index)
    return made


def _index(index: pd.Index) -> pd.Index:
    levels = [_values(index.get_level_values(level).array) for level in range(index.nlevels)]
    names = [_value(name) for name in index.names]
    return pd.Index(levels[0], name=names[0]) if index.nlevels == 1 else pd.MultiIndex.from_arrays(levels, names=names)


def _values(values: Any) -> Any:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.tz_convert("UTC").tz_localize(None)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    is_text = isinstance(values.dtype, pd.StringDtype) or str(values.dtype) == "object"
    return pd.array([_value(value) for value in values], dtype=values.dtype) if is_text else values


def _value(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None and value is not pd.NaT:
        return value.astimezone(UTC).replace(tzinfo=None)
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub(" ", value)
    return f"'{text}" if text.startswith(_FORMULA) else text

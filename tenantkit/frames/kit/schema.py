"""Frames by schema: the schema decides columns and dtypes, not the rows, so an empty frame has the same ones.

A missing value is `<NA>`, never 0: all dtypes are nullable (pandas' page "Nullable integer data type"). So is a value
that its column cannot hold, such as 100E bytes or a leap second. Long columns
are given as arrays of few values and a place for each row: converting 180,000 texts one by one would take longer than
fetching them. Rejected alternatives: categories, which join and compare in other ways than text; pyarrow, a large
package for a few columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tenantkit.display.frame import Frame
from tenantkit.rules.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray
    from pandas.api.extensions import ExtensionArray

    Places: TypeAlias = NDArray[np.intp]

Schema = dict[str, str]

TIME = "datetime64[us, UTC]"  # microseconds hold the years 0 to 9999, nanoseconds those from 1678 to 2261 only
_INT64 = range(-(2**63), 2**63)


def frame_of(columns: Mapping[str, Sequence[Any] | ExtensionArray], schema: Schema) -> Frame:
    """A frame of exactly the schema's columns, in its order and dtypes.

    Args:
        columns: values by column, all of one length: a list, in which None is missing, or an array that already has
            the column's dtype and is used as it is.
        schema: dtype by column.
    """
    arrays = {name: _array(columns[name], dtype) for name, dtype in schema.items()}
    return Frame(arrays, copy=False)


def frame_of_rows(rows: Iterable[Sequence[Any]], schema: Schema) -> Frame:
    """The same from rows, each with a value for every column in the schema's order; None is missing."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return frame_of(dict(zip(schema, columns, strict=True)), schema)


def texts_at(values: Sequence[str | None], places: Places) -> ExtensionArray:
    """A column of text: for each row the value at its place; None is missing."""
    return pd.array(list(values), dtype="string").take(places)


def numbers_where(values: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> ExtensionArray:
    """A column of numbers, <NA> where `is_missing` is true."""
    return pd.arrays.FloatingArray(values, is_missing)


def _array(column: Sequence[Any] | ExtensionArray, dtype: str) -> ExtensionArray:
    if isinstance(column, pd.api.extensions.ExtensionArray):
        if str(column.dtype) != dtype:
            raise TypeError(f"the column has dtype {column.dtype}, but the schema has {dtype}")
        return column
    if dtype == TIME:
        return _times(column)
    try:
        return pd.Series(list(column), dtype=dtype).array
    except (TypeError, ValueError, OverflowError):  # one odd value costs its cell, not the frame
        return pd.Series([_held(value, dtype) for value in column], dtype=dtype).array


def _times(column: Iterable[Any]) -> ExtensionArray:
    """Times from texts; most texts of a column are equal, so each is parsed once."""
    texts = [text if isinstance(text, str) else None for text in column]
    known = {text: parse_time(text) for text in set(texts)}
    naive = {text: time and time.replace(tzinfo=None) for text, time in known.items()}
    moments = np.array([naive[text] for text in texts], dtype="datetime64[us]")
    return pd.DatetimeIndex(moments).tz_localize("UTC").array


def _held(value: Any, dtype: str) -> Any:
    """The value, if a column of this dtype holds it; else None."""
    match dtype:
        case "boolean":
            return value if isinstance(value, bool) else None
        case "Int64":
            is_whole = not isinstance(value, bool) and isinstance(value, int | float) and value == value // 1
            return int(value) if is_whole and int(value) in _INT64 else None
        case "Float64":
            try:
                return None if isinstance(value, bool) else float(value)
            except (TypeError, ValueError, OverflowError):
                return None
        case _:
            return str(value) if isinstance(value, str | int | float) else None

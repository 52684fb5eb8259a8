"""Frames by schema: the schema decides columns and dtypes, not the rows, so an empty frame has the same ones.

A missing value is `<NA>`, never 0: all dtypes are nullable (pandas' page "Nullable integer data type"). Long columns
are given as arrays of few values and a place for each row: converting 180,000 texts one by one would take longer than
fetching them. Rejected alternatives: categories, which join and compare in other ways than text; pyarrow, a large
package for a few columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray
    from pandas.api.extensions import ExtensionArray

    Places: TypeAlias = NDArray[np.intp]

Schema = dict[str, str]

TIME = "datetime64[ns, UTC]"


def frame_of(columns: Mapping[str, Sequence[Any] | ExtensionArray], schema: Schema) -> pd.DataFrame:
    """A frame of exactly the schema's columns, in its order and dtypes.

    Args:
        columns: values by column, all of one length: a list, in which None is missing, or an array that already has
            the column's dtype and is used as it is.
        schema: dtype by column.
    """
    arrays = {name: _array(columns[name], dtype) for name, dtype in schema.items()}
    return pd.DataFrame(arrays, copy=False)


def frame_of_rows(rows: Iterable[Sequence[Any]], schema: Schema) -> pd.DataFrame:
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
        return pd.to_datetime(list(column), utc=True, format="ISO8601").as_unit("ns").array
    return pd.Series(list(column), dtype=dtype).array

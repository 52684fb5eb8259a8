"""Frames by schema: the columns decide the dtypes, never the rows, so that an empty frame is like a full one.

Missing is `<NA>`, never 0: nullable dtypes throughout (pandas' page "Nullable integer data type").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Schema = dict[str, str]


def frame_of(columns: Mapping[str, Sequence[Any]], schema: Schema) -> pd.DataFrame:
    """A frame of exactly the schema's columns, in its order and dtypes.

    Args:
        columns: values by column; None is missing. All of one length.
        schema: dtype by column.
    """
    return pd.DataFrame({name: pd.array(columns[name], dtype=dtype) for name, dtype in schema.items()})

"""Rows that need no attention, which the picture of a frame folds: quotas far from a limit, checks that pass.

The data keep them. A frame of only such rows is shown whole: whoever selected them wants to see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tenantkit.display.cells import is_main_resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

FAR_PCT = 50.0
_FAR_STATES = ("ok", "none", "unserved")
_ENTRY = ("tenant", "namespace", "quota", "scopes", "resource")
_READ = (*_ENTRY, "state", "workload", "used_pct", "share_pct")
_FEW = 3  # fewer are not worth a fold


@dataclass(frozen=True, slots=True)
class Folding:
    """Which rows are folded.

    Args:
        is_folded: a flag for each row.
        reason: what they have in common: `are far from a limit`; "" where no row is folded.
    """

    is_folded: Flags
    reason: str = ""


def folding_of(frame: pd.DataFrame) -> Folding:
    """Decide by the frame's columns which rows are folded."""
    for needed, numbers, reason, find in _RULES:
        if _has(frame, needed, numbers):
            flags = find(_comparable(frame))
            if _FEW <= flags.sum() < len(frame):
                return Folding(flags, reason)
    return unfolded(frame)


def unfolded(frame: pd.DataFrame) -> Folding:
    """No row of a frame is folded."""
    return Folding(pd.Series(data=False, index=range(len(frame)), dtype=bool).to_numpy())


def _has(frame: pd.DataFrame, needed: Sequence[str], numbers: Sequence[str]) -> bool:
    """Whether a frame has these columns, each once."""
    names = frame.columns.tolist()
    is_there = all(names.count(name) == 1 for name in (*needed, *numbers))
    return is_there and all(pd.api.types.is_numeric_dtype(frame[name].dtype) for name in numbers)


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that rules read; lists, arrays and frames, which pandas cannot compare or group, as texts."""
    found = {}
    for name in _READ:
        if frame.columns.tolist().count(name) == 1:
            values = frame[name]
            found[name] = values.map(_scalar) if values.dtype == object else values
    return pd.DataFrame(found)


def _scalar(value: object) -> object:
    return value if pd.api.types.is_scalar(value) else str(value)


def _far_from_limit(frame: pd.DataFrame) -> Flags:
    is_near = _flags(frame["used_pct"].ge(FAR_PCT))
    return _flags(frame["state"].isin(_FAR_STATES)) & ~is_near & ~_is_main(frame)


def _held_far_from_limit(frame: pd.DataFrame) -> Flags:
    """Of an entry, all holders or none: ten of a tenth each fill it."""
    entry = [name for name in _ENTRY if name in frame.columns]
    held_pct = frame.groupby(entry, dropna=False, sort=False)["share_pct"].transform("sum")
    return ~_flags(held_pct.ge(FAR_PCT)) & ~_is_main(frame)


def _is_main(frame: pd.DataFrame) -> Flags:
    resources = frame["resource"]
    return _flags(resources.isin([resource for resource in resources.unique() if is_main_resource(resource)]))


def _passed(frame: pd.DataFrame) -> Flags:
    return _flags(frame["state"].eq("pass"))


def _flags(values: pd.Series) -> Flags:
    return values.fillna(value=False).to_numpy(dtype=bool)


# the columns that a rule needs, those of numbers, what its rows have in common, and which they are
_RULES: tuple[tuple[tuple[str, ...], tuple[str, ...], str, Callable[[pd.DataFrame], Flags]], ...] = (
    (("resource", "state"), ("used_pct",), "are far from a limit", _far_from_limit),
    (("resource", "workload"), ("share_pct",), "are far from a limit", _held_far_from_limit),
    (("check", "wall", "state"), (), "passed", _passed),
)

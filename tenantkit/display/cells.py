"""Cells as people read them: `16 GiB`, `25 %`, `3 h ago`. How a column is shown follows from its name and dtype.

So it needs no memory of where a column came from: a slice, a merge or a frame of the user's own is shown by the same
rules, and a column with any other name as pandas has it. Amounts need pandas' nullable dtypes, which every reader
writes: the result of `corr` or `rank` has the names of amounts, but does not contain amounts. Rejected alternative:
formats in `attrs`, which a rename, a merge or a file loses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from tenantkit.display.colours import ATTENTION, FULL, FULL_PCT, HEALTHY_STATES, NEAR, NEAR_PCT, OK
from tenantkit.display.human_amounts import age_text, amount_text, number_text
from tenantkit.display.tables import clean, cut
from tenantkit.rules.accelerators import accelerator_word, is_accelerator
from tenantkit.rules.quota_entries import class_and_counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# the reader's columns that are in the unit of their row's column `unit`
AMOUNTS = ("used", "hard", "free", "measured", "per_pod", "requested")
UNITS = ("cores", "bytes", "count")
# texts of more than a few words, in the order in which they are read
LONG = ("warning", "what_to_do", "next_steps", "message", "evidence", "reason")
_LISTS = ("evidence", "what_to_do", "next_steps")  # parts joined by "; "
TEXT_LIMIT, NAME_LIMIT = 2_000, 300
_KIB = 1024
_NULLABLE = (pd.Float64Dtype(), pd.Int64Dtype())
_WORDS = {
    "cpu": "CPU",
    "memory": "memory",
    "storage": "storage",
    "ephemeral-storage": "ephemeral storage",
    "persistentvolumeclaims": "volume claims",
}
_MAIN = ("cpu", "memory", "storage")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as it is shown.

    Args:
        text: what is read, on one or more lines.
        note: the exact name, or why a value is missing, beside the text.
        exact: the exact value, for whoever points at the cell.
        colour: of a value that needs attention, or of the bar.
        bar_pct: the length of a bar behind the text, 0 to 100; None: no bar.
        is_missing: whether the value is `<NA>`.
    """

    text: str
    note: str = ""
    exact: str = ""
    colour: str = ""
    bar_pct: float | None = None
    is_missing: bool = False


MISSING = Cell("–", exact="<NA>: not known, or not applicable", is_missing=True)  # noqa: RUF001 (a dash, as tables have it)


def cells_of(name: str, values: pd.Series, units: Sequence[str | None], now: datetime) -> list[Cell]:
    """The cells of a column.

    Args:
        name: the column's name.
        values: its values.
        units: for each row its unit, or None.
        now: the time from which ages are computed.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return [_time(value, now) for value in values]
    listed = values.tolist()
    if values.dtype in _NULLABLE:
        if name in AMOUNTS:
            return [_missing(value) or Cell(_amount(value, unit)) for value, unit in zip(listed, units, strict=True)]
        if name.endswith("_bytes"):
            return [
                _missing(value) or Cell(_amount(value, "bytes" if abs(value) >= _KIB else None)) for value in listed
            ]
        if name.endswith("_pct") and values.dtype == _NULLABLE[0]:
            return [_missing(value) or _percentage(name, value) for value in listed]
        return [_missing(value) or Cell(_plain_number(value)) for value in listed]
    return [_missing(value) or _text(name, value) for value in listed]


def of_text(used: Cell, hard: Cell, unit: str | None) -> Cell:
    """Two amounts of a row in one cell: `2 of 16 cores`."""
    if hard.is_missing:
        return used
    shown = used.text.removesuffix("s").removesuffix(" core") if unit == "cores" else used.text
    return Cell(f"{shown} of {hard.text}", is_missing=used.is_missing and hard.is_missing)


@lru_cache(maxsize=1024)
def resource_word(resource: str) -> str:
    """What a quota's entry counts, in a word or two: `GPU` for `requests.nvidia.com/gpu`; "" where the name says it.

    Example:
        >>> [resource_word(name) for name in ("requests.nvidia.com/gpu", "limits.memory", "pods")]
        ['GPU', 'memory limit', '']
    """
    if resource.startswith("count/"):
        return ""
    storage_class, rest = class_and_counted(resource)
    bare = rest.removeprefix("requests.").removeprefix("limits.")
    word = _WORDS.get(bare, "")
    word = word or accelerator_word(bare)
    if word and rest.startswith("limits."):
        word += " limit"
    return f"{word} of class {clean(storage_class)}" if word and storage_class else word


def is_main_resource(resource: object) -> bool:
    """Whether a quota's entry is one that people ask about first: CPU, memory, storage or accelerators."""
    bare = str(resource).removeprefix("requests.")
    return bare in _MAIN or (not bare.startswith("count/") and is_accelerator(bare))


def _missing(value: Any) -> Cell | None:
    return MISSING if pd.api.types.is_scalar(value) and pd.isna(value) else None  # an array is compared by element


def _amount(value: float, unit: str | None) -> str:
    return amount_text(value, unit) if unit in UNITS else _plain_number(value)


def _plain_number(value: float) -> str:
    return number_text(value) if isinstance(value, float) else str(value)


def _percentage(name: str, value: float) -> Cell:
    is_limit = name == "used_pct"
    colour = OK if not is_limit or value < NEAR_PCT else FULL if value >= FULL_PCT else NEAR
    return Cell(f"{number_text(value)} %", colour=colour, bar_pct=min(max(value, 0), FULL_PCT))


def _time(value: Any, now: datetime) -> Cell:
    if value is pd.NaT:
        return MISSING
    moment = value.to_pydatetime(warn=False)
    return Cell(age_text((now - moment).total_seconds()), exact=f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}")


def _text(name: str, value: Any) -> Cell:
    if isinstance(value, bool):
        return Cell("yes" if value else "no", colour=ATTENTION.get(name, {}).get(value, ""))
    if isinstance(value, float):
        return Cell(_plain_float(value))
    text = str(value)
    shown = cut(text, TEXT_LIMIT if name in LONG else NAME_LIMIT)
    if name in _LISTS:
        return Cell(shown.replace("; ", "\n"))
    if name == "resource":
        word = resource_word(text)
        return Cell(word, note=shown) if word and word != text else Cell(shown)
    return Cell(shown, colour=_colour(name, text))


def _colour(name: str, text: str) -> str:
    if name == "status":
        return "" if text in HEALTHY_STATES else NEAR
    return FULL if name == "cause" else ATTENTION.get(name, {}).get(text, "")


def _plain_float(value: float) -> str:
    """A number of a column with no unit that is known, by pandas' own options."""
    as_text = pd.get_option("display.float_format")
    if callable(as_text):
        return str(as_text(value))
    digits = max(pd.get_option("display.precision"), 0)
    if math.isinf(value) or abs(value) >= 10**15 or 0 < abs(value) < 10**-digits:
        return f"{value:g}"
    shown = f"{value:.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown

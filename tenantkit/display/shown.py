"""What of a frame is shown: which rows, which columns, and the notes that name the rest.

Everything is decided here, once, for pages and terminals. A frame is shown by its first rows, because readers sort what
needs attention first. Rejected alternative: the first and the last rows, as pandas shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tenantkit.display.cells import LONG, NAME_LIMIT, TEXT_LIMIT, UNITS, cells_of, of_text
from tenantkit.display.folding import folding_of, unfolded
from tenantkit.display.tables import cut
from tenantkit.exceptions import words_of
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tenantkit.display.cells import Cell
    from tenantkit.hints import Surface

EMPTY = "empty"  # the key in a frame's `attrs` of the sentence that is shown for no rows
ASKED = "asked"  # likewise of who knows the totals of the whole cluster
PARTIAL = "partial"  # likewise of which namespaces a frame covers that nobody named: `that you may read`

_REPEATS = {"namespace": "tenant", "root_workload": "workload"}  # a column, and the one that it often repeats
_FEW_COLUMNS = 8  # a selection of at most so many is shown as it was selected
_LONG_LENGTH = 48
_MOST_NOTES = 5
_MOST_NAMED = 10  # namespaces
# where the width is short, the columns that are shown first, those that tell rows apart before others
_FIRST = (
    *("line", "url", "host", "tenant", "person", "state", "path", "shared_with", "name"),
    *("status", "cause", "answer", "action", "object"),
    *("message", "resource", "check", "used of hard", "workload", "creator", "workloads"),
    *("used_pct", "share_pct", "severity", "role", "phase", "field", "hosts", "warning"),
    *("before", "after", "last_seen", "reason", "type", "service", "pods_ready", "pods_desired", "ready", "restarts"),
    *("node", "accelerators_free", "accelerators_allocatable", "accelerators", "free", "since", "peer", "allowed"),
)
_RANKS = {name: rank for rank, name in enumerate(_FIRST)}


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is shown.

    Args:
        heading: the name of the column, or of the two that it joins: `used of hard`.
        cells: one for each row, those that are folded last.
        is_number: whether it is aligned to the right.
        is_age: whether its texts change from one second to the next.
        is_below: whether its texts are shown below their row.
    """

    heading: str
    cells: tuple[Cell, ...]
    is_number: bool = False
    is_age: bool = False
    is_below: bool = False

    @property
    def rank(self) -> int:
        """Its place among the columns where the width is short; 0 is shown first."""
        return _RANKS.get(self.heading, len(_RANKS))

    @property
    def has_words(self) -> bool:
        """Whether one of its texts is a sentence, not a name."""
        return any(" " in cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a frame is shown.

    Args:
        columns: from left to right.
        rows: how many rows are shown; the cells after them are folded.
        fold: what the folded rows are, with their number; "" where none is folded.
        folded: how many rows are folded; of them there are cells for at most as many as may be shown.
        notes: sentences below the table.
    """

    columns: tuple[Column, ...]
    rows: int
    fold: str
    folded: int
    notes: tuple[str, ...]


def shown_of(  # noqa: PLR0913 (all but two are optional)
    frame: pd.DataFrame,
    now: datetime,
    *,
    max_rows: int | None,
    max_columns: int | None,
    is_folded: bool = True,
    surface: Surface = "python",
) -> Shown:
    """Decide what of a frame is shown.

    Args:
        frame: any frame whose columns have one level.
        now: the time from which ages are computed.
        max_rows: at most so many rows, and as many folded ones; None: all.
        max_columns: at most so many columns; None or 0: all.
        is_folded: whether the rows that need no attention are folded.
        surface: the wording of what could not be read.
    """
    folding = folding_of(frame) if is_folded else unfolded(frame)
    kept, folded = (_first(np.flatnonzero(flags), max_rows) for flags in (~folding.is_folded, folding.is_folded))
    picked = _with_index(frame.take([*kept, *folded]))
    units = _units(picked)
    columns = _joined([_column(picked, place, units, now) for place in range(picked.shape[1])], units)
    notes = [_row_note(len(kept), int((~folding.is_folded).sum()))]
    if len(columns) > _FEW_COLUMNS:
        columns, without_value, repeats = _without_repeats(_with_reasons(columns))
        notes += [_named("Without a value here", without_value), _named("Not repeated", repeats)]
    if max_columns and len(columns) > max_columns:
        notes.append(_named("More columns", [column.heading for column in columns[max_columns:]]))
        columns = columns[:max_columns]
    notes += [*incomplete_notes(frame.attrs, surface), _partial_note(frame.attrs)]
    number = int(folding.is_folded.sum())
    fold = f"{number:,} more rows {folding.reason}" if number else ""
    return Shown(_long_below(columns), len(kept), fold, number, tuple(filter(None, notes)))


def ranked(columns: Sequence[Column]) -> list[Column]:
    """The columns as they are kept where the width is short; without a tenant, its team tells rows apart."""
    has_tenant = any(column.heading == "tenant" for column in columns)
    return sorted(columns, key=lambda column: -1 if column.heading == "team" and not has_tenant else column.rank)


def empty_sentence(frame: pd.DataFrame) -> str:
    """What a frame without rows says: its reader's sentence, or that there are none."""
    sentence = frame.attrs.get(EMPTY)
    return cut(sentence, TEXT_LIMIT) if isinstance(sentence, str) else f"No rows.{_covered(frame.attrs.get('scope'))}"


def _covered(scope: object) -> str:
    """The namespaces that a filtered frame covers: a host that is not among them may still be taken."""
    if not isinstance(scope, tuple) or not scope:
        return ""
    if len(scope) > _MOST_NAMED:
        return f" Covers {len(scope):,} namespaces only."
    return cut(f" Covers these namespaces only: {', '.join(map(str, scope))}.", TEXT_LIMIT)


def _partial_note(attrs: Mapping[Any, Any]) -> str:
    """That a frame covers a part of the cluster: its sums are not those of everything."""
    which, scope = attrs.get(PARTIAL), attrs.get("scope")
    if not isinstance(which, str) or not isinstance(scope, tuple | list) or not scope:
        return ""
    asked = attrs.get(ASKED)
    more = f" Totals of the whole cluster may be higher: ask {asked}." if isinstance(asked, str) else ""
    return cut(f"Covers only the namespaces {which}: {first_of(map(str, scope), _MOST_NAMED)}.{more}", TEXT_LIMIT)


def incomplete_notes(attrs: Mapping[Any, Any], surface: Surface = "python") -> list[str]:
    """What could not be read, one note for each kind, in the words of a surface."""
    incomplete = attrs.get("incomplete")
    if not isinstance(incomplete, dict):
        return []
    named = [*incomplete.items()][:_MOST_NOTES]
    notes = [cut(f"Incomplete, {kind}: {words_of(reason, surface)}", TEXT_LIMIT) for kind, reason in named]
    left_out = len(incomplete) - len(notes)
    return [*notes, f"Incomplete: {left_out:,} more."] if left_out else notes


def _first(places: np.ndarray[Any, Any], limit: int | None) -> Sequence[int]:
    return [int(place) for place in (places if limit is None else places[: max(limit, 0)])]


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as columns, if that has names or texts; the numbers of rows are left out."""
    index = frame.index
    if index.nlevels == 1 and index.name is None and (index.dtype.kind in "iu" or not len(frame)):
        return frame
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    firsts = [pd.Series(level.array, index=frame.index, name=level.name or "") for level in levels]
    return pd.concat([*firsts, frame], axis=1)


def _column(frame: pd.DataFrame, place: int, units: Sequence[str | None], now: datetime) -> Column:
    name, values = str(frame.columns[place]), frame.iloc[:, place]
    is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    is_age = isinstance(values.dtype, pd.DatetimeTZDtype)
    return Column(cut(name, NAME_LIMIT), tuple(cells_of(name, values, units, now)), is_number, is_age)


def _units(frame: pd.DataFrame) -> Sequence[str | None]:
    """The unit of each row; None of a row without one, and of all rows if one has a unit that is not ours."""
    units = frame["unit"].tolist() if frame.columns.tolist().count("unit") == 1 else []
    known = [unit if isinstance(unit, str) else None for unit in units]
    return known if {*known} - {None} and {*known} <= {None, *UNITS} else [None] * len(frame)


def _joined(columns: Sequence[Column], units: Sequence[str | None]) -> list[Column]:
    """The columns with `2 of 8 cores` in place of used, hard and unit."""
    names = [column.heading for column in columns]
    if not any(units):
        return list(columns)
    left_out = {"unit"}
    if names.count("used") == names.count("hard") == 1:
        used, hard = columns[names.index("used")], columns[names.index("hard")]
        cells = tuple(of_text(*cells) for cells in zip(used.cells, hard.cells, units, strict=True))
        columns = [Column("used of hard", cells, is_number=True) if column is used else column for column in columns]
        left_out.add("hard")
    return [column for column in columns if column.heading not in left_out]


def _without_repeats(columns: Sequence[Column]) -> tuple[list[Column], list[str], list[str]]:
    """The columns that have a value of their own, and the names of the others: without a value, and repeated."""
    by_name = {column.heading: column for column in columns}
    without_value = [
        column.heading for column in columns if all(cell.is_missing and not cell.note for cell in column.cells)
    ]
    repeats = {
        name: other
        for name, other in _REPEATS.items()
        if name in by_name and other in by_name and by_name[name].cells == by_name[other].cells
    }
    if _is_workload_of(by_name):
        repeats |= {"kind": "workload", "name": "workload"}
    hidden = {*without_value, *repeats}
    texts = [f"{name} (as {other})" for name, other in repeats.items() if name not in without_value]
    return [column for column in columns if column.heading not in hidden], without_value, texts


def _with_reasons(columns: Sequence[Column]) -> list[Column]:
    """The columns without those that only say why another has no value: its empty cells say so beside their dash."""
    by_name = {column.heading: column for column in columns}
    reasons = {name: f"{name}_reason" for name in by_name if f"{name}_reason" in by_name}
    found = []
    for column in columns:
        if column.heading in reasons:
            why = by_name[reasons[column.heading]].cells
            cells = [
                replace(cell, note=it.text) if cell.is_missing and not it.is_missing else cell
                for cell, it in zip(column.cells, why, strict=True)
            ]
            found.append(replace(column, cells=tuple(cells)))
        elif column.heading not in reasons.values():
            found.append(column)
    return found


def _is_workload_of(by_name: Mapping[str, Column]) -> bool:
    """Whether each row's workload is its own kind and name."""
    if not {"kind", "name", "workload"} <= {*by_name}:
        return False
    cells = zip(*(by_name[name].cells for name in ("kind", "name", "workload")), strict=True)
    return all(f"{kind.text}/{name.text}" == workload.text for kind, name, workload in cells)


def _long_below(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns; several long texts, or one beside many columns, are shown below their row."""
    long = [column for column in columns if column.heading in LONG and any(map(_is_long, column.cells))]
    if len(long) == 1 and len(columns) <= _FEW_COLUMNS:
        return tuple(columns)
    below = [replace(column, is_below=True) for column in sorted(long, key=lambda column: LONG.index(column.heading))]
    return (*(column for column in columns if column not in long), *below)


def _is_long(cell: Cell) -> bool:
    return len(cell.text) > _LONG_LENGTH


def _row_note(shown: int, rows: int) -> str:
    return f"The first {shown:,} of {rows:,} rows." if shown < rows else ""


def _named(lead: str, names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"{lead}: {listed}." if listed else ""

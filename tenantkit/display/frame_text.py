"""A frame as text, wrapped to the width of a terminal.

Where the columns do not fit, long texts are wrapped, then the notes in brackets are left out, and then the columns of
the lowest rank are left out and named; texts that say what to do are shown below their row instead. Rejected
alternative: pandas' blocks of columns below each other, which separate a row's state from its name.
"""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from tenantkit.display.cells import LONG
from tenantkit.display.shown import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.display.cells import Cell
    from tenantkit.display.shown import Column, Shown

_GAP = "  "
_LEAST_WIDTH = 24  # to which texts of several words are wrapped
_LONGEST_WORD = 40
_INDENT = "    "
_AGE_WIDTH = len("119 min ago")  # of every column of ages, so that a table is as wide a second later


@dataclass(frozen=True, slots=True)
class _Laid:
    """A column with its width in characters."""

    column: Column
    texts: Sequence[str]
    width: int


def frame_text(shown: Shown, width: int | None) -> str:
    """What is shown of a frame, as text.

    Args:
        shown: the columns and rows.
        width: the terminal's, in characters; None: any.
    """
    kept, moved, left_out = _fitting([column for column in shown.columns if not column.is_below], shown.rows, width)
    below = [*moved, *(column for column in shown.columns if column.is_below)]
    lines = [_line([laid.column.heading for laid in kept], kept)]
    for place in range(shown.rows):
        lines += _row(kept, place)
        lines += _below(below, place, width)
    notes = [f"{shown.fold}."] if shown.fold else []
    notes += [f"More columns: {', '.join(left_out)}."] if left_out else []
    notes += shown.notes
    return "\n".join([*lines, *([""] if notes else []), *sentences_lines(notes, width)])


def sentences_lines(sentences: Sequence[str], width: int | None) -> list[str]:
    """Sentences, each wrapped to the width."""
    return [line for sentence in sentences for line in _wrapped(sentence, width)]


def _laid(column: Column, rows: int, *, with_notes: bool) -> _Laid:
    texts = [_text(cell) if with_notes or cell.is_missing else cell.text for cell in column.cells[:rows]]
    width = max((_width(line) for text in (column.heading, *texts) for line in text.split("\n")), default=0)
    return _Laid(column, texts, max(width, _AGE_WIDTH) if column.is_age else width)


def _text(cell: Cell) -> str:
    return f"{cell.text} ({cell.note})" if cell.note else cell.text


def _fitting(columns: Sequence[Column], rows: int, width: int | None) -> tuple[list[_Laid], list[Column], list[str]]:
    """The columns that fit, those that are shown below each row, and the names of those that are left out."""
    laid = [_laid(column, rows, with_notes=True) for column in columns]
    if width is None:
        return laid, [], []
    if _total(map(_least, laid)) > width:
        laid = [_laid(column, rows, with_notes=False) for column in columns]
    kept = _kept(laid, width)
    others = [one.column for one in laid if one.column not in kept]
    shown = [kept[one.column] for one in laid if one.column in kept]
    moved = [column for column in others if column.heading in LONG and column.has_words]
    return shown, moved, [column.heading for column in others if column not in moved]


def _kept(columns: Sequence[_Laid], width: int) -> dict[Column, _Laid]:
    """The columns that fit, with their widths; the first by rank always fits."""
    kept: list[_Laid] = []
    by_column = {laid.column: laid for laid in columns}
    for laid in map(by_column.__getitem__, ranked([*by_column])):
        if not kept or _total(map(_least, [*kept, laid])) <= width:
            kept.append(laid)
    spare = width - _total(map(_least, kept))
    fitted = {}
    for laid in kept:
        least = _least(laid)
        fitted[laid.column] = replace(laid, width=min(laid.width, least + spare))
        spare -= fitted[laid.column].width - least
    return fitted


def _least(laid: _Laid) -> int:
    """The least width of a column: texts of several words are wrapped between words."""
    words = [word for text in (laid.column.heading, *laid.texts) for word in text.split()]
    longest = min(max(map(_width, words), default=0), _LONGEST_WORD)
    has_words = len(words) > len(laid.texts) + 1 and not laid.column.is_number
    return min(laid.width, max(_LEAST_WIDTH, longest)) if has_words else laid.width


def _total(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + len(_GAP) * (len(listed) - 1)


def _row(columns: Sequence[_Laid], place: int) -> Iterator[str]:
    cells = [_wrapped(laid.texts[place], laid.width) for laid in columns]
    for line in zip_longest(*cells, fillvalue=""):
        yield _line(line, columns)


def _line(texts: Sequence[str], columns: Sequence[_Laid]) -> str:
    aligned = []
    for text, laid in zip(texts, columns, strict=True):
        padding = " " * (laid.width - _width(text))
        aligned.append(padding + text if laid.column.is_number or laid.column.is_age else text + padding)
    return _GAP.join(aligned).rstrip()


def _below(columns: Sequence[Column], place: int, width: int | None) -> Iterator[str]:
    heading_width = max((len(column.heading) for column in columns), default=0)
    for column in columns:
        cell = column.cells[place]
        if cell.is_missing or not cell.text:
            continue
        lead = f"{_INDENT}{column.heading:{heading_width}}{_GAP}"
        room = None if width is None else max(width - len(lead), _LEAST_WIDTH)
        for number, line in enumerate(_wrapped(_text(cell), room)):
            yield (lead if number == 0 else " " * len(lead)) + line


def _wrapped(text: str, width: int | None) -> list[str]:
    lines = text.split("\n")
    if width is None:
        return lines
    found: list[str] = []
    for line in lines:
        fits = _width(line) <= width
        found += [line] if fits else textwrap.wrap(line, max(width, 1), break_on_hyphens=False) or [""]
    return found


def _width(text: str) -> int:
    """The width of a text in a terminal: letters of East Asian scripts take two places, marks on a letter none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)

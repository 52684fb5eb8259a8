"""A frame as HTML: for pages with a light or a dark background, and within a number of bytes.

Texts from a cluster are written by others, so each one is escaped. Colours are half transparent and repeat what a cell
says, because a page that does not trust a notebook removes styles. A large frame must not make a notebook slow: rows
are left out as soon as the page has `_LIMIT_CHARACTERS`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tenantkit.display.colours import FULL, NEAR, OK, translucent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.display.cells import Cell
    from tenantkit.display.shown import Column, Shown

_LIMIT_CHARACTERS = 150_000
_NAME_LENGTH, _WORDS_LENGTH = 63, 32
_OPACITY = {OK: 0.35, NEAR: 0.45, FULL: 0.45}
_STYLE = """<style>
.tenantkit-frame { max-width: 100%; overflow-x: auto; }
.tenantkit-frame table { border-collapse: collapse; border: none; margin: 0; font-size: 12px; }
.tenantkit-frame th, .tenantkit-frame td { text-align: left; vertical-align: top; padding: 3px 10px; border: none;
  white-space: nowrap; }
.tenantkit-frame .wrapped { min-width: 16em; max-width: 28em; white-space: pre-line; overflow-wrap: anywhere; }
.tenantkit-frame thead th { vertical-align: bottom; border-bottom: 1px solid rgba(128, 128, 128, 0.7); }
.tenantkit-frame tbody tr { background: none; border-top: 1px solid rgba(128, 128, 128, 0.25); }
.tenantkit-frame tbody tr.below { border-top: none; }
.tenantkit-frame .number { text-align: right; font-variant-numeric: tabular-nums; }
.tenantkit-frame .below td { min-width: 40em; max-width: 72em; padding-bottom: 8px; white-space: pre-line; }
.tenantkit-frame dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 0; }
.tenantkit-frame dt, .tenantkit-frame dd { margin: 0; font-weight: normal; }
.tenantkit-frame dt, .tenantkit-frame .quiet, .tenantkit-frame small { opacity: 0.75; }
.tenantkit-frame p, .tenantkit-frame summary { margin: 4px 0; font-size: 12px; opacity: 0.85; }
</style>"""


def frame_html(shown: Shown) -> str:
    """What is shown of a frame, as HTML."""
    head = "".join(_heading(column) for column in shown.columns if not column.is_below)
    size = max((len(column.cells) for column in shown.columns), default=0)
    rows, left_out = _within(_rows(shown.columns, range(shown.rows)))
    notes = [f"The first {shown.rows - left_out:,} of these rows fit on the page."] if left_out else []
    parts = [_table(head, rows)]
    if shown.fold:
        folded, _ = _within(_rows(shown.columns, range(shown.rows, size)))
        listed = f"<p>The first {len(folded):,} of them.</p>" if len(folded) < shown.folded else ""
        parts.append(f"<details><summary>{escape(shown.fold)}</summary>{listed}{_table(head, folded)}</details>")
    parts += [f"<p>{escape(note)}</p>" for note in (*notes, *shown.notes)]
    return framed("".join(parts))


def sentences_html(sentences: Iterable[str]) -> str:
    """Sentences in place of a table."""
    return framed("".join(f"<p>{escape(sentence)}</p>" for sentence in sentences))


def framed(content: str) -> str:
    """The content with its style; it can be scrolled by keyboard, and JupyterLab parses no formulas in it."""
    return f'{_STYLE}<div class="tenantkit-frame mathjax_ignore" tabindex="0">{content}</div>'


def _table(head: str, rows: Sequence[str]) -> str:
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _heading(column: Column) -> str:
    kind = ' class="number"' if column.is_number else ""
    return f'<th scope="col"{kind}>{escape(column.heading)}</th>'


def _rows(columns: Sequence[Column], places: Iterable[int]) -> Iterable[str]:
    beside = [column for column in columns if not column.is_below]
    below = [column for column in columns if column.is_below]
    for place in places:
        row = "".join(_cell(column, column.cells[place]) for column in beside)
        listed = "".join(_item(column.heading, column.cells[place]) for column in below)
        under = f'<tr class="below"><td colspan="{max(len(beside), 1)}"><dl>{listed}</dl></td></tr>' if listed else ""
        yield f"<tr>{row}</tr>{under}"


def _within(rows: Iterable[str]) -> tuple[list[str], int]:
    """The rows that fit on the page, and how many do not."""
    kept, characters, left_out = [], 0, 0
    for row in rows:
        characters += len(row)
        if characters > _LIMIT_CHARACTERS:
            left_out += 1
        else:
            kept.append(row)
    return kept, left_out


def _cell(column: Column, cell: Cell) -> str:
    found = {"number": column.is_number, "wrapped": _is_wrapped(cell), "quiet": cell.is_missing}
    kinds = [name for name, is_so in found.items() if is_so]
    classes = f' class="{" ".join(kinds)}"' if kinds else ""
    title = f' title="{escape(cell.exact)}"' if cell.exact else ""
    return f"<td{classes}{title}{_style(cell)}>{_content(cell)}</td>"


def _is_wrapped(cell: Cell) -> bool:
    """Whether a cell has a text of many words; names stay on a line, as they are copied."""
    texts = (cell.text, cell.note if cell.is_missing else "")
    return any(len(it) > _NAME_LENGTH or (len(it) > _WORDS_LENGTH and " " in it) or "\n" in it for it in texts)


def _content(cell: Cell) -> str:
    return f"{escape(cell.text)} <small>{escape(cell.note)}</small>" if cell.note else escape(cell.text)


def _item(heading: str, cell: Cell) -> str:
    return "" if cell.is_missing or not cell.text else f"<dt>{escape(heading)}</dt><dd>{_content(cell)}</dd>"


def _style(cell: Cell) -> str:
    if not cell.colour:
        return ""
    tint = translucent(cell.colour, _OPACITY[cell.colour])
    if cell.bar_pct is None:
        return f' style="background-color: {tint}; font-weight: bold"'
    return f' style="background: linear-gradient(90deg, {tint} {cell.bar_pct:.1f}%, transparent {cell.bar_pct:.1f}%)"'

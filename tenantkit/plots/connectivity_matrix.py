"""A matrix of connectivity: a row per group of a tenant's pods, a column per other end, in both directions.

Each cell has a word beside its colour. Blue is not good and grey is not bad: which of them is right depends on the
column. Rejected alternative: a graph of pods and arrows, which becomes unreadable with more than ten pods.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from tenantkit.display.colours import NEAR, OK, blend, ink_on
from tenantkit.display.pictures import Sheet, check_frame, check_limit, empty_picture, picture_of, shortened, width_of
from tenantkit.display.tables import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from tenantkit.display.colours import Look, Theme
    from tenantkit.display.pictures import Picture

_COLUMNS = ("namespace", "direction", "peer", "source", "destination", "port", "allowed", "code")
_DIRECTIONS = ("Egress", "Ingress")
_WORD_OF = {"Egress": "to", "Ingress": "from"}
_LEGEND = (("yes", "allowed"), ("some", "only some ports or ends"), ("no", "not allowed"), ("?", "unknown"))
_ALWAYS = "from-its-node"  # a node reaches its pods whatever a policy says

_CELL_WIDTH, _ROW_HEIGHT, _GAP, _MARGIN, _BETWEEN = 0.56, 0.32, 0.03, 0.12, 0.3
_SLANT = 40  # degrees
_SWATCH = 0.42
_NAMED_LIMIT, _SHORT = 8, 5


class _Cell(NamedTuple):
    """The state between a group of pods and a peer (`yes`, `some`, `no` or `?`), and the text in the cell."""

    row: str
    direction: str
    peer: str
    state: str
    word: str


def connectivity(frame: pd.DataFrame, *, theme: Theme | None = None, limit: int = 40) -> Picture:
    """Draw who may reach whom: a row per group of pods, a cell per other end. Experimental: its look may change.

    Args:
        frame: from `connectivity`, or some of its rows.
        theme: `light` or `dark`. Default: both; the page shows the one of its theme.
        limit: at most this many groups of pods, in the frame's order. Default 40, which fits on a page.

    Returns:
        A chart; for an empty frame, one that says so.

    Raises:
        InvalidSpecError: the frame is not from `connectivity`, the theme is unknown, or the limit is not a number.
        MissingExtraError: matplotlib is not installed.

    Example:
        >>> picture = tk.plots.connectivity(tk.connectivity(cluster), theme="dark")
    """
    most = check_limit(limit)
    check_frame("frame", frame, "connectivity", _COLUMNS)
    cells = _cells(frame)
    rows = list(dict.fromkeys(cell.row for cell in cells))
    shown = rows[: max(most, 1)]
    cells = [cell for cell in cells if cell.row in set(shown)]
    if not cells:
        return empty_picture("No connectivity to show.", theme)
    whole = f"{len(rows)} group{'s' * (len(rows) != 1)} of pods"
    few = f"the first {len(shown)} of {whole}" if len(shown) < len(rows) else whole
    alt = clean(f"Connectivity of {few}. {_sentences(cells)}")
    return picture_of(lambda look: _draw(cells, shown, few, look), alt, theme)


def _cells(frame: pd.DataFrame) -> list[_Cell]:
    """The cells, one for each group of pods, direction and peer."""
    listed = frame[frame["code"] != _ALWAYS][list(_COLUMNS)]
    answers: dict[tuple[str, str, str], list[tuple[bool | None, str]]] = {}
    for row in listed.astype(object).where(listed.notna(), None).to_dict("records"):
        own = row["source"] if row["direction"] == "Egress" else row["destination"]
        key = str(own), str(row["direction"]), str(row["peer"])
        answers.setdefault(key, []).append((row["allowed"], str(row["port"] or "")))
    return [_Cell(*key, *_state(found)) for key, found in answers.items()]


def _state(answers: Sequence[tuple[bool | None, str]]) -> tuple[str, str]:
    states = {allowed for allowed, _ in answers}
    if states == {True}:
        return "yes", "yes"
    if True in states:
        ports = sorted({port for allowed, port in answers if allowed})
        text = ",".join(ports)
        return "some", text if len(text) <= _SHORT and text[:1].isdigit() else "some"
    return ("?", "?") if None in states else ("no", "no")


def _sentences(cells: Iterable[_Cell]) -> str:
    """What is allowed, as text."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        if cell.state != "no":
            note = {"yes": "", "?": " (unknown)"}.get(cell.state, f" ({cell.word})")
            found.setdefault(cell.row, []).append(f"{_WORD_OF[cell.direction]} {cell.peer}{note}")
    texts = [f"{row}: {', '.join(ways)}." for row, ways in found.items()]
    more = f" And {len(texts) - _NAMED_LIMIT} more." if len(texts) > _NAMED_LIMIT else ""
    return " ".join(texts[:_NAMED_LIMIT]) + more if texts else "Nothing is allowed."


def _columns(cells: Iterable[_Cell]) -> list[tuple[str, str]]:
    """Directions and peers: first what pods may reach, in the frame's order."""
    found = dict.fromkeys((cell.direction, cell.peer) for cell in cells)
    return sorted(found, key=lambda column: _DIRECTIONS.index(column[0]))


def _places(columns: Sequence[tuple[str, str]], left: float) -> Mapping[tuple[str, str], float]:
    """The left edge of each column; the two directions stand apart."""
    second = next((place for place, (direction, _) in enumerate(columns) if direction == "Ingress"), len(columns))
    apart = _BETWEEN if 0 < second < len(columns) else 0
    return {
        column: left + place * _CELL_WIDTH + (apart if place >= second else 0) for place, column in enumerate(columns)
    }


def _draw(cells: Sequence[_Cell], rows: Sequence[str], few: str, look: Look) -> Figure:
    columns = _columns(cells)
    labels = {(direction, peer): f"{_WORD_OF[direction]} {peer}" for direction, peer in columns}
    left = _MARGIN + max(width_of(shortened(row)) for row in rows) + 0.12
    places = _places(columns, left)
    turn = math.radians(_SLANT)
    lengths = {column: width_of(text) for column, text in labels.items()}
    top = 0.68 + max(lengths.values()) * math.sin(turn)
    bottom = top + len(rows) * _ROW_HEIGHT
    ends = [places[column] + _CELL_WIDTH / 2 + length * math.cos(turn) for column, length in lengths.items()]
    legend = [(state, words) for state, words in _LEGEND if any(cell.state == state for cell in cells)]
    width = max(*ends, left + sum(_SWATCH + 0.25 + width_of(words, 8) for _, words in legend), width_of(few, 9) + 2)
    sheet = Sheet(width + _MARGIN, bottom + 0.5)
    sheet.text(_MARGIN, 0.22, "Connectivity", look.ink, size=12, weight="bold")
    sheet.text(_MARGIN, 0.45, f"by the NetworkPolicies, {few}", look.quiet)
    for column, text in labels.items():
        x = places[column] + _CELL_WIDTH / 2
        sheet.text(x, top - 0.08, text, look.ink, rotation=_SLANT, rotation_mode="anchor", va="baseline")
    for place, row in enumerate(rows):
        sheet.text(left - 0.1, top + (place + 0.5) * _ROW_HEIGHT, shortened(row), look.ink, ha="right")
    ys = {row: top + place * _ROW_HEIGHT for place, row in enumerate(rows)}
    for cell in cells:
        box = (places[cell.direction, cell.peer], ys[cell.row], _CELL_WIDTH - _GAP, _ROW_HEIGHT - _GAP)
        _draw_cell(sheet, cell.state, cell.word, box, look)
    x = left
    for state, words in legend:
        _draw_cell(sheet, state, state, (x, bottom + 0.15, _SWATCH, 0.2), look)
        sheet.text(x + _SWATCH + 0.07, bottom + 0.25, words, look.quiet, size=8)
        x += _SWATCH + 0.25 + width_of(words, 8)
    return sheet.figure


def _draw_cell(sheet: Sheet, state: str, word: str, box: tuple[float, float, float, float], look: Look) -> None:
    colour = {"yes": OK, "some": NEAR, "no": look.track}.get(state)
    if colour is None:
        sheet.box(*box, facecolor="none", edgecolor=blend(look.track, look.quiet, 0.4), hatch="////")
    else:
        sheet.box(*box, facecolor=colour)
    ink = look.ink if state == "?" else ink_on(colour or look.ground)
    sheet.text(box[0] + box[2] / 2, box[1] + box[3] / 2, word, ink, ha="center", size=8.5)

"""A map of accelerators: a row per node, a cell per device, and the tenants that use them.

Each tenant has a letter beside its colour, and pods are named beside the row, so colour is never the only sign; a cell
that cannot be allocated is hatched. The API does not say which device a pod was given: cells show how many, not which.
Rejected alternative: a bar per node, in which one of eight is hard to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.display.colours import DEVICE_HUES, blend, ink_on
from tenantkit.display.pictures import Sheet, check_frame, check_limit, empty_picture, picture_of, shortened, width_of
from tenantkit.display.tables import clean
from tenantkit.rules.listing import first_of
from tenantkit.rules.pod_status import ENDED

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from tenantkit.display.colours import Look, Theme
    from tenantkit.display.pictures import Picture

_NODE_COLUMNS = (
    "name",
    "ready",
    "cordoned",
    "accelerator_product",
    "accelerators_allocatable",
    "accelerators_requests",
)
_POD_COLUMNS = ("tenant", "namespace", "name", "phase", "node", "accelerators")
_PERSON = "creator"  # of a pod; the column may be left out
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIZE, _GAP, _MARGIN = 0.3, 0.03, 0.12
_DRAWN_DEVICES = 256  # of a node; more is not a number of devices but a quantity, or a mistake
_CELLS_PER_LINE, _NAMED_PODS, _PER_LINE = 16, 4, 4
_FREE, _UNKNOWN, _SHUT = "", "?", "–"  # noqa: RUF001 (a dash, as tables have it)
_WORDS = ((_FREE, "free"), (_SHUT, "unused, cordoned or not ready"), (_UNKNOWN, "used by pods not shown, or unknown"))


@dataclass(frozen=True, slots=True)
class _Node:
    """One row; a cell is a tenant's letter or one of the three marks."""

    name: str
    product: str
    words: tuple[str, ...]
    cells: tuple[str, ...]
    holders: str
    is_counted: bool = True

    @property
    def title(self) -> str:
        return shortened(f"{self.name} ({', '.join(self.words)})" if self.words else self.name)

    @property
    def room(self) -> str:
        return ", ".join(filter(None, (self.product, self.free)))

    @property
    def free(self) -> str:
        """How many are free; empty where the devices are not drawn."""
        if not self.is_counted and _UNKNOWN in self.cells:
            return f"unknown how many of {len(self.cells)} are free"
        return f"{self.cells.count(_FREE)} of {len(self.cells)} free" if self.cells else ""


def gpus(nodes: pd.DataFrame, pods: pd.DataFrame, *, theme: Theme | None = None, limit: int = 40) -> Picture:
    """Draw which tenants use which accelerators: a row per node, a cell per device. Experimental: its look may change.

    Args:
        nodes: from `nodes`, or some of its rows; nodes without accelerators are left out.
        pods: from `pods`; each is named with its creator, where there is one. Devices that are requested by other pods
            are marked `?`.
        theme: `light` or `dark`. Default: both; the page shows the one of its theme.
        limit: at most this many nodes, in the frame's order. Default 40, which fits on a page.

    Returns:
        A chart; without accelerators, one that says so.

    Raises:
        InvalidSpecError: a frame is not from `nodes` or `pods`, the theme is unknown, or the limit is not a number.
        MissingExtraError: matplotlib is not installed.

    Example:
        >>> picture = tk.plots.gpus(tk.nodes(cluster), tk.pods(cluster), theme="dark")
    """
    most = check_limit(limit)
    check_frame("nodes", nodes, "nodes", _NODE_COLUMNS)
    check_frame("pods", pods, "pods", _POD_COLUMNS)
    held = _held(pods)
    letters = _letters(tenant for holders in held.values() for tenant, _, _ in holders)
    shown_columns = nodes[list(_NODE_COLUMNS)]
    rows = [
        _node(row, held.get(row["name"], ()), letters)
        for row in shown_columns.astype(object).where(shown_columns.notna(), None).to_dict("records")
        if row["accelerators_allocatable"] or held.get(row["name"])
    ]
    if not rows:
        return empty_picture("No accelerators to show.", theme)
    shown = rows[: max(most, 1)]
    whole = f"{len(rows)} node{'s' * (len(rows) != 1)}"
    few = f"the first {len(shown)} of {whole}" if len(shown) < len(rows) else whole
    alt = f"Accelerators of {few}. {' '.join(_sentence(row) for row in shown)}"
    return picture_of(lambda look: _draw(shown, letters, few, look), clean(alt), theme)


def _held(pods: pd.DataFrame) -> dict[str, list[tuple[str, str, int]]]:
    """By node: tenant (or namespace, if it has no tenant), pod with its creator, and how many devices it requests."""
    held: dict[str, list[tuple[str, str, int]]] = {}
    placed = pods[pods["node"].notna() & (pods["accelerators"].fillna(0) > 0) & ~pods["phase"].isin(list(ENDED))]
    for row in placed[[*_POD_COLUMNS, *(name for name in (_PERSON,) if name in placed)]].to_dict("records"):
        owner = row["tenant"] if isinstance(row["tenant"], str) else row["namespace"]
        person = row.get(_PERSON)
        pod = f"{row['name']} of {person}" if isinstance(person, str) else row["name"]
        held.setdefault(row["node"], []).append((owner, pod, int(row["accelerators"])))
    return held


def _letters(tenants: Iterable[str]) -> dict[str, str]:
    """A mark for each tenant: a letter, followed by a number after 26 tenants."""
    ordered = sorted(set(tenants))
    return {
        name: _LETTERS[place % len(_LETTERS)] + (str(place // len(_LETTERS)) if place >= len(_LETTERS) else "")
        for place, name in enumerate(ordered)
    }


def _node(row: Mapping[Hashable, Any], holders: Sequence[tuple[str, str, int]], letters: Mapping[str, str]) -> _Node:
    allocatable = int(row["accelerators_allocatable"] or 0)
    named = [f"{tenant}/{pod}" + (f" x {count}" if count > 1 else "") for tenant, pod, count in holders]
    product, held_by = str(row["accelerator_product"] or ""), first_of(named, _NAMED_PODS)
    words = ["cordoned"] * (row["cordoned"] is True) + ["not ready"] * (row["ready"] is False)
    most = max(allocatable, sum(count for _, _, count in holders))
    if most > _DRAWN_DEVICES:
        return _Node(str(row["name"]), product, (*words, f"{most:,} devices, not drawn"), (), held_by)
    cells = [letters[tenant] for tenant, _, count in holders for _ in range(count)]
    requested = row["accelerators_requests"]
    is_shut = row["cordoned"] is True or row["ready"] is False
    left = allocatable - len(cells)
    hidden = left if requested is None else min(int(requested) - len(cells), left)
    cells += [_UNKNOWN] * max(hidden, 0)
    cells += [_SHUT if is_shut else _FREE] * (allocatable - len(cells))
    words += ["more requested than allocatable"] * (len(cells) > allocatable)
    return _Node(str(row["name"]), product, tuple(words), tuple(cells), held_by, requested is not None)


def _sentence(row: _Node) -> str:
    """A row as text."""
    shut, unknown = row.cells.count(_SHUT), row.cells.count(_UNKNOWN)
    parts = [row.free] if row.free else []
    parts += [f"{shut} unused, but cordoned or not ready"] if shut else []
    parts += [f"{unknown} unknown"] if unknown else []
    parts += [row.holders] if row.holders else []
    said = f": {'; '.join(parts)}" if parts else ""
    return f"{row.title}{f', {row.product}' if row.product else ''}{said}."


def _draw(rows: Sequence[_Node], letters: Mapping[str, str], few: str, look: Look) -> Figure:
    left = _MARGIN + max(width_of(row.title) for row in rows) + 0.12
    widest = max(min(len(row.cells), _CELLS_PER_LINE) for row in rows)
    beside = left + widest * _SIZE + 0.12
    used = {cell for row in rows for cell in row.cells}
    legend = [(mark, f"{mark}  {shortened(tenant)}") for tenant, mark in letters.items() if mark in used]
    legend += [(mark, text) for mark, text in _WORDS if mark in used]
    lines = [len(row.cells) // _CELLS_PER_LINE + bool(len(row.cells) % _CELLS_PER_LINE) or 1 for row in rows]
    top, bottom = 0.62, 0.62 + sum(lines) * _SIZE + (len(rows) - 1) * _GAP
    column = max((width_of(text, 8) for _, text in legend), default=0) + _SIZE + 0.2
    width = max(
        beside + max(width_of(shortened(row.room), 8.5) for row in rows),
        _MARGIN + column * min(len(legend), _PER_LINE),
        _MARGIN + width_of(few, 9) + 2,
    )
    sheet = Sheet(width + _MARGIN, bottom + 0.25 + 0.25 * -(-len(legend) // _PER_LINE))
    sheet.text(_MARGIN, 0.22, "Accelerators", look.ink, size=12, weight="bold")
    sheet.text(_MARGIN, 0.45, f"one cell per device, {few}", look.quiet)
    y = top
    for row, height in zip(rows, lines, strict=True):
        sheet.text(left - 0.1, y + _SIZE / 2, row.title, look.ink, ha="right")
        for place, mark in enumerate(row.cells):
            _draw_cell(sheet, mark, left + place % _CELLS_PER_LINE * _SIZE, y + place // _CELLS_PER_LINE * _SIZE, look)
        sheet.text(beside, y + _SIZE / 2, shortened(row.room), look.quiet, size=8.5)
        y += height * _SIZE + _GAP
    for place, (mark, text) in enumerate(legend):
        x, y = _MARGIN + place % _PER_LINE * column, bottom + 0.15 + place // _PER_LINE * 0.25
        _draw_cell(sheet, mark, x, y, look, size=0.2)
        sheet.text(x + 0.28, y + 0.1, text, look.quiet, size=8)
    return sheet.figure


def _draw_cell(sheet: Sheet, mark: str, x: float, y: float, look: Look, *, size: float = _SIZE) -> None:  # noqa: PLR0913 (a place is two)
    box = (x, y, size - _GAP, size - _GAP)
    if mark == _FREE:
        sheet.box(*box, facecolor="none", edgecolor=look.quiet, linewidth=0.8)
        return
    if mark in (_SHUT, _UNKNOWN):
        hatch = "////" if mark == _SHUT else "...."
        sheet.box(*box, facecolor="none", edgecolor=blend(look.track, look.quiet, 0.4), hatch=hatch)
        ink = look.ink
    else:
        place = _LETTERS.index(mark[0]) + len(_LETTERS) * int(mark[1:] or 0)
        colour = DEVICE_HUES[place % len(DEVICE_HUES)]
        sheet.box(*box, facecolor=colour)
        ink = ink_on(colour)
    sheet.text(x + box[2] / 2, y + box[3] / 2, mark, ink, ha="center", size=8.5 if size == _SIZE else 7)

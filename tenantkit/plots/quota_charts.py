"""Pictures of quotas: how full each tenant's quota is, and how much is left.

Colour is never the only sign: each cell has its number, each bar its amounts, and blue, orange and vermillion differ
for every kind of colour vision (after Okabe and Ito, "Color Universal Design"). Rejected alternatives: a scale from
green to red, which one man in twelve cannot read; a scale that ends at the fullest tenant, so one always looks full.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenantkit.display.colours import FULL, FULL_PCT, NEAR, NEAR_PCT, blend, ink_on
from tenantkit.display.human_amounts import amount_text, used_text
from tenantkit.display.pictures import Sheet, check_frame, check_limit, empty_picture, picture_of, shortened, width_of
from tenantkit.display.tables import clean
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from tenantkit.display.colours import Look, Theme
    from tenantkit.display.pictures import Picture

_COLUMNS = ("tenant", "namespace", "quota", "resource", "unit", "used", "hard", "used_pct", "state")
_FIRST = ("requests.cpu", "limits.cpu", "requests.memory", "limits.memory")  # then devices, storage, counts
_COUNT, _CLOSE = "count/", ("near", "full", "over")
_NAMED_LIMIT = 8

_CELL_WIDTH, _ROW_HEIGHT, _GAP, _MARGIN = 0.62, 0.32, 0.03, 0.12
_BAR_WIDTH, _BAR_HEIGHT = 3.0, 0.17
_SLANT = 40  # degrees
_SWATCH, _STEPS = 0.3, 8
_LEGEND = (
    ("ok", f"0 to {NEAR_PCT - 1:.0f} %"),
    ("near", f"near: from {NEAR_PCT:.0f} %"),
    ("full", "full or over"),
    ("pending", "not counted yet"),
    ("none", "nothing granted"),
)


def quota_heatmap(
    frame: pd.DataFrame, *, theme: Theme | None = None, resources: Sequence[str] | None = None, limit: int = 40
) -> Picture:
    """Draw how full each tenant's quota is: a cell per tenant and resource, with its percentage.

    A quota with a scope that grants nothing, such as that of priority classes, is left out.

    Args:
        frame: from `quota_usage`, or some of its rows; tenants are in its order.
        theme: `light` or `dark`. Default: both; the page shows the one of its theme.
        resources: only these, in this order. Default: all of which some tenant was granted anything; of numbers of
            objects (`count/…`), only those of which some tenant has used 80 % and more.
        limit: at most this many tenants, the fullest ones. Default 40, which fits on a page.

    Returns:
        A chart; for an empty frame, one that says so.

    Raises:
        InvalidSpecError: the frame is not from `quota_usage`, the theme is unknown, or the limit is not a number.
        MissingExtraError: matplotlib is not installed.

    Example:
        >>> picture = tk.plots.quota_heatmap(tk.quota_usage(cluster), theme="dark")
    """
    most, cells = check_limit(limit), _cells(frame)
    columns = _chosen(resources) if resources is not None else _granted(cells)
    wanted = set(columns)
    cells = [cell for cell in cells if cell.resource in wanted]
    rows = list(dict.fromkeys(cell.row for cell in cells))
    shown = _fullest(cells, rows, most)
    cells = [cell for cell in cells if cell.row in shown]
    labels = {row: label for row, label in _labels(cells).items() if row in shown}
    few = f"the {len(labels)} fullest of {len(rows)} tenants" if len(labels) < len(rows) else _many(len(rows), "tenant")
    if not cells:
        return empty_picture("No quota to show.", theme)
    alt = f"Quota used, of {few} and {_many(len(columns), 'resource')}. {_attention(cells, labels)}"
    return picture_of(lambda look: _draw_heatmap(cells, labels, columns, few, look), clean(alt), theme)


def quota_bars(frame: pd.DataFrame, tenant: str | None = None, *, theme: Theme | None = None) -> Picture:
    """Draw how much of each resource is used and free: a bar per resource, with its amounts.

    Numbers of objects (`count/…`) are only shown from 80 % on: a quota has many of them, and few matter.

    Args:
        frame: from `quota_usage`, or some of its rows.
        tenant: only this one, by name. Default: the sum of all in the frame, without entries that are not counted yet;
            the chart says how many.
        theme: `light` or `dark`. Default: both; the page shows the one of its theme.

    Returns:
        A chart; for an empty frame, one that says so.

    Raises:
        InvalidSpecError: the frame is not from `quota_usage`, the tenant is not in it, or the theme is unknown.
        MissingExtraError: matplotlib is not installed.

    Example:
        >>> picture = tk.plots.quota_bars(tk.quota_usage(cluster), "speech")
    """
    cells = _cells(frame)
    names = list(dict.fromkeys(cell.tenant for cell in cells))
    if tenant is not None and tenant not in names:
        known = f"the tenants {', '.join(names[:_NAMED_LIMIT])}" if names else "no tenants"
        raise InvalidSpecError([Problem("tenant", tenant, f"is not in this frame, which has {known}")])
    chosen = names if tenant is None else [tenant]
    bars = _worth_showing(_sums(cell for cell in cells if cell.tenant in chosen))
    if not bars:
        return empty_picture("No quota to show.", theme)
    title = chosen[0] if len(chosen) == 1 else _many(len(chosen), "tenant")
    drawn = [bar for bar in bars if bar.state != "none"]
    empty = [bar.resource for bar in bars if bar.state == "none"]
    lines = [f"{bar.resource}: {bar.text}{_state_word(bar)}" for bar in drawn]
    lines += [f"nothing granted: {', '.join(empty)}"] if empty else []
    alt = f"Quota of {title}. {'; '.join(lines)}."
    return picture_of(lambda look: _draw_bars(drawn, empty, title, look), clean(alt), theme)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One entry of a quota, or the sum of several; `used` is None where none is counted yet."""

    row: tuple[str, str]
    tenant: str
    resource: str
    unit: str
    used: float | None
    hard: float
    state: str
    uncounted: int = 0

    @property
    def pct(self) -> float | None:
        """0 to 100, and more where usage exceeds the grant; None where there is nothing to compare."""
        if self.used is None:
            return None
        if self.hard == 0:
            return None if self.used == 0 else math.inf
        return 100 * self.used / self.hard

    @property
    def number(self) -> str:
        """The percentage as text: only a full quota is 100 %."""
        if self.pct is None:
            return "?" if self.state == "pending" else "–"  # noqa: RUF001 (a dash, as tables have it)
        if self.pct == math.inf:
            return "over"
        if self.used == self.hard:
            return "100 %"
        return f"{min(math.floor(self.pct), 99) if self.pct <= FULL_PCT else math.ceil(self.pct)} %"

    @property
    def text(self) -> str:
        """The amounts as text."""
        rest = f", {self.uncounted} more not counted yet" if self.uncounted and self.used is not None else ""
        if self.used is None:
            return f"of {amount_text(self.hard, self.unit)}, not counted yet"
        free = self.hard - self.used
        left = f"{amount_text(abs(free), self.unit)} {'free' if free >= 0 else 'over'}"
        return f"{used_text(self.used, self.hard, self.unit)} used, {left}{rest}"


def _cells(frame: pd.DataFrame) -> list[_Cell]:
    if "namespaces" in getattr(frame, "columns", ()):
        raise InvalidSpecError(
            [Problem("frame", "quota_usage by team", "is not by tenant", hint=Hint("pass the result of {quota_usage}"))]
        )
    check_frame("frame", frame, "quota_usage", _COLUMNS)
    return [
        _Cell(
            row=(row["namespace"], row["quota"]),
            tenant=row["tenant"] if isinstance(row["tenant"], str) else row["namespace"],
            resource=row["resource"],
            unit=row["unit"],
            used=float(row["used"]) if row["state"] != "pending" else None,
            hard=float(row["hard"]),
            state=row["state"],
        )
        for row in _without_empty_scopes(frame)[list(_COLUMNS)].to_dict("records")
        if row["state"] != "unserved"
    ]


def _without_empty_scopes(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows without those of quotas that grant nothing to some pods, such as the quota of priority classes."""
    return frame[~(frame["scopes"].notna() & (frame["state"] == "none"))] if "scopes" in frame else frame


def _chosen(resources: object) -> list[str]:
    """The resources that were asked for; a text alone would be taken for its letters."""
    if not isinstance(resources, list | tuple) or not all(isinstance(each, str) for each in resources):
        raise InvalidSpecError([Problem("resources", resources, "use a list, for example ['requests.cpu']")])
    return list(resources)


def _granted(cells: Iterable[_Cell]) -> list[str]:
    """The resources of which some tenant was granted or uses anything, cpu and memory first."""
    found = dict.fromkeys(cell.resource for cell in _worth_showing(cells) if cell.state != "none")
    return sorted(found, key=_sort_key)


def _worth_showing(cells: Iterable[_Cell]) -> list[_Cell]:
    """All, but of the numbers of objects only those near their limit; all where there is nothing else."""
    every = list(cells)
    shown = [cell for cell in every if not cell.resource.startswith(_COUNT) or cell.state in _CLOSE]
    return shown or every


def _sort_key(resource: str) -> tuple[int, str]:
    if resource in _FIRST:
        return _FIRST.index(resource), resource
    if resource.startswith("requests.") and "/" in resource:
        return len(_FIRST), resource
    return len(_FIRST) + (1 if "storage" in resource else 2), resource


def _fullest(cells: Iterable[_Cell], rows: Sequence[tuple[str, str]], limit: int) -> set[tuple[str, str]]:
    worst = dict.fromkeys(rows, -1.0)
    for cell in cells:
        worst[cell.row] = max(worst[cell.row], cell.pct if cell.pct is not None else -1.0)
    return set(sorted(rows, key=lambda row: -worst[row])[: max(limit, 0)])


def _labels(cells: Iterable[_Cell]) -> dict[tuple[str, str], str]:
    """The names of rows: the tenant, with the quota where a tenant has several."""
    tenants = {cell.row: cell.tenant for cell in cells}
    several = {name for name in tenants.values() if list(tenants.values()).count(name) > 1}
    return {row: shortened(f"{name} ({row[1]})" if name in several else name) for row, name in tenants.items()}


def _sums(cells: Iterable[_Cell]) -> list[_Cell]:
    """A cell per resource, the sum over all tenants."""
    by_resource: dict[str, list[_Cell]] = {}
    for cell in cells:
        by_resource.setdefault(cell.resource, []).append(cell)
    return [_sum(by_resource[resource]) for resource in sorted(by_resource, key=_sort_key)]


def _sum(cells: Sequence[_Cell]) -> _Cell:
    counted = [cell for cell in cells if cell.used is not None]
    if not counted:
        return replace(cells[0], hard=sum(cell.hard for cell in cells), uncounted=len(cells))
    used, hard = sum(cell.used or 0 for cell in counted), sum(cell.hard for cell in counted)
    whole = replace(cells[0], used=used, hard=hard, state="ok", uncounted=len(cells) - len(counted))
    if whole.pct is None:
        return replace(whole, state="none")
    state = "over" if used > hard else "full" if used == hard else "near" if whole.pct >= NEAR_PCT else "ok"
    return replace(whole, state=state)


def _attention(cells: Sequence[_Cell], labels: dict[tuple[str, str], str]) -> str:
    """The entries that need attention, as text."""
    sentences = []
    for state, words in (("over", "Over"), ("full", "Full"), ("near", "Near"), ("pending", "Not counted yet")):
        named = [f"{labels[cell.row]} {cell.resource}" for cell in cells if cell.state == state]
        sentences += [f"{words}: {first_of(named, _NAMED_LIMIT)}."] if named else []
    return " ".join(sentences) or "None is near its limit."


def _state_word(cell: _Cell) -> str:
    return f" ({cell.state})" if cell.state in ("near", "full") else ""


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _colour(cell: _Cell, look: Look) -> str | None:
    """The fill of a cell or bar; None: it is empty."""
    if cell.state in ("full", "over"):
        return FULL
    if cell.state == "near":
        return NEAR
    return blend(look.least, look.most, cell.pct / NEAR_PCT) if cell.pct is not None else None


def _draw_heatmap(
    cells: Sequence[_Cell], labels: dict[tuple[str, str], str], columns: Sequence[str], few: str, look: Look
) -> Figure:
    left = _MARGIN + max(map(width_of, labels.values())) + 0.12
    turn = math.radians(_SLANT)
    lengths = [width_of(shortened(column)) for column in columns]
    top = 0.68 + max(lengths) * math.sin(turn)
    ends = [left + (place + 0.5) * _CELL_WIDTH + length * math.cos(turn) for place, length in enumerate(lengths)]
    bottom = top + len(labels) * _ROW_HEIGHT
    legend = _legend({cell.state for cell in cells})
    sub_title = f"percent of the quota, {few}"
    width = max(*ends, left + _legend_width(legend), _MARGIN + width_of(sub_title))
    sheet = Sheet(width + _MARGIN, bottom + 0.5)
    _draw_title(sheet, "Quota used", sub_title, look)
    for place, column in enumerate(columns):
        x = left + (place + 0.5) * _CELL_WIDTH
        sheet.text(x, top - 0.08, shortened(column), look.ink, rotation=_SLANT, rotation_mode="anchor", va="baseline")
    for place, label in enumerate(labels.values()):
        sheet.text(left - 0.1, top + (place + 0.5) * _ROW_HEIGHT, label, look.ink, ha="right")
    rows = {row: place for place, row in enumerate(labels)}
    places = {column: place for place, column in enumerate(columns)}
    for cell in cells:
        _draw_cell(sheet, cell, left + places[cell.resource] * _CELL_WIDTH, top + rows[cell.row] * _ROW_HEIGHT, look)
    _draw_legend(sheet, legend, left, bottom + 0.24, look)
    return sheet.figure


def _draw_title(sheet: Sheet, title: str, sub_title: str, look: Look) -> None:
    sheet.text(_MARGIN, 0.22, title, look.ink, size=12, weight="bold")
    sheet.text(_MARGIN, 0.45, sub_title, look.quiet)


def _draw_cell(sheet: Sheet, cell: _Cell, x: float, y: float, look: Look) -> None:
    size = (_CELL_WIDTH - _GAP, _ROW_HEIGHT - _GAP)
    colour = _colour(cell, look)
    _draw_state(sheet, cell.state, (x, y, *size), colour, look)
    ink = ink_on(colour) if colour is not None else look.ink
    weight = "bold" if cell.state in ("full", "over", "pending") else "normal"
    sheet.text(x + size[0] / 2, y + size[1] / 2, cell.number, ink, ha="center", weight=weight, size=8.5)


def _draw_state(
    sheet: Sheet, state: str, box: tuple[float, float, float, float], colour: str | None, look: Look
) -> None:
    """A box in its colour; hatched if not counted yet, only framed if nothing was granted."""
    if colour is not None:
        sheet.box(*box, facecolor=colour)
    elif state == "pending":
        sheet.box(*box, facecolor="none", edgecolor=blend(look.track, look.quiet, 0.4), hatch="////")
    else:
        sheet.box(*box, facecolor="none", edgecolor=look.track, linewidth=0.8)


def _legend(states: set[str]) -> list[tuple[str, str]]:
    """The entries of the legend: only states that occur."""
    seen = states | ({"full"} if "over" in states else set())
    return [(state, words) for state, words in _LEGEND if state in seen]


def _legend_width(legend: Sequence[tuple[str, str]]) -> float:
    return sum(_SWATCH + 0.25 + width_of(words, 8) for _, words in legend)


def _draw_legend(sheet: Sheet, legend: Sequence[tuple[str, str]], x: float, y: float, look: Look) -> None:
    for state, words in legend:
        if state == "ok":
            for step in range(_STEPS):
                strip = (x + step * _SWATCH / _STEPS, y - 0.07, _SWATCH / _STEPS, 0.14)
                sheet.box(*strip, facecolor=blend(look.least, look.most, step / (_STEPS - 1)))
        else:
            colour = {"near": NEAR, "full": FULL}.get(state)
            _draw_state(sheet, state, (x, y - 0.07, _SWATCH, 0.14), colour, look)
        sheet.text(x + _SWATCH + 0.07, y, words, look.quiet, size=8)
        x += _SWATCH + 0.25 + width_of(words, 8)


def _draw_bars(bars: Sequence[_Cell], empty: Sequence[str], of: str, look: Look) -> Figure:
    left = _MARGIN + max([width_of(shortened(bar.resource)) for bar in bars] or [0]) + 0.12
    beside = left + _BAR_WIDTH + 0.12
    foot = f"nothing granted: {', '.join(empty)}" if empty else ""
    title = f"Quota of {shortened(of)}"
    width = max(
        beside + 0.55 + max([width_of(bar.text, 8.5) for bar in bars] or [0]),
        _MARGIN + max(width_of(foot, 8), width_of(title, 13)),
    )
    top, bottom = 0.74, 0.74 + len(bars) * _ROW_HEIGHT
    sheet = Sheet(width + _MARGIN, bottom + (0.4 if foot else 0.15))
    _draw_title(sheet, title, "used part of the quota", look)
    for place, bar in enumerate(bars):
        y = top + (place + 0.5) * _ROW_HEIGHT
        sheet.text(left - 0.1, y, shortened(bar.resource), look.ink, ha="right")
        _draw_bar(sheet, bar, left, y - _BAR_HEIGHT / 2, look)
        weight = "bold" if bar.state in ("full", "over") else "normal"
        sheet.text(beside + 0.42, y, bar.number, look.ink, ha="right", weight=weight)
        sheet.text(beside + 0.55, y, bar.text, look.quiet, size=8.5)
    near = left + _BAR_WIDTH * NEAR_PCT / FULL_PCT
    sheet.line(near, top, bottom, look.quiet)
    sheet.text(near, top - 0.09, f"near: {NEAR_PCT:.0f} %", look.quiet, ha="center", size=8)
    sheet.text(_MARGIN, bottom + 0.2, foot, look.quiet, size=8)
    return sheet.figure


def _draw_bar(sheet: Sheet, bar: _Cell, x: float, y: float, look: Look) -> None:
    if bar.used is None:
        _draw_state(sheet, "pending", (x, y, _BAR_WIDTH, _BAR_HEIGHT), None, look)
        return
    share = min(bar.pct if bar.pct is not None else 0, FULL_PCT) / FULL_PCT
    fill = {"near": NEAR, "full": FULL, "over": FULL}.get(bar.state, look.most)
    sheet.box(x, y, _BAR_WIDTH, _BAR_HEIGHT, facecolor=look.track)
    sheet.box(x, y, _BAR_WIDTH * share, _BAR_HEIGHT, facecolor=fill)

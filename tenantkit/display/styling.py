"""Frames with bars and colours, every cell as text.

Texts from a cluster are written by others, so each cell and heading is escaped, cut, and freed of control characters.
Colours are half transparent, so that they work on light and dark pages, and only repeat what the cell says. Rejected
alternative: pandas' own bars and gradients, which read <NA> as 0 or fail on it.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

from tenantkit.display.colours import ATTENTION, FULL, FULL_PCT, HEALTHY_STATES, NEAR, NEAR_PCT, OK, translucent
from tenantkit.display.human_amounts import amount_text, number_text
from tenantkit.display.pictures import check_frame, check_limit
from tenantkit.display.tables import clean
from tenantkit.exceptions import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from pandas.io.formats.style import Styler

_OPACITY = {OK: 0.35, NEAR: 0.45, FULL: 0.45}
_CELL_LIMIT = 200
_AMOUNTS = ("used", "hard", "free", "measured")


def styled(frame: pd.DataFrame, *, limit: int = 200, interactive: bool = False) -> Styler | InteractiveTable:
    """Return a frame with bars and colours, for a notebook. Experimental: its look may change.

    Args:
        frame: from any reader: `quota_usage`, `pods`, `nodes`, `workloads`, `events` …
        limit: at most this many rows, the first ones; more is slow in a browser. Default 200.
        interactive: whether it can be searched and sorted on the page, by itables. Default: no.

    Returns:
        pandas' Styler; with `interactive`, an HTML table. Amounts have units, percentages have bars, and
        <NA> is an empty cell.

    Raises:
        InvalidSpecError: `frame` is not a DataFrame, or the limit is not a number.
        MissingExtraError: jinja2, or with `interactive` itables, is not installed.

    Example:
        >>> table = tk.styled(tk.quota_usage(cluster), limit=20)
    """
    check_frame("frame", frame, "pods", ())
    shown = frame.head(max(check_limit(limit), 0)).reset_index(drop=True)
    caption = f"the first {len(shown):,} of {len(frame):,} rows" if len(shown) < len(frame) else ""
    if interactive:
        return InteractiveTable(texts_of(shown), caption)
    try:
        import jinja2  # noqa: F401 (pandas fails only while drawing)
    except ImportError as error:
        raise MissingExtraError('styled frames need jinja2: pip install "tenantkit[tables]"') from error
    styler = texts_of(shown).style.hide(axis="index").format(_escaped).format_index(_escaped, axis=1)
    styler = styler.apply(lambda _: _styles(shown), axis=None).set_table_attributes('class="mathjax_ignore"')
    return styler.set_caption(escape(caption)) if caption else styler


class InteractiveTable:
    """A table that can be searched and sorted on the page.

    Args:
        texts: the cells.
        caption: the text below it.

    Example:
        >>> table = tk.styled(tk.nodes(cluster), interactive=True)
    """

    def __init__(self, texts: pd.DataFrame, caption: str) -> None:
        try:
            import itables  # noqa: F401 (fail here, not when it is shown)
        except ImportError as error:
            raise MissingExtraError('interactive tables need itables: pip install "tenantkit[tables]"') from error
        self._texts, self._caption = texts, caption

    def __repr__(self) -> str:
        return str(self._texts.to_string(index=False))

    def _repr_html_(self) -> str:
        import itables

        itables.init_notebook_mode(
            all_interactive=False, connected=False
        )  # from the package: the page loads nothing from the network
        # with `use_to_html` pandas writes the cells, which escapes them in every release of itables
        table = itables.to_html_datatable(
            self._texts, caption=self._caption or None, use_to_html=True, showIndex=False, connected=False
        )
        return f'<div class="mathjax_ignore">{table}</div>'  # dollars in a cell are not a formula


def texts_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The cells as people read them: amounts with units, times to the second, <NA> as an empty text."""
    import pandas as pd

    units = frame["unit"].tolist() if "unit" in frame.columns else [None] * len(frame)
    texts = {
        place: [_text(str(name), value, unit) for value, unit in zip(frame.iloc[:, place].tolist(), units, strict=True)]
        for place, name in enumerate(frame.columns)
    }
    shown = pd.DataFrame(texts, dtype=object)
    shown.columns = pd.Index([_cut(str(name)) for name in frame.columns])
    return shown


def _text(column: str, value: Any, unit: str | None) -> str:
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float):
        return _number(column, value, unit)
    return _cut(str(value))


def _number(column: str, value: float, unit: str | None) -> str:
    if column in _AMOUNTS and unit is not None:
        return amount_text(value, unit)
    if column.endswith("_bytes"):
        return amount_text(value, "bytes")
    return f"{number_text(value)} %" if column.endswith("_pct") else number_text(value)


def _cut(text: str) -> str:
    """At most 200 characters on one line, without control characters; longer texts are cut first."""
    shown = clean(text[: _CELL_LIMIT + 1])
    return shown if len(text) <= _CELL_LIMIT else f"{shown[: _CELL_LIMIT - 1]}…"


def _escaped(value: object) -> str:
    return escape(str(value))


def _styles(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    styles = {place: _column(str(name), frame.iloc[:, place].tolist()) for place, name in enumerate(frame.columns)}
    shown = pd.DataFrame(styles, dtype=object)
    shown.columns = pd.Index([_cut(str(name)) for name in frame.columns])
    return shown


def _column(name: str, values: Iterable[Any]) -> list[str]:
    import pandas as pd

    found = []
    for value in values:
        if pd.isna(value):
            found.append("")
        elif name.endswith("_pct"):
            found.append(_bar(float(value)))
        elif name == "status":
            found.append("" if value in HEALTHY_STATES else _background(NEAR))
        else:
            colour = ATTENTION.get(name, {}).get(value)
            found.append(_background(colour) if colour else "")
    return found


def _background(colour: str) -> str:
    return f"background-color: {translucent(colour, _OPACITY[colour])}; font-weight: bold"


def _bar(pct: float) -> str:
    colour = FULL if pct >= FULL_PCT else NEAR if pct >= NEAR_PCT else OK
    width = min(max(pct, 0), FULL_PCT)
    tint = translucent(colour, _OPACITY[colour])
    return f"background: linear-gradient(90deg, {tint} {width:.1f}%, transparent {width:.1f}%)"

"""The table of a live view on the page: rows by key, of which only what changed is drawn again.

A row that is selected, focused or scrolled to stays so while others change, which markup that is replaced as a whole
cannot do. Rejected alternatives: grid libraries, see `docs/decisions/0023-live-grid.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from anywidget import AnyWidget
from traitlets import Bool, Int, List, Unicode

from tenantkit.forms.live.states import rank_of, tone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.forms.live.states import Tone

Form: TypeAlias = Literal["text", "state", "link", "share", "time"]

_HERE = Path(__file__).parent
_COUNT_LIMIT = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Args:
        name: of the column; also its heading.
        form: `text`; `state`, a word with a shape and a colour; `link`, a button that leads down; `share`, a bar of 0
            to 100 percent; `time`, in ISO 8601, shown as an age.
        is_sortable: whether its heading sorts.
        is_spare: whether a narrow page omits it.
    """

    name: str
    form: Form = "text"
    is_sortable: bool = True
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row.

    Args:
        key: unique in the table, and the same as long as it is the same object.
        cells: one text per column, as plain text; of a `share`, a number as text or an empty text.
        tone: of its state.
        actions: names of the buttons at the end: `why`.
    """

    key: str
    cells: tuple[str, ...]
    tone: Tone
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableContent:
    """What a table shows.

    Args:
        columns: from left to right.
        rows: in order.
        caption: how many rows there are.
        counts: how many of all rows have each state.
        has_more: whether there are more rows than these.
        path: what is selected, from the outside in; each is a button that leads back up.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str
    counts: Mapping[str, int]
    has_more: bool = False
    path: tuple[str, ...] = ()


class Grid(AnyWidget):
    """Draws a table, and reports what the reader does with it.

    Attributes:
        beat: raised every few seconds; a page that sees no news while `is_running` knows that the kernel has ended.
    """

    _esm = _HERE / "grid.js"
    _css = _HERE / "grid.css"

    columns: List[Any] = List().tag(sync=True)
    rows: List[Any] = List().tag(sync=True)
    caption = Unicode().tag(sync=True)
    counts: List[Any] = List().tag(sync=True)
    path: List[Any] = List().tag(sync=True)
    has_more = Bool(default_value=False).tag(sync=True)
    sort_column = Unicode().tag(sync=True)
    is_descending = Bool(default_value=False).tag(sync=True)
    state = Unicode().tag(sync=True)  # the state whose count is pressed
    is_stale = Bool(default_value=False).tag(sync=True)
    is_running = Bool(default_value=True).tag(sync=True)
    beat = Int().tag(sync=True)

    def on_action(self, handler: Callable[[str, str], None]) -> None:
        """Call a function with what the reader did, and with what: `sort` and a column, `open` and a row's key.

        Others are `why` and further actions of rows, with a key; `state` with a state; `up` with a number of the path;
        `more`.
        """
        self.on_msg(lambda _widget, content, _buffers: handler(*_action(content)))

    def show(self, content: TableContent, *, state: str = "") -> None:
        """Show other rows."""
        with self.hold_sync():
            self.columns = [[it.name, it.form, it.is_sortable, it.is_spare] for it in content.columns]
            self.rows = [[it.key, list(it.cells), list(it.actions), it.tone] for it in content.rows]
            self.caption, self.has_more, self.path = content.caption, content.has_more, list(content.path)
            self.counts, self.state = _counted(content.counts), state

    def clear(self) -> None:
        """Show no table."""
        self.show(TableContent((), (), "", {}))

    @property
    def texts(self) -> Sequence[str]:
        """All text that the page shows, in order."""
        if not self.columns:
            return []
        heads = [name for name, *_ in self.columns]
        return [*self.path, self.caption, *heads, *(cell for _, cells, *_ in self.rows for cell in cells)]


def _counted(counts: Mapping[str, int]) -> list[list[Any]]:
    worst_first = sorted(counts, key=lambda state: (rank_of(state), -counts[state], state))
    return [[state, tone_of(state), counts[state]] for state in worst_first[:_COUNT_LIMIT]]


def _action(content: object) -> tuple[str, str]:
    """A page can send anything."""
    if not isinstance(content, dict):
        return "", ""
    return str(content.get("action", "")), str(content.get("on", ""))

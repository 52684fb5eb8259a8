"""Whether the page can draw the table, and a plain table where it cannot.

The table's code comes with the package anywidget, which must be installed where JupyterLab itself runs; on a hub that
may be another environment than the kernel's. A page that draws the table says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.forms.kit.markup import joined
from tenantkit.forms.kit.panel import notice, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.forms.kit.markup import Html
    from tenantkit.forms.live.grid import Grid, TableContent
    from tenantkit.forms.live.presence import Presence

_PATIENCE_S = 8.0
_BEAT_S = 8.0
_TEXT = (
    "This page cannot draw the table, so it is shown without its buttons. Install the package anywidget in the "
    "environment in which JupyterLab itself runs, then reload the page."
)


class PageSupport:
    """Waits for a page to draw the table, and gives it signs of life.

    Args:
        grid: the table.
        presence: whether a page shows the view at all.
        clock: in seconds.
    """

    def __init__(self, grid: Grid, presence: Presence, clock: Callable[[], float]) -> None:
        self._grid, self._presence, self._clock = grid, presence, clock
        self._is_drawn = self._is_plain = False
        self._shown_at: float | None = None
        self._beat_at = clock()
        grid.on_action(self._on_action)

    def check(self) -> bool:
        """Whether the view must be drawn again, since it changes to or from the plain table. Call it each second."""
        if not self._presence.is_shown:
            self._shown_at = None
            return False
        now = self._clock()
        if now - self._beat_at >= _BEAT_S:
            self._beat_at = now
            self._grid.beat += 1
        if self._shown_at is None:
            self._shown_at = now
        is_plain = not self._is_drawn and now - self._shown_at >= _PATIENCE_S
        has_changed, self._is_plain = is_plain != self._is_plain, is_plain
        return has_changed

    def content(self, shown: TableContent | None) -> Html | None:
        """The plain table, and why it is there; None where the page draws the table."""
        if not self._is_plain:
            return None
        columns = [column.name for column in shown.columns] if shown else []
        rows = [row.cells for row in shown.rows] if shown else []
        return joined(
            notice("warning", _TEXT, word="Plain table"), table(columns, rows, caption=shown.caption if shown else "")
        )

    def _on_action(self, action: str, _on: str) -> None:
        if action == "drawn":
            self._is_drawn = True

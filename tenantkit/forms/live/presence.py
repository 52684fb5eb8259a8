"""Whether a page shows a view. The front end reports it, by counting the views of a marker widget inside the view.

ipywidgets makes the front end count a widget's views in `_view_count` if the count starts as a number. So a cleared
output and a deleted cell are reported at once. A closed notebook and a closed or reloaded page report nothing, and the
count keeps its value. So the invisible marker is replaced every ten seconds, and a page that still shows the view
counts the new one. A page that misses two markers is treated as closed. If no page has ever counted a marker, as in a
script or a notebook run without a page, nothing is known and the view is never paused. Rejected alternatives:
`_view_count` of the view itself, which a reloaded page increments again, so that it never returns to zero; waiting for
the comm to close, which none of these events does.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ipywidgets import Box, Layout

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock of a view, and when its page is treated as closed.

    Args:
        heartbeat_s: a new marker is shown this often; each takes three small messages.
        grace_s: a view with no views is still shown for this long, since a cell that is moved is briefly nowhere.
        max_missed: heartbeats in a row; a page that is reloaded misses one.
        clock: seconds that never go back.
    """

    heartbeat_s: float = 10.0
    grace_s: float = 5.0
    max_missed: int = 2
    clock: Callable[[], float] = time.monotonic


class Presence:
    """The marker, and what pages have reported about it.

    Args:
        on_change: called each time that `is_shown` changes, on the thread that notices it.
        timing: how long to wait.
        when_idle: calls a function once the kernel runs no cell.

    Attributes:
        widget: must be part of the view's widgets.
        is_shown: whether a page shows it; None until a page has.
    """

    def __init__(
        self,
        on_change: Callable[[], None],
        timing: Timing | None = None,
        *,
        when_idle: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._on_change, self._timing = on_change, timing or Timing()
        self._when_idle = when_idle or _when_kernel_is_idle
        self._lock = threading.Lock()
        self._layout = Layout(display="none")
        self._marker = self._new_marker()
        self._previous: Any = None
        self.widget = Box([self._marker], layout=self._layout)
        self.is_shown: bool | None = None
        self._missed = self._views = 0
        self._was_idle = True
        self._heartbeat_at = self._timing.clock()
        self._hidden_at: float | None = None

    def check(self) -> None:
        """Send a heartbeat if one is due, and notice pages that are closed. Call this about once a second."""
        now, timing = self._timing.clock(), self._timing
        with self._lock:
            if self.is_shown is None:
                return
            is_hidden = self._hidden_at is not None and now - self._hidden_at >= timing.grace_s
            if now - self._heartbeat_at >= timing.heartbeat_s and not is_hidden:
                # while a cell runs, the page's messages are held back, so none was missed
                self._missed = 0 if self._views > 0 or not self._was_idle else self._missed + 1
                self._send_heartbeat(now)
            has_left = self.is_shown and (is_hidden or self._missed >= timing.max_missed)
            if has_left:
                self.is_shown = False
        if has_left:
            self._on_change()

    def close(self) -> None:
        """Close the widgets and send no more heartbeats."""
        with self._lock:
            self.is_shown = None
            for each in (self._marker, self._previous, self.widget, self._layout):
                if each is not None:
                    each.close()

    def _send_heartbeat(self, now: float) -> None:
        """Show a new marker. The last one stays open until the next, since messages about it may still arrive."""
        oldest, self._previous, self._marker = self._previous, self._marker, self._new_marker()
        self.widget.children = [self._marker]
        if oldest is not None:
            oldest.close()
        self._heartbeat_at, self._views, self._hidden_at, self._was_idle = now, 0, None, False
        self._when_idle(self._note_idle)

    def _note_idle(self) -> None:
        self._was_idle = True

    def _new_marker(self) -> Any:
        marker = Box(layout=self._layout, _view_count=0)
        marker.observe(self._on_count, names="_view_count")
        return marker

    def _on_count(self, change: Any) -> None:
        with self._lock:
            if change["owner"] is not self._marker:
                return
            self._views = change["new"]
            has_views = self._views > 0
            self._hidden_at = None if has_views else self._timing.clock()
            has_returned = has_views and not self.is_shown
            if has_views:
                self.is_shown, self._missed = True, 0
        if has_returned:
            self._on_change()


def _when_kernel_is_idle(call: Callable[[], None]) -> None:
    """Let the kernel call a function once no cell runs; without a kernel, call it at once."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
    if loop is None:
        call()
    else:
        loop.add_callback(call)

"""Whether a page shows a view: the front end itself says so, by counting the views of a mark within it.

ipywidgets has the front end count a widget's views in `_view_count`, when it begins as a number: so a cleared output
and a deleted cell are told at once. A notebook that is closed, a page that is closed or loaded anew tell nothing, and
the number stays; therefore the mark, which nobody sees, is replaced every ten seconds, and a page that is there
counts the new one. Who leaves two uncounted is gone. Where no page has ever counted one nothing is known and nobody
is called gone: scripts, and notebooks that are run without a page. Turned down: `_view_count` of the view itself,
which a page loaded anew counts up once more and never down to zero; waiting for the comm's end, which none of these
brings.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from ipywidgets import Box, Layout

if TYPE_CHECKING:
    from collections.abc import Callable

BEAT_S = 10.0  # three small messages each time
GRACE_S = 5.0  # a cell that is moved is nowhere for a moment
MISSES = 2  # in a row: a page that is loaded anew misses one


class Presence:
    """The mark, and what pages said of it.

    Args:
        told: called each time that `is_shown` changes, on whichever thread finds it out.

    Attributes:
        widget: to be put among what the pages show.
        is_shown: whether a page shows it; None as long as none ever did.
    """

    def __init__(self, told: Callable[[], None]) -> None:
        self._told, self._lock = told, threading.Lock()
        self._layout = Layout(display="none")
        self._mark = self._new_mark()
        self._before: Any = None
        self.widget = Box([self._mark], layout=self._layout)
        self.is_shown: bool | None = None
        self._misses = self._views = 0
        self._is_free = True
        self._beaten_at = time.monotonic()
        self._left_at: float | None = None

    def look(self) -> None:
        """To be called about once a second for as long as it matters."""
        now = time.monotonic()
        with self._lock:
            if self.is_shown is None:
                return
            is_left = self._left_at is not None and now - self._left_at >= GRACE_S
            if now - self._beaten_at >= BEAT_S and not is_left:
                # who waits for a cell to end has not missed anything
                self._misses = 0 if self._views > 0 or not self._is_free else self._misses + 1
                self._beat(now)
            is_gone = self.is_shown and (is_left or self._misses >= MISSES)
            if is_gone:
                self.is_shown = False
        if is_gone:
            self._told()

    def close(self) -> None:
        """Ask no more."""
        with self._lock:
            self.is_shown = None
            for each in (self._mark, self._before, self.widget, self._layout):
                if each is not None:
                    each.close()

    def _beat(self, now: float) -> None:
        """Show a new mark. The last one is kept until the next, since what pages say of it is still on its way."""
        old, self._before, self._mark = self._before, self._mark, self._new_mark()
        self.widget.children = [self._mark]
        if old is not None:
            old.close()
        self._beaten_at, self._views, self._left_at, self._is_free = now, 0, None, False
        _when_free(self._note_free)

    def _note_free(self) -> None:
        self._is_free = True

    def _new_mark(self) -> Any:
        mark = Box(layout=self._layout, _view_count=0)
        mark.observe(self._on_count, names="_view_count")
        return mark

    def _on_count(self, change: Any) -> None:
        with self._lock:
            if change["owner"] is not self._mark:
                return
            self._views = change["new"]
            is_there = self._views > 0
            self._left_at = None if is_there else time.monotonic()
            is_back = is_there and not self.is_shown
            if is_there:
                self.is_shown, self._misses = True, 0
        if is_back:
            self._told()


def _when_free(call: Callable[[], None]) -> None:
    """Have the kernel call it once no cell runs; at once where there is no kernel."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
    if loop is None:
        call()
    else:
        loop.add_callback(call)

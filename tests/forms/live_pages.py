"""Read a live view as a page shows it, and find the threads that views leave running."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tenantkit.forms.live.feed import THREAD_NAME
from tests.forms.pages import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.forms.live.view import LiveView

WAIT_S = 60


class LivePage:
    """Waits until a view shows something, by the events of its widgets."""

    def __init__(self, view: LiveView) -> None:
        self.view, self._changed = view, threading.Condition()
        for widget in (view.notes, view.status, view.panel.widget):
            widget.observe(self._notify, names="value")
        view.table.observe(self._notify, names=["rows", "caption"])

    def wait(self, matches: Callable[[str], bool]) -> str:
        with self._changed:
            assert self._changed.wait_for(lambda: matches(self.text), WAIT_S), self.text
        return self.text

    @property
    def text(self) -> str:
        above = [text(it.value) for it in (self.view.status, self.view.notes)]
        parts = [*above, *self.view.table.texts, text(self.view.panel.html)]
        return "\n".join(part for part in parts if part)

    def _notify(self, _change: object) -> None:
        with self._changed:
            self._changed.notify_all()


def watch_threads() -> list[threading.Thread]:
    return [it for it in threading.enumerate() if it.name in (THREAD_NAME, "tenantkit-watch")]


def running_after_stop() -> list[threading.Thread]:
    """The threads that do not end by themselves after a stop."""
    threads = watch_threads()
    for thread in threads:
        thread.join(WAIT_S)
    return [thread for thread in threads if thread.is_alive()]

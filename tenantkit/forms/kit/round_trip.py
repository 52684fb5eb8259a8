"""Waits until a page has sent what was typed before a click.

ipywidgets sends one change of a widget at a time: what is typed until the kernel has answered is held back, while a
click is sent at once. So a click can arrive before the last letters. A page that shows a new widget counts its views,
and the answer to that arrives after all that the page held back. Rejected alternatives: a pause, which is too short on
a busy machine and too long on others; a widget with a script of its own, which strict pages do not run.
"""

from __future__ import annotations

import threading
from typing import Any

from ipywidgets import Box, Layout

_ANSWER_S = 3.0  # a page that was closed never answers


class RoundTrip:
    """A question to the page, and its answer.

    Attributes:
        widget: must be part of the form's widgets; it is invisible.
    """

    def __init__(self) -> None:
        self._layout = Layout(display="none")
        self.widget = Box(layout=self._layout, _view_count=0)

    def wait(self) -> None:
        """Return once the page has sent everything that it held back; at once if no page shows the form.

        It must not be called on the thread that receives the page's messages.
        """
        if not self.widget._view_count:  # noqa: SLF001 (ipywidgets has no other name for it)
            return
        answered = threading.Event()
        shown: Any = Box(layout=self._layout, _view_count=0)
        shown.observe(lambda _: answered.set(), names="_view_count")
        self.widget.children = [shown]
        answered.wait(_ANSWER_S)
        self.widget.children = []
        shown.close()

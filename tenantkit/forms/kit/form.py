"""What every form is: a head, a body, and the rules of the busy state; not itself a widget, but it has one.

A form shows itself as the last line of a cell; to embed it, take `.widget`. Turned down: a subclass of VBox, whose
sixty names (`close`, `keys`, `open`, …) a form would share and could hide by accident.
"""

from __future__ import annotations

import threading
from functools import wraps
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from ipywidgets import HTML, Button, HBox, VBox

from tenantkit.cluster.identity import whoami
from tenantkit.forms.kit.background_job import Work
from tenantkit.forms.kit.header import header
from tenantkit.forms.kit.markup import Html, element
from tenantkit.forms.kit.panel import Panel, unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster

    _Given = ParamSpec("_Given")

_CLOSE_WAIT_S = 5.0


def guarded(handler: Callable[Concatenate[Any, _Given], None]) -> Callable[Concatenate[Any, _Given], None]:
    """A handler whose errors are seen: what a widget's callback raises reaches no page by itself."""

    @wraps(handler)
    def seen(form: Form, /, *arguments: _Given.args, **options: _Given.kwargs) -> None:
        try:
            handler(form, *arguments, **options)
        except Exception as error:  # noqa: BLE001 (shown whole, with its traceback)
            form.panel.show(unexpected(error))

    return seen


class Form:
    """Base of all forms.

    Args:
        cluster: the one that the form is about.
        css_class: of this kind of form, beside `tk-form`: `tk-tenant-form`.
    """

    def __init__(self, cluster: Cluster, *, css_class: str) -> None:
        self.cluster = cluster
        self.identity = whoami(cluster)
        self.panel = Panel()
        # widgets call on one thread, work is done on another: two that refresh at once would undo each other
        self._guard = threading.RLock()
        self.work = Work(self._refresh)
        self.head = HTML(value="")
        self.progress = HTML(value="")
        self.cancel_button = Button(description="Cancel", tooltip="Begin nothing more; what was done stays done")
        self.cancel_button.on_click(lambda _: self.cancel())
        self._is_closed = False
        self.widget = VBox([])
        self.widget.add_class("tk-form")
        self.widget.add_class(css_class)

    def cancel(self) -> None:
        """Begin nothing more; what is under way is finished, and the panel then says what was done."""
        if self.work.is_busy:
            self.work.cancel()
            self._say_progress("Cancelling: waiting for the request that is under way")

    def close(self) -> None:
        """End the form: its work is cancelled and its widgets go from the page."""
        if self._is_closed:
            return
        self._is_closed = True
        self.work.cancel()
        self.work.wait(_CLOSE_WAIT_S)
        _close(self.widget)

    def _lay_out(
        self, title: str, sections: Sequence[Any], actions: Sequence[Any], why: Sequence[Any], below: Sequence[Any]
    ) -> None:
        """Put the parts in their places, the same in every form; `why` says what is off, `below` comes last."""
        style = HTML(value=element("style", _style()))
        style.add_class("tk-style")
        row = HBox([*actions, self.cancel_button])
        row.add_class("tk-actions")
        self._set_title(title)
        self.widget.children = [style, self.head, *sections, row, *why, self.progress, self.panel.widget, *below]

    def _set_title(self, title: str) -> None:
        self.head.value = header(title, self.identity)

    def _say_progress(self, text: str, done: int | None = None, total: int | None = None) -> None:
        bar = None
        if done is not None and total:
            bar = element("progress", value=str(done), max=str(total), aria_label="objects done")
        self.progress.value = element("div", bar, element("span", text), class_="tk-progress", role="status")

    def _refresh(self) -> None:
        """Bring every button and field to the state that it must have now; from whichever thread, one at a time."""
        with self._guard:
            self._show_state()

    def _show_state(self) -> None:
        """What `_refresh` does, under the form's guard."""
        self.cancel_button.disabled = not self.work.is_busy
        if not self.work.is_busy:
            self.progress.value = ""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**options)
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        data = {**data, "text/plain": repr(self)}
        return (data, *metadata) if metadata else data


def _style() -> Html:
    return Html(files(__package__).joinpath("style.css").read_text(encoding="utf-8"))


def _close(widget: Any) -> None:
    """A box closed leaves its children open, so they go first."""
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()

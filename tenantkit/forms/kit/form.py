"""The base of all forms: header, sections, buttons and the busy state. A form is not a widget itself, but has one.

A form is displayed as the last line of a cell; to embed it, use `.widget`. Rejected alternative: a subclass of VBox,
whose sixty names (`close`, `keys`, `open`, …) a form would share and could hide by accident.
"""

from __future__ import annotations

import threading
from functools import wraps
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from ipywidgets import HTML, Button, HBox, VBox

from tenantkit.cluster.identity import read_user
from tenantkit.forms.kit.background_job import BackgroundJob
from tenantkit.forms.kit.header import header
from tenantkit.forms.kit.markup import Html, element
from tenantkit.forms.kit.panel import Panel, unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster

    _Arguments = ParamSpec("_Arguments")

_CLOSE_WAIT_S = 5.0


def shows_errors(
    handler: Callable[Concatenate[Any, _Arguments], None],
) -> Callable[Concatenate[Any, _Arguments], None]:
    """Decorate a callback so that its errors are shown: ipywidgets shows none of them on the page."""

    @wraps(handler)
    def guarded(form: BaseForm, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        try:
            handler(form, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 (shown in full, with its traceback)
            form.panel.show(unexpected(error))

    return guarded


class BaseForm:
    """Base of all forms.

    Args:
        cluster: the cluster that the form works on.
        css_class: of this kind of form, beside `tk-form`: `tk-tenant-form`.
    """

    def __init__(self, cluster: Cluster, *, css_class: str) -> None:
        self.cluster = cluster
        self.identity = read_user(cluster)
        self.panel = Panel()
        # widgets call on one thread and jobs run on another: two refreshes at once would undo each other
        self._refresh_lock = threading.RLock()
        self.job = BackgroundJob(self._refresh)
        self.head = HTML(value="")
        self.progress = HTML(value="")
        self.cancel_button = Button(description="Cancel", tooltip="Stop after the current step; nothing is rolled back")
        self.cancel_button.on_click(lambda _: self.cancel())
        self._is_closed = False
        self._invisible: Sequence[Any] = ()
        self.widget = VBox([])
        self.widget.add_class("tk-form")
        self.widget.add_class(css_class)

    def cancel(self) -> None:
        """Stop after the current step; nothing is rolled back. The panel then shows what was done."""
        if self.job.is_running:
            self.job.cancel()
            self._show_progress("Cancelling: waiting for the current request")

    def close(self) -> None:
        """Cancel the form's job and remove the form from the page."""
        if self._is_closed:
            return
        self._is_closed = True
        self.job.cancel()
        self.job.wait(_CLOSE_WAIT_S)
        _close(self.widget)

    def _lay_out(
        self,
        title: str,
        *,
        sections: Sequence[Any],
        actions: Sequence[Any],
        notes: Sequence[Any] = (),
        below: Sequence[Any] = (),
    ) -> None:
        """Arrange the form; the order is the same in all forms. `notes` explain why buttons are disabled."""
        style = html("tk-style")
        style.value = element("style", Html(_file("style.css")), onload=_file("page.js"))
        row = HBox([*actions, self.cancel_button])
        row.add_class("tk-actions")
        self._set_title(title)
        shown = [style, self.head, *sections, row, *notes, self.progress, self.panel.widget, *below]
        self.widget.children = [*shown, *self._invisible]

    def _set_title(self, title: str) -> None:
        self.head.value = header(title, self.identity)

    def _show_progress(self, text: str, done: int | None = None, total: int | None = None) -> None:
        bar = None
        if done is not None and total:
            bar = element("progress", value=str(done), max=str(total), aria_label="objects done")
        self.progress.value = element("div", bar, element("span", text), class_="tk-progress", role="status")

    def _refresh(self) -> None:
        """Update every button and field. Any thread may call this; one runs at a time."""
        with self._refresh_lock:
            self._update_controls()

    def _update_controls(self) -> None:
        """Do what `_refresh` does; the caller holds the lock."""
        self.panel.refresh()
        self.cancel_button.disabled = not self.job.is_running
        if not self.job.is_running:
            self.progress.value = ""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**options)
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        data = {**data, "text/plain": repr(self)}
        return (data, *metadata) if metadata else data


def html(css_class: str) -> Any:
    """A place for markup, with a class of its own; empty at first."""
    widget = HTML(value="")
    widget.add_class(css_class)
    return widget


def _file(name: str) -> str:
    """A file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _close(widget: Any) -> None:
    """Close the children first: closing a box leaves them open."""
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()

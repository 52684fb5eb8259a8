"""The routes of a tenant as rows: service, port, path, and a host if it is not the tenant's default host.

A row has no inputs for some values of a loaded route, such as its path type and the name of its object. It keeps these
values and lists them: a form that dropped them would rename somebody's Ingress or HTTPRoute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Button, HBox, Layout, Text, VBox

from tenantkit.forms.kit.field import FormField, reason_text
from tenantkit.forms.kit.markup import element, joined
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.exceptions import Problem

# The inputs of each row: field, label, placeholder.
_COLUMNS = (
    ("service", "Service", "ai-service"),
    ("port", "Port", "80"),
    ("path", "Path", "/"),
    ("host", "Host", "default host"),
)
_HIDDEN_LABELS = {"path_type": "path type", "name": "name"}
_PLACE = re.compile(r"^routes\[(\d+)\](?:\.(\w+))?")


class _RouteInputs:
    """One route: its four inputs, the button that removes it, and its errors."""

    def __init__(self, route: Mapping[str, Any], *, help_texts: Mapping[str, str]) -> None:
        shown = {name for name, _, _ in _COLUMNS}
        self.hidden = {key: value for key, value in route.items() if key not in shown and value is not None}
        self.inputs = {
            name: Text(
                value=str(route.get(name) or ""),
                description=label,
                placeholder=placeholder,
                tooltip=help_texts.get(name),
                layout=Layout(width="100%"),
            )
            for name, label, placeholder in _COLUMNS
        }
        self.remove = Button(description="Remove", tooltip="Remove this route")
        self.remove.add_class("tk-quiet")
        self.note = HTML(value="")
        self.note.add_class("tk-note")
        line = HBox([*self.inputs.values(), self.remove])
        line.add_class("tk-route-line")
        self.widget = VBox([line, self.note])
        self.widget.add_class("tk-route")
        self.widget.add_class("tk-row")
        self.show(())

    @property
    def value(self) -> dict[str, Any]:
        """The route as `Route` takes it. Empty values are omitted, except service and port, which are required."""
        texts = {name: control.value.strip() for name, control in self.inputs.items()}
        port = texts["port"]
        required = {"service": texts["service"], "port": int(port) if port.isascii() and port.isdigit() else port}
        return {**required, **{name: texts[name] for name in ("path", "host") if texts[name]}, **self.hidden}

    def show(self, problems: Sequence[tuple[str, str]]) -> None:
        """Show each error with the label of its input, and the values that the row has no input for."""
        labels = {name: label for name, label, _ in _COLUMNS}
        errors = [f"{labels.get(name, name or 'Route')}: {reason}" for name, reason in problems]
        hidden = ", ".join(
            f"{_HIDDEN_LABELS.get(key, key)} {value}"
            for key, value in self.hidden.items()
            if Route.model_fields.get(key) is None or value != Route.model_fields[key].default
        )
        self.note.value = joined(
            *(element("p", text, class_="tk-error", role="alert") for text in errors),
            element("p", f"Kept unchanged: {hidden}.", class_="tk-help") if hidden else None,
        )
        for name, control in self.inputs.items():
            is_invalid = any(name == field for field, _ in problems)
            (control.add_class if is_invalid else control.remove_class)("tk-invalid")

    def disable(self, disabled: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        for control in (*self.inputs.values(), self.remove):
            control.disabled = disabled


class RoutesField(FormField):
    """Rows of routes, with buttons to add and remove them.

    Args:
        name: of the spec's field.
        label: shown above the rows.
        help_text: below the rows.
        help_texts: of the route's fields.
    """

    def __init__(self, name: str, label: str, help_text: str, *, help_texts: Mapping[str, str]) -> None:
        self._help_texts = help_texts
        self._rows: list[_RouteInputs] = []
        self._callback: Callable[[], None] = lambda: None
        self._box = VBox([])
        self._add = Button(description="Add route", tooltip="Add a route")
        self._add.add_class("tk-quiet")
        self._add.add_class("tk-add")
        self._add.on_click(lambda _: self.add())
        title = HTML(value=element("span", label, class_="tk-label"))
        super().__init__(name, label, help_text, VBox([title, self._box, self._add]))

    @property
    def value(self) -> list[dict[str, Any]]:
        """Each row as `Route` takes it."""
        return [row.value for row in self._rows]

    @value.setter
    def value(self, value: Sequence[Route | Mapping[str, Any]]) -> None:
        for row in self._rows:
            row.widget.close()
        self._rows = [self._row(route.model_dump() if isinstance(route, Route) else route) for route in value]
        self._show()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The inputs of each row, by the route's field: `form.fields["routes"].rows[0]["port"].value = "8080"`."""
        return [row.inputs for row in self._rows]

    @property
    def add_button(self) -> Any:
        """The button that adds a row."""
        return self._add

    @property
    def remove_buttons(self) -> list[Any]:
        """The button of each row that removes it."""
        return [row.remove for row in self._rows]

    def add(self) -> None:
        """Add an empty row."""
        if self._add.disabled:  # a click from Python ignores `disabled`
            return
        self._rows.append(self._row({}))
        self._show()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change of a row, and after a row is added or removed."""

        def notify() -> None:
            self.is_touched = True
            callback()

        self._callback = notify

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Show each problem in its row, and problems with the whole list below the rows."""
        by_row: dict[int, list[tuple[str, str]]] = {}
        shared: list[Problem] = []
        for problem in problems:
            place = _PLACE.match(problem.field)
            if place and int(place[1]) < len(self._rows):
                by_row.setdefault(int(place[1]), []).append((place[2] or "", reason_text(problem)))
            else:
                shared.append(problem)
        for index, row in enumerate(self._rows):
            row.show(by_row.get(index, ()))
        super().set_problems(shared)

    def _describe(self, text: str) -> None:
        """Do nothing: a box has no tooltip, and each input has its own."""

    def _row(self, route: Mapping[str, Any]) -> _RouteInputs:
        row = _RouteInputs(route, help_texts=self._help_texts)
        for control in row.inputs.values():
            control.observe(lambda _: self._callback(), names="value")
        row.remove.on_click(lambda _: self._remove(row))
        row.disable(self._add.disabled)
        return row

    def _remove(self, row: _RouteInputs) -> None:
        if row.remove.disabled or row not in self._rows:
            return
        self._rows.remove(row)
        row.widget.close()
        self._show()

    def _show(self) -> None:
        self._box.children = [row.widget for row in self._rows]
        self._callback()

    def _refresh(self) -> None:
        disabled = self._is_busy or bool(self._locked)
        self._add.disabled = disabled
        for row in self._rows:
            row.disable(disabled)

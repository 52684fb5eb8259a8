"""The routes of a tenant as rows: service, port, path, and a host where it is another than the tenant's own.

What a row does not show of a loaded route (its path type, its Ingress's name) stays with it and is told beside it: a
form that forgets what it can't show would rename somebody's Ingress.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Button, HBox, Layout, Text, VBox

from tenantkit.forms.kit.field import Field
from tenantkit.forms.kit.markup import element, joined
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.exceptions import Problem

# What each row shows: field, label, placeholder.
_COLUMNS = (
    ("service", "Service", "ai-service"),
    ("port", "Port", "80"),
    ("path", "Path", "/"),
    ("host", "Host", "the tenant's own"),
)
_KEPT_LABELS = {"path_type": "path type", "name": "Ingress"}
_PLACE = re.compile(r"^routes\[(\d+)\](?:\.(\w+))?")


class _Row:
    """One route: its four inputs, the button that removes it, and what is wrong with it."""

    def __init__(self, route: Mapping[str, Any], *, help_texts: Mapping[str, str]) -> None:
        shown = {name for name, _, _ in _COLUMNS}
        self.kept = {key: value for key, value in route.items() if key not in shown and value is not None}
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
        self.tell(())

    @property
    def value(self) -> dict[str, Any]:
        """The route as `Route` takes it; what is empty is left out, but service and port, which are needed."""
        given = {name: control.value.strip() for name, control in self.inputs.items()}
        port = given["port"]
        needed = {"service": given["service"], "port": int(port) if port.isascii() and port.isdigit() else port}
        return {**needed, **{name: given[name] for name in ("path", "host") if given[name]}, **self.kept}

    def tell(self, problems: Sequence[tuple[str, str]]) -> None:
        """Show what is wrong, each with its input's label, and what the row keeps unseen."""
        labels = {name: label for name, label, _ in _COLUMNS}
        told = [f"{labels.get(name, name or 'Route')}: {reason}" for name, reason in problems]
        kept = ", ".join(
            f"{_KEPT_LABELS.get(key, key)} {value}"
            for key, value in self.kept.items()
            if Route.model_fields.get(key) is None or value != Route.model_fields[key].default
        )
        self.note.value = joined(
            *(element("p", text, class_="tk-error", role="alert") for text in told),
            element("p", f"Kept as it is: {kept}.", class_="tk-help") if kept else None,
        )
        for name, control in self.inputs.items():
            wrong = any(name == field for field, _ in problems)
            (control.add_class if wrong else control.remove_class)("tk-invalid")

    def disable(self, disabled: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        for control in (*self.inputs.values(), self.remove):
            control.disabled = disabled


class RoutesField(Field):
    """Rows of routes, with buttons to add and remove them.

    Args:
        name: of the spec's field.
        label: what people call it.
        help_text: below the rows.
        help_texts: of a route's own fields.
    """

    def __init__(self, name: str, label: str, help_text: str, *, help_texts: Mapping[str, str]) -> None:
        self._help_texts = help_texts
        self._rows: list[_Row] = []
        self._changed: Callable[[], None] = lambda: None
        self._box = VBox([])
        self._add = Button(description="Add route", tooltip="Add a route")
        self._add.add_class("tk-quiet")
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
        """One more row, empty."""
        if self._add.disabled:  # a click from Python ignores it
            return
        self._rows.append(self._row({}))
        self._show()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this after each change of a row, or of their number."""

        def touched() -> None:
            self.is_touched = True
            changed()

        self._changed = touched

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Show each problem in its row; those of all rows together, below them."""
        placed: dict[int, list[tuple[str, str]]] = {}
        shared: list[Problem] = []
        for problem in problems:
            place = _PLACE.match(problem.field)
            if place and int(place[1]) < len(self._rows):
                placed.setdefault(int(place[1]), []).append((place[2] or "", problem.reason))
            else:
                shared.append(problem)
        for index, row in enumerate(self._rows):
            row.tell(placed.get(index, ()))
        super().set_problems(shared)

    def _describe(self, text: str) -> None:
        """A box has no tooltip; each input has its own."""

    def _row(self, route: Mapping[str, Any]) -> _Row:
        row = _Row(route, help_texts=self._help_texts)
        for control in row.inputs.values():
            control.observe(lambda _: self._changed(), names="value")
        row.remove.on_click(lambda _: self._drop(row))
        row.disable(self._add.disabled)
        return row

    def _drop(self, row: _Row) -> None:
        if row.remove.disabled or row not in self._rows:
            return
        self._rows.remove(row)
        row.widget.close()
        self._show()

    def _show(self) -> None:
        self._box.children = [row.widget for row in self._rows]
        self._changed()

    def _refresh(self) -> None:
        disabled = self._busy or bool(self._locked)
        self._add.disabled = disabled
        for row in self._rows:
            row.disable(disabled)

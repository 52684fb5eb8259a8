"""The inputs for the amounts of a custom quota: CPU, memory, devices, storage, pods.

A quota has twenty limits more. They are those of the quota that the amounts start from: a size, or the tenant's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, HBox, Layout, Text, VBox

from tenantkit.forms.kit.field import reason_text
from tenantkit.forms.kit.markup import element, joined
from tenantkit.spec.quota import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.exceptions import Problem

# The inputs before and after those of the devices: field of the quota, label, example.
_FIRST = (("requests_cpu", "CPU cores", "16"), ("requests_memory", "Memory", "64Gi"))
_LAST = (("storage", "Storage", "500Gi"), ("pods", "Pods", "50"))
_COUNTS = ("pods",)


class AmountInputs:
    """The inputs, in one row, with their errors below it.

    Args:
        devices: resource names of the platform's devices.
        help_texts: of the quota's fields.
    """

    def __init__(self, devices: Sequence[str], *, help_texts: Mapping[str, str]) -> None:
        self._devices = tuple(devices)
        self._help_texts = help_texts
        self._base: Quota | None = None
        self._start: dict[str, str] = {}
        self._origin = ""
        self._callback: Callable[[], None] = lambda: None
        self.inputs: dict[str, Any] = {}
        self._row = HBox([])
        self._row.add_class("tk-amounts-row")
        self.note = HTML(value="")
        self.note.add_class("tk-note")
        self.widget = VBox([self._row, self.note])
        self.widget.add_class("tk-amounts")
        self.start_from(None)

    @property
    def is_edited(self) -> bool:
        """Whether an input differs from what it started with."""
        return self._texts() != self._start

    @property
    def value(self) -> Quota | dict[str, Any]:
        """The quota as `Tenant` takes it: the one that the inputs started from, or its fields with what was typed."""
        if self._base is not None and not self.is_edited:
            return self._base
        texts = self._texts()
        fields: dict[str, Any] = _set_fields(self._base)
        kept = fields.get("accelerators", {})
        devices = {
            name: _count(texts[name]) for name in self._all_devices if texts[name] not in ("", "0") or name in kept
        }
        amounts: dict[str, int | str] = {name: texts[name] for name, *_ in (*_FIRST, *_LAST)}
        amounts |= {name: _count(texts[name]) for name in _COUNTS}
        return fields | amounts | {"accelerators": devices}

    def start_from(self, quota: Quota | None, origin: str = "") -> None:
        """Fill the inputs from a quota.

        Args:
            quota: None for empty inputs.
            origin: what it is called: `size 'small'`.
        """
        self._base, self._origin = quota, origin
        self._start = _texts_of(quota, self._all_devices)
        labels = (*_FIRST, *((name, _device_label(name), "0") for name in self._all_devices), *_LAST)
        if list(self.inputs) != [name for name, *_ in labels]:
            self._make(labels)
        for name, text in self._start.items():
            self.inputs[name].value = text
        self.show(())

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change of an input."""
        self._callback = callback

    def show(self, problems: Sequence[Problem]) -> None:
        """Show each problem with the label of its input."""
        places = [(problem, self._place(problem)) for problem in problems]
        errors = [f"{self._label(place)}{reason_text(problem)}" for problem, place in places]
        rest = f"All other limits are those of {self._origin}." if self._origin else ""
        self.note.value = joined(
            *(element("p", text, class_="tk-error", role="alert") for text in errors),
            element("p", rest, class_="tk-help") if rest else None,
        )
        for name, control in self.inputs.items():
            is_invalid = any(place == name for _, place in places)
            (control.add_class if is_invalid else control.remove_class)("tk-invalid")

    def disable(self, disabled: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Disable the inputs."""
        for control in self.inputs.values():
            control.disabled = disabled

    @property
    def _all_devices(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._devices, *(self._base.accelerators if self._base is not None else ()))))

    def _make(self, labels: Sequence[tuple[str, str, str]]) -> None:
        for control in self.inputs.values():
            control.close()
        self.inputs = {
            name: Text(
                description=label,
                placeholder=example,
                tooltip=self._help_texts.get(name),
                layout=Layout(width="100%"),
            )
            for name, label, example in labels
        }
        for control in self.inputs.values():
            control.observe(lambda _: self._callback(), names="value")
        self._row.children = list(self.inputs.values())

    def _texts(self) -> dict[str, str]:
        return {name: _plain(control.value) for name, control in self.inputs.items()}

    def _place(self, problem: Problem) -> str:
        """The input that a problem is about; empty if it is about the whole quota."""
        field = problem.field.removeprefix("quota.")
        return next((name for name in self.inputs if field == name or f"['{name}']" in field), "")

    def _label(self, place: str) -> str:
        return f"{self.inputs[place].description}: " if place else ""


def _texts_of(quota: Quota | None, devices: Sequence[str]) -> dict[str, str]:
    if quota is None:
        return dict.fromkeys((*(name for name, *_ in (*_FIRST, *_LAST)), *devices), "")
    amounts = {name: str(getattr(quota, name)) for name, *_ in (*_FIRST, *_LAST)}
    return amounts | {name: str(quota.accelerators.get(name, 0)) for name in devices}


def _set_fields(quota: Quota | None) -> dict[str, Any]:
    """The fields of a quota that differ from their defaults."""
    if quota is None:
        return {}
    return {name: value for name, value in quota if value != Quota.model_fields[name].default}


def _device_label(resource: str) -> str:
    return f"GPUs ({resource})" if resource.endswith("/gpu") else resource


def _plain(text: str) -> str:
    """The amount without blanks, and without the unit byte: `64 GiB` is `64Gi`."""
    return "".join(text.split()).removesuffix("B")


def _count(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text

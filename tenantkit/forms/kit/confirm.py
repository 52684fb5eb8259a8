"""Confirm by typing the name of the thing to be deleted: a click happens by accident, a typed name does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import Button, HBox, Text

if TYPE_CHECKING:
    from collections.abc import Callable


class Confirm:
    """A text field, and a button that is disabled until the field holds the word.

    Args:
        word: the word to type, such as the tenant's name.
        label: of the button: `Delete vision`.
        on_confirm: called on a click while the field holds the word.
    """

    def __init__(self, word: str, *, label: str, on_confirm: Callable[[], object]) -> None:
        self.word = word
        self._on_confirm = on_confirm
        self._is_busy = False
        self.text = Text(description=f"Type {word!r} to confirm", tooltip=f"Type {word!r} to confirm")
        self.button = Button(description=label, tooltip=label, button_style="danger", disabled=True)
        self.text.observe(self._refresh, names="value")
        self.button.on_click(self._click)
        self.widget = HBox([self.text, self.button])
        self.widget.add_class("tk-confirm")

    @property
    def is_typed(self) -> bool:
        """Whether the field holds exactly the word."""
        return bool(self.text.value == self.word)

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Disable the button while the form is busy."""
        self._is_busy = busy
        self._refresh()

    def _refresh(self, _change: object = None) -> None:
        self.button.disabled = self._is_busy or not self.is_typed

    def _click(self, _button: object) -> None:
        if self.is_typed and not self._is_busy:  # a click from Python ignores `disabled`
            self._on_confirm()

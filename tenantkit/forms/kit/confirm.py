"""Confirm by typing the name of what would be lost: a click can happen to anybody, a word can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import Button, HBox, Text

if TYPE_CHECKING:
    from collections.abc import Callable


class Confirm:
    """A text field and a button that is off until the field holds the word.

    Args:
        word: to be typed: the tenant's name.
        label: of the button: `Delete vision`.
        confirmed: called on a click while the word stands there.
    """

    def __init__(self, word: str, *, label: str, confirmed: Callable[[], object]) -> None:
        self.word = word
        self._confirmed = confirmed
        self._busy = False
        self.text = Text(description=f"Type {word!r} to confirm", tooltip=f"Type {word!r} to confirm")
        self.button = Button(description=label, tooltip=label, button_style="danger", disabled=True)
        self.text.observe(self._refresh, names="value")
        self.button.on_click(self._click)
        self.widget = HBox([self.text, self.button])
        self.widget.add_class("tk-confirm")

    @property
    def is_given(self) -> bool:
        """Whether the word stands there, exactly."""
        return bool(self.text.value == self.word)

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Off while the form is at work."""
        self._busy = busy
        self._refresh()

    def _refresh(self, _change: object = None) -> None:
        self.button.disabled = self._busy or not self.is_given

    def _click(self, _button: object) -> None:
        if self.is_given and not self._busy:  # a click from Python ignores `disabled`
            self._confirmed()

"""A date and time, chosen in the browser's own picker and in the browser's time zone.

What Python sets is kept exactly, with its zone, until the user chooses another time: a stored `18:00+02:00` that came
back as `16:00Z` would be planned as a change. A picker cannot show a text that is not a time, so the error does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ipywidgets import DatetimePicker

from tenantkit.forms.kit.field import FormField

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.exceptions import Problem


class MomentField(FormField):
    """A date and time with its zone, or none."""

    def __init__(self, name: str, label: str, help_text: str) -> None:
        self._given: str | None = None
        self._shown: datetime | None = None
        self._callback: Callable[[], None] = lambda: None
        super().__init__(name, label, help_text, DatetimePicker(description=label))

    @property
    def value(self) -> str | None:
        """The time as ISO 8601, or the text that Python set instead; None if it is empty."""
        chosen: datetime | None = self.control.value
        if chosen == self._shown:
            return self._given
        return chosen.astimezone(UTC).isoformat() if chosen is not None else None

    @value.setter
    def value(self, value: object) -> None:
        text = value.isoformat() if isinstance(value, datetime) else value
        self._given = None if text is None else str(text)
        self._shown = _moment(self._given)
        if self.control.value == self._shown:
            self._callback()
        else:
            self.control.value = self._shown

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change of the value."""

        def notify() -> None:
            self.is_touched = True
            callback()

        self._callback = notify
        self.control.observe(lambda _: notify(), names="value")

    def error_text(self, problem: Problem) -> str:
        """The error message, with the value if the picker cannot show it."""
        text = super().error_text(problem)
        return f"{self._given!r}: {text}" if self._given and self._shown is None else text


def _moment(text: str | None) -> datetime | None:
    """The time that a picker can show; None if the text is not a time with a zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None

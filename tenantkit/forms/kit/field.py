"""Fields: a labelled input with its help, and what is wrong with it, beside it.

Every value is typed as text and judged by the spec: a widget that knows bounds clamps without a word. A field does not
know rules; it is told its errors, and gives its value the way the spec takes it. The label is the input's own, so that
screen readers and a click on it find the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Checkbox, Layout, RadioButtons, Text, Textarea, VBox

from tenantkit.forms.kit.markup import element, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.exceptions import Problem

_FULL = "100%"


class Field:
    """One field of a form, around one input.

    Args:
        name: of the spec's field.
        label: what people call it.
        help_text: a sentence or two below it.
        control: the widget that holds the value.
    """

    def __init__(self, name: str, label: str, help_text: str, control: Any) -> None:
        self.name = name
        self.label = label
        self.help_text = help_text
        self.is_touched = False
        self._locked = ""
        self._is_lock_told = True
        self._busy = False
        self.control = control
        self.note = HTML(value="")
        self.note.add_class("tk-note")
        self.widget = VBox([control, self.note])
        self.widget.add_class("tk-field")
        self.widget.add_class(f"tk-field-{name}")
        self.set_problems(())

    @property
    def value(self) -> Any:
        """The value as the spec takes it; None where nothing was given."""
        return self.control.value

    @value.setter
    def value(self, value: Any) -> None:
        self.control.value = value

    @property
    def locked(self) -> str:
        """Why it can't be changed here; empty when it can."""
        return self._locked

    @property
    def is_empty(self) -> bool:
        """Whether nothing was given yet."""
        return self.value in (None, "", [])

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this after each change of the value."""

        def touched(_change: object) -> None:
            self.is_touched = True
            changed()

        self.control.observe(touched, names="value")

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Show what is wrong, or the help alone when nothing is."""
        told = [self.tell(problem) for problem in problems]
        self.note.value = joined(
            *(element("p", text, class_="tk-error", role="alert") for text in told),
            element("p", self._locked, class_="tk-locked") if self._locked and self._is_lock_told else None,
            element("p", self.help_text, class_="tk-help") if self.help_text else None,
        )
        self._mark("tk-invalid", bool(told))
        self._describe(" ".join([*told, self._locked, self.help_text]).strip())

    def tell(self, problem: Problem) -> str:
        """One problem in words for this field."""
        return problem.reason

    def lock(self, reason: str, *, is_told: bool = True) -> None:
        """Let nobody change it here.

        Args:
            reason: why; empty to unlock.
            is_told: whether the field says so itself; no where it stands once above several fields.
        """
        self._locked, self._is_lock_told = reason, is_told
        self._refresh()
        self.set_problems(())

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Off while the form is at work."""
        self._busy = busy
        self._refresh()

    def _refresh(self) -> None:
        self.control.disabled = self._busy or bool(self._locked)

    def _describe(self, text: str) -> None:
        self.control.tooltip = text or None

    def _mark(self, css_class: str, on: bool) -> None:  # noqa: FBT001
        (self.widget.add_class if on else self.widget.remove_class)(css_class)


class TextField(Field):
    """One line of text."""

    def __init__(self, name: str, label: str, help_text: str, *, placeholder: str = "") -> None:
        control = Text(description=label, placeholder=placeholder, layout=Layout(width=_FULL))
        super().__init__(name, label, help_text, control)

    @property
    def value(self) -> str | None:
        """The text without blanks around it; None when there is none."""
        return self.control.value.strip() or None

    @value.setter
    def value(self, value: object) -> None:
        self.control.value = "" if value is None else str(value)


class LinesField(Field):
    """Several values, one a line."""

    def __init__(self, name: str, label: str, help_text: str, *, placeholder: str = "", rows: int = 3) -> None:
        control = Textarea(description=label, placeholder=placeholder, rows=rows, layout=Layout(width=_FULL))
        super().__init__(name, label, help_text, control)

    @property
    def value(self) -> list[str]:
        """The lines that hold something, without blanks around them."""
        return [line for _, line in self._numbered]

    @value.setter
    def value(self, value: Sequence[str]) -> None:
        self.control.value = "\n".join(value)

    def tell(self, problem: Problem) -> str:
        """The problem, with the line as the reader counts it."""
        index = problem.field.partition("[")[2].partition("]")[0]
        if not index.isdigit() or int(index) >= len(self._numbered):
            return problem.reason
        number, line = self._numbered[int(index)]
        return f"Line {number}, {line!r}: {problem.reason}"

    @property
    def _numbered(self) -> list[tuple[int, str]]:
        stripped = [line.strip() for line in self.control.value.split("\n")]
        return [(number, line) for number, line in enumerate(stripped, start=1) if line]


class FlagField(Field):
    """Yes or no."""

    def __init__(self, name: str, label: str, help_text: str) -> None:
        super().__init__(name, label, help_text, Checkbox(description=label, indent=False))

    @property
    def is_empty(self) -> bool:
        """Never: no is an answer."""
        return False


class CardsField(Field):
    """One of several, each a card that says what it holds.

    Args:
        name: of the spec's field.
        label: what people call it.
        help_text: below the cards.
        cards: what each card says, its title in the first line, and its value.
    """

    def __init__(self, name: str, label: str, help_text: str, *, cards: Sequence[tuple[str, Any]]) -> None:
        control = RadioButtons(options=cards, value=None, description=label, layout=Layout(width=_FULL))
        control.add_class("tk-cards")
        super().__init__(name, label, help_text, control)

    def offer(self, cards: Sequence[tuple[str, Any]]) -> None:
        """Other cards; what was chosen stays chosen where it is still there."""
        if list(self.control.options) == list(cards):
            return
        chosen = self.value
        self.control.options = cards
        self.control.value = chosen if any(chosen == value for _, value in cards) else None

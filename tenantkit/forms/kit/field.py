"""Fields: a labelled input with its help and its errors below it.

Every value is typed as text and checked by the spec, since a widget with bounds silently clamps a value. A field does
not know the rules: it shows the errors that it is given, and returns its value in the form that the spec takes. The
label belongs to the input itself, so that screen readers and a click on the label find the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Checkbox, Layout, RadioButtons, Text, Textarea, VBox

from tenantkit.forms.kit.markup import element, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.exceptions import Problem

_FULL = "100%"


class FormField:
    """One field of a form, around one input.

    Args:
        name: of the spec's field.
        label: shown beside the input.
        help_text: a sentence or two below the input.
        control: the widget that holds the value.

    Example:
        >>> form = tk.TenantForm(cluster)
        >>> form.fields["name"].value = "sketch"
        >>> form.fields["name"].value
        'sketch'
        >>> form.close()
    """

    def __init__(self, name: str, label: str, help_text: str, control: Any) -> None:
        self.name = name
        self.label = label
        self.help_text = help_text
        self.is_touched = False
        self._locked = ""
        self._shows_lock = True
        self._is_busy = False
        self.control = control
        self.note = HTML(value="")
        self.note.add_class("tk-note")
        self.widget = VBox([control, self.note])
        self.widget.add_class("tk-field")
        self.widget.add_class(f"tk-field-{name}")
        self.set_problems(())

    @property
    def value(self) -> Any:
        """The value in the form that the spec takes; None if the field is empty."""
        return self.control.value

    @value.setter
    def value(self, value: Any) -> None:
        self.control.value = value

    @property
    def locked(self) -> str:
        """Why the field is read-only; empty if it is not."""
        return self._locked

    @property
    def is_empty(self) -> bool:
        """Whether the field has no value yet."""
        return self.value in (None, "", [])

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change of the value."""

        def notify(_change: object) -> None:
            self.is_touched = True
            callback()

        self.control.observe(notify, names="value")

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Show these errors above the help text."""
        errors = [self.error_text(problem) for problem in problems]
        self.note.value = joined(
            *(element("p", text, class_="tk-error", role="alert") for text in errors),
            element("p", self._locked, class_="tk-locked") if self._locked and self._shows_lock else None,
            element("p", self.help_text, class_="tk-help") if self.help_text else None,
        )
        self._mark("tk-invalid", bool(errors))
        self._describe(" ".join([*errors, self._locked, self.help_text]).strip())

    def error_text(self, problem: Problem) -> str:
        """The error message of a problem with this field."""
        return reason_text(problem)

    def lock(self, reason: str, *, is_shown: bool = True) -> None:
        """Make the field read-only.

        Args:
            reason: why; empty to unlock.
            is_shown: whether the field shows the reason. False if it is shown once, above several fields.
        """
        self._locked, self._shows_lock = reason, is_shown
        self._refresh()
        self.set_problems(())

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Disable the input while the form is busy."""
        self._is_busy = busy
        self._refresh()

    def _refresh(self) -> None:
        self.control.disabled = self._is_busy or bool(self._locked)

    def _describe(self, text: str) -> None:
        self.control.tooltip = text or None

    def _mark(self, css_class: str, on: bool) -> None:  # noqa: FBT001
        (self.widget.add_class if on else self.widget.remove_class)(css_class)


def reason_text(problem: Problem) -> str:
    """What is wrong and what to do, in the words of a form; without the field's name and value, which are beside it."""
    return problem.reason if problem.hint is None else f"{problem.reason}: {problem.hint.words('form')}"


class TextField(FormField):
    """One line of text."""

    def __init__(self, name: str, label: str, help_text: str, *, placeholder: str = "") -> None:
        control = Text(description=label, placeholder=placeholder, layout=Layout(width=_FULL))
        super().__init__(name, label, help_text, control)

    @property
    def value(self) -> str | None:
        """The text without surrounding blanks; None if it is empty."""
        return self.control.value.strip() or None

    @value.setter
    def value(self, value: object) -> None:
        self.control.value = "" if value is None else str(value)


class LinesField(FormField):
    """Several values, one per line."""

    def __init__(self, name: str, label: str, help_text: str, *, placeholder: str = "", rows: int = 3) -> None:
        control = Textarea(description=label, placeholder=placeholder, rows=rows, layout=Layout(width=_FULL))
        super().__init__(name, label, help_text, control)

    @property
    def value(self) -> list[str]:
        """The lines that are not empty, without surrounding blanks."""
        return [line for _, line in self._numbered]

    @value.setter
    def value(self, value: Sequence[str]) -> None:
        self.control.value = "\n".join(value)

    def error_text(self, problem: Problem) -> str:
        """The error message, with the line number as shown on the page."""
        index = problem.field.partition("[")[2].partition("]")[0]
        if not index.isdigit() or int(index) >= len(self._numbered):
            return reason_text(problem)
        number, line = self._numbered[int(index)]
        return f"Line {number}, {line!r}: {reason_text(problem)}"

    @property
    def _numbered(self) -> list[tuple[int, str]]:
        stripped = [line.strip() for line in self.control.value.split("\n")]
        return [(number, line) for number, line in enumerate(stripped, start=1) if line]


class FlagField(FormField):
    """Yes or no."""

    def __init__(self, name: str, label: str, help_text: str) -> None:
        super().__init__(name, label, help_text, Checkbox(description=label, indent=False))

    @property
    def is_empty(self) -> bool:
        """Never: an unticked box is an answer."""
        return False


class CardsField(FormField):
    """One of several options, each shown as a card.

    Args:
        name: of the spec's field.
        label: shown above the cards.
        help_text: below the cards.
        cards: the text and value of each card; the first line of the text is its title.
    """

    def __init__(self, name: str, label: str, help_text: str, *, cards: Sequence[tuple[str, Any]]) -> None:
        control = RadioButtons(options=cards, value=None, description=label, layout=Layout(width=_FULL))
        control.add_class("tk-cards")
        super().__init__(name, label, help_text, control)

    def offer(self, cards: Sequence[tuple[str, Any]]) -> None:
        """Replace the cards; keep the selection if its value is still among them."""
        if list(self.control.options) == list(cards):
            return
        selected = self.value
        self.control.options = cards
        self.control.value = selected if any(selected == value for _, value in cards) else None

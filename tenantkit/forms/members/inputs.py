"""The inputs of the form for members: a row for each member with a box to remove them, and whom to add as what.

A row names the role, since when and by whom, also of those who cannot be removed here, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Checkbox, HBox, VBox

from tenantkit.display.tables import clean
from tenantkit.exceptions import InvalidSpecError
from tenantkit.forms.kit.field import CardsField, LinesField
from tenantkit.forms.kit.markup import element
from tenantkit.provision.team.arguments import checked_members

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from tenantkit.exceptions import Problem
    from tenantkit.forms.kit.markup import Html
    from tenantkit.provision.content.members import Member

_ROLES = (
    ("Viewer\nSees what runs, and its logs. Changes nothing.", "viewer"),
    ("Editor\nAlso runs workloads, and enters their pods.", "editor"),
)
_ABOUT = element("p", "Tick the members to remove, enter the persons to add, then click Plan.", class_="tk-about")
_OWNER = "named in the grant: only the platform team changes owners"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the inputs ask for.

    Args:
        added: with the role to have.
        removed: who loses every role.
    """

    added: tuple[Member, ...]
    removed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.added and not self.removed


class MembersInputs:
    """The rows of the members, and the fields to add some.

    Args:
        on_change: called after each change.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._locked = ""
        self._is_busy = False
        self.persons = LinesField(
            "persons",
            "Add persons",
            "One per line: dana@example.com, group:ml-vision or sa:NAMESPACE/NAME.",
            placeholder="sam@example.com",
            rows=2,
        )
        self.role = CardsField("role", "As", "In place of any other role that they have.", cards=_ROLES)
        self.role.value = "viewer"
        self.boxes: dict[str, Checkbox] = {}
        self.rows = VBox([])
        self.rows.add_class("tk-members")
        self.about = HTML(value=_ABOUT)
        self.problems: tuple[Problem, ...] = ()
        for field in (self.persons, self.role):
            field.on_change(self._changed)

    def load(self, members: pd.DataFrame) -> None:
        """Show these members, from `members`; every box is empty, and nobody is added."""
        _close(self.rows)
        self.boxes = {}
        self.rows.children = [self._row(row) for row in members.to_dict("records")]
        self.persons.value = []
        self._refresh()

    def lock(self, reason: str) -> None:
        """Make everything read-only; an empty reason makes it writable."""
        self._locked = reason
        self.about.value = element("p", reason, class_="tk-locked") if reason else _ABOUT
        for field in (self.persons, self.role):
            field.lock(reason, is_shown=False)
        self._refresh()

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Disable the inputs while the form is busy."""
        self._is_busy = busy
        self.persons.set_busy(busy)
        self.role.set_busy(busy)
        self._refresh()

    @property
    def choice(self) -> Choice:
        """What the inputs ask for.

        Raises:
            InvalidSpecError: a line names nobody, or one person is both added and removed.
        """
        lines = self.persons.value
        added = checked_members(lines, self.role.value) if lines else ()
        return Choice(added, tuple(person for person, box in self.boxes.items() if box.value))

    def validate(self) -> Choice | None:
        """The choice; None if it is invalid, and then the field shows why."""
        try:
            choice = self.choice
        except InvalidSpecError as error:
            self.problems = error.problems
        else:
            self.problems = ()
            self.persons.set_problems(())
            return choice
        self.persons.set_problems(self.problems)
        return None

    def sections(self) -> list[Any]:
        """The rows and fields, laid out."""
        heading = HTML(value=element("h3", "Members", class_="tk-heading"))
        pair = VBox([self.persons.widget, self.role.widget])
        pair.add_class("tk-pair")
        section = VBox([heading, self.about, self.rows, pair])
        section.add_class("tk-section")
        return [section]

    def _row(self, row: dict[Any, Any]) -> Any:
        person = str(row["person"])
        can_remove = row["role"] in ("editor", "viewer") and not row["foreign"]
        details = HTML(value=_details(row))
        details.add_class("tk-member-details")
        if not can_remove or person in self.boxes:
            name = HTML(value=element("span", person, class_="tk-member-name"))
            widget = HBox([name, details])
        else:
            box = Checkbox(value=False, description=clean(person), indent=False, tooltip=f"Remove {clean(person)}")
            box.observe(lambda _: self._changed(), names="value")
            self.boxes[person] = box
            widget = HBox([box, details])
        widget.add_class("tk-member")
        return widget

    def _refresh(self) -> None:
        for box in self.boxes.values():
            box.disabled = self._is_busy or bool(self._locked)

    def _changed(self) -> None:
        self._on_change()


def _details(row: dict[Any, Any]) -> Html:
    """Role, kind, since when and by whom, in words."""
    role = str(row["role"])
    words = [role, {"Group": "group", "ServiceAccount": "service account"}.get(str(row["person_kind"]), "")]
    since, by = row["since"], row["added_by"]
    if since is not None and since == since:  # noqa: PLR0124 (a missing time equals nothing, also not itself)
        words.append(f"since {since:%Y-%m-%d}")
    if isinstance(by, str):
        words.append(f"added by {by}")
    if row["foreign"]:
        words.append(f"foreign: RoleBinding {row['binding']}, which tenantkit did not make")
    elif role == "owner":
        words.append(_OWNER)
    css_class = "tk-warning-text" if row["foreign"] else None
    return element("span", " · ".join(word for word in words if word), class_=css_class)


def _close(box: Any) -> None:
    for row in box.children:
        for child in row.children:
            child.close()
        row.close()

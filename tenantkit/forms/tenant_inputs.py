"""The inputs of a tenant together: filled, judged, locked and laid out in two parts, by whose they are.

A field that nobody has come to yet is not called wrong for being empty until somebody asks for a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, VBox

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.forms.kit.field import CardsField
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.tenant_fields import ENTRIES, field_of, judge, make_fields, part_of, size_cards, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.forms.kit.field import Field
    from tenantkit.forms.kit.markup import Html
    from tenantkit.forms.permissions import Rights
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_PARTS = (
    ("grant", "Granted by the platform", "What the tenant is and may hold; only the platform changes it."),
    ("team", "The team's own", "Its people and routes; the owners change these themselves."),
)
_KEEPS_NAME = "A tenant keeps its name."


class TenantInputs:
    """The fields of one tenant.

    Args:
        platform: with its sizes, which the tenant must fit.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.fields: dict[str, Field] = make_fields(platform)
        self.tenant: Tenant | None = None
        self.problems: list[Problem] = []
        self.is_attempted = False
        self._name: str | None = None
        self._heads = {part: HTML(value=_head(title, about)) for part, title, about in _PARTS}

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this after each change of a field."""
        for field in self.fields.values():
            field.on_change(changed)

    def load(self, tenant: Tenant) -> None:
        """Hold what is there of a tenant."""
        self._set(values_of(tenant))

    def fill(self, values: Mapping[str, Any]) -> None:
        """Set fields, with values as `Tenant` takes them.

        Raises:
            InvalidSpecError: there is no such field, or it is locked.
        """
        given = dict(values)
        if "quota" in given:
            given["size"] = given.pop("quota")
        refused = [
            Problem(name, value, reason) for name, value in given.items() if (reason := self._why_not(name, value))
        ]
        if refused:
            raise InvalidSpecError(refused)
        self._set(given)

    def judge(self) -> None:
        """Find the tenant that the fields make, or all that is wrong, and show that where it belongs."""
        values = {name: field.value for name, field in self.fields.items()}
        if self._name is not None:
            values["name"] = self._name
        self.tenant, self.problems = judge(values, self.platform)
        self.show(self.problems)

    def show(self, problems: Sequence[Problem]) -> None:
        """Show each problem at its field."""
        placed: dict[str, list[Problem]] = {}
        for problem in problems:
            placed.setdefault(field_of(problem), []).append(problem)
        for name, field in self.fields.items():
            is_due = self.is_attempted or field.is_touched or not field.is_empty
            field.set_problems(placed.get(name, ()) if is_due else ())

    def lock(self, name: str, rights: Rights) -> None:
        """From now on it is about a tenant that is there: what the user may not change is locked, with the reason."""
        self._name = name
        for part, title, about in _PARTS:
            missing = rights.team if part == "team" else rights.grant
            reason = (
                f"Only to be seen here: changing this part needs the right {missing}, which you lack."
                if missing
                else ""
            )
            self._heads[part].value = _head(title, about, reason)
            for field in self.fields.values():
                if part_of(field.name) == part:
                    field.lock(reason, is_told=False)
        self.fields["name"].lock(_KEEPS_NAME)

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Off while the form is at work."""
        for field in self.fields.values():
            field.set_busy(busy)

    def sections(self) -> list[Any]:
        """The fields in their places."""
        return [self._section(part) for part, _, _ in _PARTS]

    def _why_not(self, name: str, value: Any) -> str:
        if name not in self.fields:
            return f"no such field; known are {', '.join(self.fields)}"
        field = self.fields[name]
        return field.locked if value != field.value else ""

    def _set(self, values: Mapping[str, Any]) -> None:
        size = self.fields["size"]
        if "size" in values and isinstance(size, CardsField):
            size.offer(size_cards(self.platform, values["size"]))
        for name, value in values.items():
            self.fields[name].value = value

    def _section(self, part: str) -> Any:
        rows = []
        for entries in ENTRIES:
            inside = [self.fields[entry.name].widget for entry in entries if part_of(entry.name) == part]
            if inside:
                row = VBox(inside)
                row.add_class("tk-pair")
                rows.append(row)
        section = VBox([self._heads[part], *rows])
        section.add_class("tk-section")
        return section


def _head(title: str, about: str, locked: str = "") -> Html:
    return joined(
        element("h3", title, class_="tk-heading"),
        element("p", about, class_="tk-about"),
        element("p", locked, class_="tk-locked") if locked else None,
    )

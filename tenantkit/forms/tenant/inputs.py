"""The inputs of a tenant: filled, validated, locked, and laid out in two sections by who may change them.

An empty field is not reported as wrong until the user has edited it or asked for a plan.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, VBox

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.tenant.fields import (
    FIELD_ROWS,
    KEPT_FIELDS,
    field_of,
    make_fields,
    part_of,
    validate,
    values_of,
)
from tenantkit.forms.tenant.taken_hosts import taken_host_problems
from tenantkit.spec.tenant import TEAM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.forms.kit.field import FormField
    from tenantkit.forms.kit.markup import Html
    from tenantkit.provision.permissions import MissingPermissions
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_PARTS = (
    (
        "grant",
        "Granted by the platform",
        "The tenant's name, owners and resources. Only the platform team can change these.",
    ),
    ("team", "Managed by the team", "The tenant's members and routes. The owners can change these."),
)
_NAME_IS_FIXED = "A tenant cannot be renamed."
_DRAFT = "Draft: change what you want to ask for. The request to the platform team is below, for you to copy and send."
_ASK = "To ask for it: form.draft_box.value = True, then form.fill(…), then print(form.request)"
_EITHER = frozenset({"size", "quota"})  # of which one is given: None stands for the other
_NOT_READABLE = "You may not read the current value. It is left as it is."


class TenantInputs:
    """The inputs for one tenant.

    Attributes:
        tenant: that the fields describe; None if a field is invalid.
        problems: of the fields.
        loaded: the existing tenant, as it was when the form was opened.
        taken_hosts: the other tenant that has a host, by host, as the last plan found them.

    Args:
        platform: its sizes; the tenant must fit it.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.fields: dict[str, FormField] = make_fields(platform)
        self.tenant: Tenant | None = None
        self.problems: list[Problem] = []
        self.shows_all_problems = False
        self.taken_hosts: Mapping[str, str] = {}
        self._name: str | None = None
        self.loaded: Tenant | None = None
        # While empty, these leave the tenant as it is: all of a new tenant, else those that could not be read.
        self._as_it_is = frozenset(TEAM_FIELDS)
        self._unread: frozenset[str] = frozenset()
        self._headings = {part: HTML(value=_heading(title, about)) for part, title, about in _PARTS}

    @property
    def values(self) -> dict[str, Any]:
        """The values of the fields, valid or not."""
        values = {name: field.value for name, field in self.fields.items()}
        if self._name is not None:
            values["name"] = self._name
        return values | self._kept() | {name: None for name in self._as_it_is if not values[name]}

    @property
    def namespace(self) -> str:
        """The namespace of the existing tenant; empty for a new one."""
        return self.platform.namespace(self._name) if self._name is not None else ""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change of a field."""
        for field in self.fields.values():
            field.on_change(callback)

    def load(self, tenant: Tenant) -> None:
        """Fill the fields from an existing tenant."""
        self._unread = frozenset(name for name in TEAM_FIELDS if getattr(tenant, name) is None)
        self.loaded = tenant
        self._set(values_of(tenant))

    def fill(self, values: Mapping[str, Any]) -> None:
        """Set fields, with values as `Tenant` takes them.

        Raises:
            InvalidSpecError: a field does not exist or is read-only.
        """
        by_field = {name: value for name, value in values.items() if value is not None or name not in _EITHER}
        if "quota" in by_field:
            by_field["size"] = by_field.pop("quota")
        refused = [
            Problem(name, value, reason) for name, value in by_field.items() if (reason := self._refusal(name, value))
        ]
        if refused:
            raise InvalidSpecError(refused)
        self._set(by_field)

    def validate(self) -> None:
        """Validate the values, and show each problem at its field."""
        self.tenant, self.problems = validate(self.values, self.platform)
        marks = taken_host_problems(self.tenant, self.platform, self.taken_hosts) if self.tenant is not None else []
        self.show([*self.problems, *marks])

    def show(self, problems: Sequence[Problem]) -> None:
        """Show each problem at its field."""
        by_field: dict[str, list[Problem]] = {}
        for problem in problems:
            by_field.setdefault(field_of(problem), []).append(problem)
        for name, field in self.fields.items():
            is_due = self.shows_all_problems or field.is_touched or not field.is_empty
            field.set_problems(by_field.get(name, ()) if is_due else ())

    def lock(self, name: str, missing: MissingPermissions) -> None:
        """Switch to an existing tenant: the name, and all that the user may not change, become read-only."""
        self._name = name
        self._as_it_is = self._unread
        for part, title, about in _PARTS:
            permissions = missing.team if part == "team" else missing.grant
            reason = _read_only(permissions)
            self._headings[part].value = _heading(title, about, reason)
            for field in self.fields.values():
                if part_of(field.name) == part:
                    field.lock(reason, is_shown=False)
        self.fields["name"].lock(_NAME_IS_FIXED)
        for unread in self._unread:  # whoever does not see the members would remove them by naming others
            self.fields[unread].lock(_NOT_READABLE)

    def draft(self, *, is_on: bool, missing: MissingPermissions) -> None:
        """Unlock the platform's part for a request; or lock it again, with the values that it has."""
        part, title, about = _PARTS[0]
        reason = _DRAFT if is_on else _read_only(missing.grant)
        self._headings[part].value = _heading(title, about, reason)
        for field in self.fields.values():
            if part_of(field.name) == part and field.name != "name":
                field.lock("" if is_on else reason, is_shown=False)
        if not is_on and self.loaded is not None:
            values = values_of(self.loaded)
            self._set({name: values[name] for name in self.fields if part_of(name) == part})

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 (a state, like a widget's own)
        """Disable the fields while the form is busy."""
        for field in self.fields.values():
            field.set_busy(busy)

    def sections(self, *, below_grant: Any) -> list[Any]:
        """The fields, laid out, with a widget below the heading of the platform's part."""
        grant, team = (self._section(part) for part, _, _ in _PARTS)
        heading, *rows = grant.children
        grant.children = [heading, below_grant, *rows]
        return [grant, team]

    def _kept(self) -> dict[str, Any]:
        """The parts of the grant without an input; a boost that has ended is not granted again."""
        granted = self.loaded.at(datetime.now(UTC)) if self.loaded is not None else None
        return {name: getattr(granted, name) for name in KEPT_FIELDS} if granted is not None else {}

    def _refusal(self, name: str, value: Any) -> str:
        if name not in self.fields:
            return f"unknown field; the fields are {', '.join(self.fields).replace('size', 'size, quota')}"
        field = self.fields[name]
        if value == field.value:
            return ""
        is_asked_for = field.locked and part_of(name) == _PARTS[0][0] and name != "name"
        return f"{field.locked} {_ASK}" if is_asked_for else field.locked

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.fields[name].value = value

    def _section(self, part: str) -> Any:
        rows = []
        for definitions in FIELD_ROWS:
            widgets = [self.fields[it.name].widget for it in definitions if part_of(it.name) == part]
            if widgets:
                row = VBox(widgets)
                row.add_class("tk-pair")
                rows.append(row)
        section = VBox([self._headings[part], *rows])
        section.add_class("tk-section")
        return section


def _read_only(permissions: str) -> str:
    return f"Read-only: changing this part needs permission to {permissions}." if permissions else ""


def _heading(title: str, about: str, locked: str = "") -> Html:
    return joined(
        element("h3", title, class_="tk-heading"),
        element("p", about, class_="tk-about"),
        element("p", locked, class_="tk-locked") if locked else None,
    )

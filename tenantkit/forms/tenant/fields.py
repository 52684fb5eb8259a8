"""The fields of a tenant, as one table from which the inputs are made. Help texts come from the spec's docstring.

The section of a field follows from who may change it: the grant is the platform's, the rest is the team's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.forms.kit.docs import argument_help
from tenantkit.forms.kit.field import FlagField, LinesField, TextField
from tenantkit.forms.kit.moment_field import MomentField
from tenantkit.forms.tenant.routes_field import RoutesField
from tenantkit.forms.tenant.size_field import SizeField
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import GRANT_FIELDS, TEAM_FIELDS, Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.forms.kit.field import FormField
    from tenantkit.spec.platform import Platform

_PERSON = "dana@example.com"
_EXPIRES_HELP = "When the grant ends, in your own time zone. It is shown; nothing happens by itself. Empty: never."
# Parts of the grant without an input: the form shows them in words, and leaves them as they are.
KEPT_FIELDS = ("frozen", "boost")


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One field of the form.

    Args:
        name: of the spec's field.
        label: shown beside the input.
        kind: of input.
        example: shown while the input is empty.
        help_text: replaces the spec's own help where that is written for Python users.
    """

    name: str
    label: str
    kind: Literal["text", "lines", "flag", "moment", "size", "routes"]
    example: str = ""
    help_text: str = ""


# One row per line of the page; a row with two fields shows them side by side if there is room.
FIELD_ROWS: tuple[tuple[FieldDefinition, ...], ...] = (
    (FieldDefinition("name", "Name", "text", "vision"), FieldDefinition("team", "Team", "text", "ml-vision")),
    (FieldDefinition("size", "Size", "size", help_text="The resources that the tenant may use in total."),),
    (
        FieldDefinition("owners", "Owners, one per line", "lines", _PERSON),
        FieldDefinition("hosts", "Additional hosts, one per line", "lines", "vision.example.com"),
    ),
    (
        FieldDefinition("expires", "Expires", "moment", help_text=_EXPIRES_HELP),
        FieldDefinition("protected", "Protected", "flag", help_text="tenantkit does not delete a protected tenant."),
    ),
    (
        FieldDefinition("editors", "Editors, one per line", "lines", _PERSON),
        FieldDefinition("viewers", "Viewers, one per line", "lines", "group:ml-vision"),
    ),
    (FieldDefinition("routes", "Routes", "routes"),),
)


def make_fields(platform: Platform) -> dict[str, FormField]:
    """The empty fields, by name."""
    texts = argument_help(Tenant)
    definitions = [definition for row in FIELD_ROWS for definition in row]
    return {it.name: _field(it, it.help_text or texts.get(it.name, ""), platform) for it in definitions}


def part_of(name: str) -> Literal["grant", "team"]:
    """The part of the tenant that a field belongs to."""
    return "team" if name in TEAM_FIELDS else "grant"


def values_of(tenant: Tenant) -> dict[str, Any]:
    """The values of the fields for a tenant; empty where members or routes could not be read."""
    values = {name: getattr(tenant, name) for name in GRANT_FIELDS if name not in ("quota", *KEPT_FIELDS)}
    values |= {name: getattr(tenant, name) or () for name in TEAM_FIELDS}
    values["size"] = tenant.quota if tenant.quota is not None else tenant.size
    values["expires"] = tenant.expires.isoformat() if isinstance(tenant.expires, datetime) else None
    values["routes"] = [route.model_dump() for route in tenant.routes or ()]
    return values


def validate(values: Mapping[str, Any], platform: Platform) -> tuple[Tenant | None, list[Problem]]:
    """The tenant that the values describe, or all their problems; never both.

    Args:
        values: by field; `size` is the name of a size, a custom quota, or the fields of one.
        platform: the tenant must fit it.
    """
    size, name = values["size"], values["name"] or ""
    arguments = {**values, "name": name, "team": values["team"] or ""}
    if isinstance(size, Quota | dict):
        arguments |= {"size": None, "quota": size}
    try:
        tenant = Tenant(**arguments)
        platform.check([tenant])
    except InvalidSpecError as error:
        # the spec checks size and quota only if all else is valid, but a form shows all problems at once
        no_size = [Problem("size", None, "choose one of these")] if size is None else []
        problems = [_without_prefix(problem, name) for problem in error.problems]
        return None, [problem for problem in problems if not (no_size and field_of(problem) == "size")] + no_size
    return tenant, []


def field_of(problem: Problem) -> str:
    """The form's field that a problem is about."""
    top = problem.field.partition("[")[0].partition(".")[0]
    return "size" if top in ("quota", Tenant.__name__) else top


def _without_prefix(problem: Problem, tenant_name: str) -> Problem:
    """A problem as the tenant names it (`size`), not as the platform does (`vision.size`)."""
    bare = problem.field.removeprefix(f"{tenant_name}.") if tenant_name else problem.field
    return Problem(bare, problem.value, problem.reason, hint=problem.hint)


def _field(definition: FieldDefinition, help_text: str, platform: Platform) -> FormField:
    name, label, example = definition.name, definition.label, definition.example
    if definition.kind == "lines":
        return LinesField(name, label, help_text, placeholder=example)
    if definition.kind == "flag":
        return FlagField(name, label, help_text)
    if definition.kind == "moment":
        return MomentField(name, label, help_text)
    if definition.kind == "size":
        return SizeField(name, label, help_text, platform=platform)
    if definition.kind == "routes":
        return RoutesField(name, label, help_text, help_texts=argument_help(Route))
    return TextField(name, label, help_text, placeholder=example)

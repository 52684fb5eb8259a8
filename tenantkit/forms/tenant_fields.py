"""The fields of a tenant, as one list: it makes the form's inputs, and takes their help from the spec's own docstring.

Which part a field stands in follows from whose it is: the platform's grant, or the team's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.exceptions import HostTakenError, InvalidSpecError, Problem
from tenantkit.forms.amounts import quota_words
from tenantkit.forms.kit.docs import argument_help
from tenantkit.forms.kit.field import CardsField, FlagField, LinesField, TextField
from tenantkit.forms.routes_field import RoutesField
from tenantkit.rules.quantities import parse_quantity
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import GRANT_FIELDS, TEAM_FIELDS, Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.forms.kit.field import Field
    from tenantkit.spec.platform import Platform

_PERSON = "dana@example.com"


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the form.

    Args:
        name: of the spec's field.
        label: what people call it.
        kind: of input.
        example: shown while it is empty.
        help_text: other than the spec's own, where that speaks to those who write Python.
    """

    name: str
    label: str
    kind: Literal["text", "lines", "flag", "size", "routes"]
    example: str = ""
    help_text: str = ""


# Side by side in pairs, as far as there is room.
ENTRIES: tuple[tuple[Entry, ...], ...] = (
    (Entry("name", "Name", "text", "vision"), Entry("team", "Team", "text", "ml-vision")),
    (Entry("size", "Size", "size", help_text="How much the tenant may hold in all."),),
    (
        Entry("owners", "Owners, one a line", "lines", _PERSON),
        Entry("hosts", "Further hosts, one a line", "lines", "vision.example.com"),
    ),
    (
        Entry("expires", "Expires", "text", "2027-03-31T18:00:00Z"),
        Entry("protected", "Protected", "flag", help_text="Whether deleting the tenant is refused. Default: no."),
    ),
    (
        Entry("editors", "Editors, one a line", "lines", _PERSON),
        Entry("viewers", "Viewers, one a line", "lines", "group:ml-vision"),
    ),
    (Entry("routes", "Routes", "routes"),),
)


def make_fields(platform: Platform) -> dict[str, Field]:
    """The fields by name, empty."""
    texts = argument_help(Tenant)
    return {entry.name: _field(entry, entry.help_text or texts.get(entry.name, ""), platform) for entry in _entries()}


def part_of(name: str) -> Literal["grant", "team"]:
    """Whose a field is."""
    return "team" if name in TEAM_FIELDS else "grant"


def size_cards(platform: Platform, own: str | Quota | None = None) -> list[tuple[str, str | Quota]]:
    """What each size holds, and what the tenant has now where that is none of them.

    Args:
        platform: with its sizes.
        own: the tenant's own quota, or its size.
    """
    cards: list[tuple[str, str | Quota]] = [
        ("\n".join([name, *quota_words(quota)]), name) for name, quota in sorted(platform.sizes.items(), key=_how_much)
    ]
    if isinstance(own, Quota):
        cards.append(("\n".join(["own quota, kept as it is", *quota_words(own)]), own))
    elif own is not None and own not in platform.sizes:
        cards.append((f"{own}\nThe platform does not have this size any more.", own))
    return cards


def values_of(tenant: Tenant) -> dict[str, Any]:
    """A tenant as the fields hold it."""
    values = {name: getattr(tenant, name) for name in (*GRANT_FIELDS, *TEAM_FIELDS) if name != "quota"}
    values["size"] = tenant.quota if tenant.quota is not None else tenant.size
    values["expires"] = tenant.expires.isoformat() if isinstance(tenant.expires, datetime) else None
    values["routes"] = [route.model_dump() for route in tenant.routes]
    return values


def judge(values: Mapping[str, Any], platform: Platform) -> tuple[Tenant | None, list[Problem]]:
    """The tenant that the fields' values make on a platform, or all that is wrong with them; never both.

    Args:
        values: by field; `size` is a size's name or the tenant's own quota.
        platform: which the tenant must fit.
    """
    size, name = values["size"], values["name"] or ""
    given = {**values, "name": name, "team": values["team"] or ""}
    if isinstance(size, Quota):
        given |= {"size": None, "quota": size}
    try:
        made = Tenant(**given)
        platform.check([made])
    except InvalidSpecError as error:
        # the spec looks for size or quota once all else is right: here everything is told at once
        unsized = [Problem("size", None, "choose one of these")] if size is None else []
        told = [_unprefixed(problem, name) for problem in error.problems]
        return None, [problem for problem in told if not (unsized and field_of(problem) == "size")] + unsized
    except HostTakenError as error:
        return None, [Problem("hosts", values["hosts"], str(error))]
    return made, []


def field_of(problem: Problem) -> str:
    """The form's field that a problem is about."""
    top = problem.field.partition("[")[0].partition(".")[0]
    return "size" if top in ("quota", Tenant.__name__) else top


def _unprefixed(problem: Problem, tenant_name: str) -> Problem:
    """A platform names fields `vision.size`, a tenant `size`."""
    bare = problem.field.removeprefix(f"{tenant_name}.") if tenant_name else problem.field
    return Problem(bare, problem.value, problem.reason)


def _how_much(size: tuple[str, Quota]) -> tuple[Any, ...]:
    """Small before large; a stored platform has them by name."""
    name, quota = size
    return parse_quantity(quota.requests_cpu), parse_quantity(quota.requests_memory), name


def _entries() -> Sequence[Entry]:
    return [entry for row in ENTRIES for entry in row]


def _field(entry: Entry, help_text: str, platform: Platform) -> Field:
    if entry.kind == "lines":
        return LinesField(entry.name, entry.label, help_text, placeholder=entry.example)
    if entry.kind == "flag":
        return FlagField(entry.name, entry.label, help_text)
    if entry.kind == "size":
        return CardsField(entry.name, entry.label, help_text, cards=size_cards(platform))
    if entry.kind == "routes":
        return RoutesField(entry.name, entry.label, help_text, help_texts=argument_help(Route))
    return TextField(entry.name, entry.label, help_text, placeholder=entry.example)

"""The arguments of the functions that change members and routes, checked before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Code, Hint
from tenantkit.provision.content.members import Member
from tenantkit.spec.base import Spec
from tenantkit.spec.people import parse_person

if TYPE_CHECKING:
    from typing import Literal

_ROLES = ("viewer", "editor")
NAMED = 10  # members or routes that an error names


def checked_tenant(tenant: object) -> str:
    """The name of one tenant.

    Raises:
        InvalidSpecError: it is something else.
    """
    if not isinstance(tenant, str):
        raise InvalidSpecError([Problem("tenant", tenant, "pass the name of a tenant, for example 'vision'")])
    return str(tenant)


def checked_persons(person: object) -> tuple[str, ...]:
    """One person or several, as texts.

    Raises:
        InvalidSpecError: with every text that names nobody, and everyone who is listed twice.
    """
    persons = _listed(person)
    refusals = [(one, _refusal(one)) for one in persons or (person,)]
    problems = [Problem("person", one, reason) for one, reason in refusals if reason is not None]
    texts = [str(one) for one in persons if isinstance(one, str)]
    problems += [
        Problem("person", text, "is listed more than once") for text in dict.fromkeys(texts) if texts.count(text) > 1
    ]
    if problems:
        raise InvalidSpecError(problems)
    return tuple(texts)


def checked_members(person: object, role: object, *, tenant: str | None = None) -> tuple[Member, ...]:
    """One person or several, with the role that they shall have in a tenant.

    Args:
        person: one or several.
        role: of each.
        tenant: its name, for the code that asks for an owner. Default: the error has no code.

    Raises:
        InvalidSpecError: as `checked_persons`, or the role is neither `viewer` nor `editor`.
    """
    if role not in _ROLES:
        hint = _owners_hint(tenant, checked_persons(person)) if role == "owner" and tenant else None
        reason = "use 'viewer' or 'editor'"
        raise InvalidSpecError([Problem("role", role, reason, hint=hint)])
    return tuple(Member(cast("Literal['viewer', 'editor']", role), text) for text in checked_persons(person))


def _owners_hint(tenant: str, persons: tuple[str, ...]) -> Hint:
    code = Code("add_owners", {"tenant": tenant, "persons": persons})
    return Hint("owners are part of the grant: {code} has the text that asks the platform team", {"code": code})


def checked_many(field: str, given: object, wanted: type | tuple[type, ...], advice: str) -> tuple[object, ...]:
    """One value or several, each of a type.

    Raises:
        InvalidSpecError: something is of another type, or there is nothing.
    """
    values = _listed(given)
    wrong = [value for value in values if not isinstance(value, wanted)] if values else [given]
    if wrong:
        raise InvalidSpecError([Problem(field, value, advice) for value in wrong])
    return values


def _listed(given: object) -> tuple[object, ...]:
    is_many = isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping | Spec)
    return tuple(cast("Iterable[object]", given)) if is_many else (given,)


def _refusal(text: object) -> str | None:
    if not isinstance(text, str):
        return "pass a person as text, or a list of such texts, for example 'dana@example.com'"
    try:
        parse_person(text)
    except ValueError as error:
        return str(error)
    return None

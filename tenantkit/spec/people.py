"""Persons as text: `dana@example.com`, `group:ml-vision`, `sa:jupyterhub/jupyter-dana`.

Users, groups and service accounts have one text form, so that a person fits in a cell of a spreadsheet. Kubernetes'
`system:` users and groups are refused: a binding for `system:authenticated` would open a tenant to everyone (page "RBAC
Good Practices").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import AfterValidator

from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.spec.base import Spec
from tenantkit.spec.person_names import check_person_name, is_reserved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.spec.person_names import PersonKind
    from tenantkit.spec.platform import Platform

Role = Literal["owner", "editor", "viewer"]

_NAMED = 3
_ACCOUNT = "sa:"


class Subject(NamedTuple):
    """The subject of a RoleBinding for a person; `name` is without the prefix `group:` or `sa:`."""

    kind: Literal["User", "Group", "ServiceAccount"]
    name: str
    namespace: str | None = None


def _check_prefix(text: str) -> str:
    if is_reserved(text):
        raise ValueError("Kubernetes reserves 'system:', and 'system:authenticated' is every user: use another prefix")
    if text == "-":
        raise ValueError("in the API server's option, '-' means no prefix: leave it out")
    if not text.isprintable() or text != text.strip():
        raise ValueError("remove spaces and invisible characters, for example 'oidc:'")
    return text


Prefix = Annotated[str, AfterValidator(_check_prefix)]


class People(Spec):
    """How the cluster's authentication names users and groups.

    Args:
        user_prefix: the API server's `--oidc-username-prefix`, for example `oidc:`. Default: none.
        group_prefix: its `--oidc-groups-prefix`. Default: none.

    Example:
        >>> tk.Platform(people=tk.People(user_prefix="oidc:")).people.user_prefix
        'oidc:'
    """

    user_prefix: Prefix = ""
    group_prefix: Prefix = ""


def parse_person(text: str) -> Subject:
    """The subject that a text names.

    Args:
        text: `dana@example.com`, `group:ml-vision` or `sa:jupyterhub/jupyter-dana`.

    Raises:
        ValueError: the text is none of these, was most likely meant as another, such as several persons in one text,
            or names one of Kubernetes' `system:` users or groups. The message has the right form.

    Example:
        >>> parse_person("sa:jupyterhub/jupyter-dana")
        Subject(kind='ServiceAccount', name='jupyter-dana', namespace='jupyterhub')
    """
    prefix, colon, rest = text.partition(":")
    if prefix == "sa" and colon:
        return _service_account(rest)
    kind: PersonKind = "Group" if prefix == "group" and colon else "User"
    name = rest if kind == "Group" else text
    reason = check_person_name(name, kind)
    if reason is not None:
        raise ValueError(reason)
    return Subject(kind, name)


def subject_of(person: str, people: People) -> Subject:
    """The subject of a person's binding, with the platform's prefixes, as the API server sees it.

    Raises:
        ValueError: the text names nobody, or the whole name is one of Kubernetes' `system:` users or groups: the prefix
            `sys` and `group:tem:masters` would be `system:masters`.

    Example:
        >>> subject_of("group:ml-vision", People(group_prefix="oidc:")).name
        'oidc:ml-vision'
    """
    subject = parse_person(person)
    if subject.kind == "ServiceAccount":
        return subject
    whole = (people.user_prefix if subject.kind == "User" else people.group_prefix) + subject.name
    if is_reserved(whole):
        raise ValueError(f"with the platform's prefix it is {whole!r}, which Kubernetes reserves: use another name")
    return subject._replace(name=whole)


def _service_account(text: str) -> Subject:
    namespace, slash, name = text.partition("/")
    if not slash or check_dns_label(namespace) or check_dns_subdomain(name):
        raise ValueError("write a service account as 'sa:NAMESPACE/NAME', for example 'sa:jupyterhub/jupyter-dana'")
    return Subject("ServiceAccount", name, namespace)


def _check_person(text: str) -> str:
    parse_person(text)
    return text


Person = Annotated[str, AfterValidator(_check_person)]


def to_ask(persons: Iterable[str]) -> list[str]:
    """Those of some persons whom one can ask: a service account is a program, so it is named only if all are.

    Example:
        >>> to_ask(["dana@example.com", "sa:jupyterhub/jupyter-dana"])
        ['dana@example.com']
    """
    every = list(persons)
    return [person for person in every if not person.startswith(_ACCOUNT)] or every


def platform_team(platform: Platform | None = None) -> str:
    """The platform team with its provisioners, of many the first three: `the platform team (ops@example.com)`.

    Args:
        platform: the settings; None if they are not known, which leaves the names out.
    """
    people = to_ask(map(str, platform.provisioners)) if platform is not None else []
    if not people:
        return "the platform team"
    rest = len(people) - _NAMED
    return f"the platform team ({', '.join(people[:_NAMED])}{f' or {rest} more' if rest > 0 else ''})"

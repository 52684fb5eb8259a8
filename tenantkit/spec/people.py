"""Persons as text: `dana@example.com`, `group:ml-vision`, `sa:jupyterhub/jupyter-dana`.

Users, groups and service accounts have one text form, so that a person fits in a cell of a spreadsheet. Kubernetes'
`system:` users and groups are refused: a binding for `system:authenticated` would open a tenant to everyone (page "RBAC
Good Practices").
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator

from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.spec.base import Spec

Role = Literal["owner", "editor", "viewer"]

_GRAMMAR = "write a user 'dana@example.com', a group 'group:ml-vision' or a service account 'sa:NAMESPACE/NAME'"


class Subject(NamedTuple):
    """The subject of a RoleBinding for a person; `name` is without the prefix `group:` or `sa:`."""

    kind: Literal["User", "Group", "ServiceAccount"]
    name: str
    namespace: str | None = None


def _check_prefix(text: str) -> str:
    if text.startswith("system:"):
        raise ValueError("Kubernetes reserves 'system:', and 'system:authenticated' is every user: use another prefix")
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
        ValueError: the text is none of these, or names one of Kubernetes' `system:` users or groups.

    Example:
        >>> parse_person("sa:jupyterhub/jupyter-dana")
        Subject(kind='ServiceAccount', name='jupyter-dana', namespace='jupyterhub')
    """
    prefix, colon, rest = text.partition(":")
    if prefix == "sa" and colon:
        return _service_account(rest)
    kind: Literal["User", "Group"] = "Group" if prefix == "group" and colon else "User"
    name = rest if kind == "Group" else text
    if not name or name != name.strip() or not name.isprintable():
        raise ValueError(_GRAMMAR)
    if name.startswith("system:"):
        raise ValueError(f"names that start with 'system:' are reserved for Kubernetes: {_GRAMMAR}")
    return Subject(kind, name)


def _service_account(text: str) -> Subject:
    namespace, slash, name = text.partition("/")
    if not slash or check_dns_label(namespace) or check_dns_subdomain(name):
        raise ValueError("write a service account as 'sa:NAMESPACE/NAME', for example 'sa:jupyterhub/jupyter-dana'")
    return Subject("ServiceAccount", name, namespace)


def _check_person(text: str) -> str:
    parse_person(text)
    return text


Person = Annotated[str, AfterValidator(_check_person)]

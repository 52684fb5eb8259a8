"""A tenant: a team's part of the cluster, in two parts that different people may change.

Only the platform changes the *grant* (name, team, owners, size or quota, hosts, protection). It is stored on the
Namespace. The owners change the *team's part* (editors, viewers, routes). It is stored nowhere: the RoleBindings and
Ingresses themselves are read. One class holds both parts, since users ask for a tenant, not for one half of it.
`GRANT_FIELDS` and `TEAM_FIELDS` list the fields of each. Rejected alternatives: a custom resource, which needs an
operator and an administrator to install it; a copy of the team's part in a ConfigMap, which editors may write, so that
the platform's next plan would carry out what an editor wrote.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import field_validator, model_validator

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.rules.routing import path_key
from tenantkit.spec.base import Document, canonical_json, check_version
from tenantkit.spec.boost import Boost
from tenantkit.spec.fields import DnsLabel, Host, LabelValue, Moment
from tenantkit.spec.people import Person, Role  # noqa: TC001 (pydantic reads the annotation)
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    from datetime import datetime

GRANT_FIELDS = ("name", "team", "owners", "size", "quota", "hosts", "protected", "expires", "frozen", "boost")
TEAM_FIELDS = ("editors", "viewers", "routes")


class Tenant(Document):
    """A team's part of the cluster: its namespace, quota, members and routes.

    Args:
        name: of the tenant and, after the platform's prefix, of its namespace: lower-case letters, digits and '-', at
            most 63 characters.
        team: the team that owns it, as a label value: `ml-vision`. A team may have several tenants.
        owners: persons who may change members and routes, at least one: `dana@example.com`, `group:ml-vision`.
        size: one of the platform's sizes. Give either `size` or `quota`.
        quota: the exact amounts. Give either `size` or `quota`.
        hosts: further hosts besides the tenant's own, each granted to one tenant only. Default: none.
        editors: persons who may run workloads; an empty list: nobody. Default: the editors stay as they are.
        viewers: persons who may read; an empty list: nobody. Default: the viewers stay as they are.
        routes: services exposed at the tenant's hosts; an empty list: none. Default: the routes stay as they are.
        protected: whether `delete_tenants` refuses to delete it. Default: no.
        expires: when the grant ends, with time zone. It is shown; nothing happens by itself. Default: never.
        frozen: `pods`: no new pods, while those that run go on; `read-only`: also, everyone has the viewer role only.
            `freeze` and `thaw` set it. Default: not frozen.
        boost: another quota until a date, in place of `size` or `quota`. Default: none.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> vision.to_mapping()
        {'name': 'vision', 'team': 'ml-vision', 'owners': ['dana@example.com'], 'size': 'small'}
    """

    name: DnsLabel
    team: LabelValue
    owners: tuple[Person, ...]
    size: str | None = None
    quota: Quota | None = None
    hosts: tuple[Host, ...] = ()
    editors: tuple[Person, ...] | None = None
    viewers: tuple[Person, ...] | None = None
    routes: tuple[Route, ...] | None = None
    protected: bool = False
    expires: Moment | None = None
    frozen: Literal["pods", "read-only"] | None = None
    boost: Boost | None = None

    @field_validator("team")
    @classmethod
    def _team_is_named(cls, team: str) -> str:
        if not team:
            raise ValueError("set the team, for example 'ml-vision'")
        return team

    @field_validator("owners")
    @classmethod
    def _has_an_owner(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        if not owners:
            raise ValueError("list at least one owner, for example ['dana@example.com']")
        return owners

    @field_validator("owners", "editors", "viewers", "hosts")
    @classmethod
    def _each_once(cls, values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        twice = [value for value, times in Counter(values or ()).items() if times > 1]
        if twice:
            verb = "is" if len(twice) == 1 else "are"
            raise ValueError(f"{', '.join(map(repr, twice))} {verb} listed more than once")
        return values

    @field_validator("routes")
    @classmethod
    def _routes_differ(cls, routes: tuple[Route, ...] | None) -> tuple[Route, ...] | None:
        given = routes or ()
        places = Counter((route.host, path_key(route.path, route.path_type)) for route in given)
        for (host, (path, _)), times in places.items():
            if times > 1:
                raise ValueError(f"{times} routes have {_host_text(host)} and path {path!r}: keep one of them")
        names = Counter(route.name for route in given if route.name)
        for name, times in names.items():
            if times > 1:
                raise ValueError(f"{times} routes are named {name!r}: give each route its own name, or none")
        return routes

    @model_validator(mode="after")
    def _size_or_quota(self) -> Self:
        if (self.size is None) == (self.quota is None):
            given = "both are" if self.size is not None else "neither is"
            raise ValueError(f"set either size or quota ({given} set), for example size='small'")
        return self

    @property
    def people(self) -> tuple[tuple[Role, str], ...]:
        """Everyone whom the spec gives a role, owners first."""
        listed: tuple[tuple[Role, tuple[str, ...]], ...] = (
            ("owner", self.owners),
            ("editor", self.editors or ()),
            ("viewer", self.viewers or ()),
        )
        return tuple((role, person) for role, persons in listed for person in persons)

    def at(self, now: datetime) -> Self:
        """The tenant as it is granted at a time, given with its zone: without a boost that has ended."""
        return self.with_(boost=None) if self.boost is not None and self.boost.has_ended(now) else self

    def grant_json(self) -> str:
        """The grant, as it is stored in the Namespace's annotation `tenantkit.dev/grant`."""
        return canonical_json(self.to_stored(include=set(GRANT_FIELDS)))

    @classmethod
    def from_grant(cls, grant_json: str, *, source: str) -> Self:
        """The tenant whose grant is stored like this; its team's part stays as it is.

        Args:
            grant_json: the text of the annotation `tenantkit.dev/grant`.
            source: where it is stored, for the error: `namespace 'vision'`.

        Raises:
            SpecVersionError: it was written by a newer tenantkit.
            InvalidSpecError: it is not JSON, or has a wrong field.
        """
        return cls.from_stored(_stored_grant(grant_json, source=f"the grant of {source}"), source=source)


def _host_text(host: str | None) -> str:
    return f"host {host!r}" if host else "the tenant's own host"


def _stored_grant(text: str, *, source: str) -> dict[str, Any]:
    """The fields of a stored grant, and no others, so that a grant cannot name members or routes."""
    again = "plan and apply the tenant again"
    try:
        data = json.loads(text)
    except RecursionError:  # nested too deeply
        raise InvalidSpecError([Problem("json", text, f"is nested too deeply: {again}")], source=source) from None
    except ValueError as error:
        raise InvalidSpecError([Problem("json", text, f"is not JSON ({error}): {again}")], source=source) from None
    if not isinstance(data, dict):
        raise InvalidSpecError([Problem("json", data, f"is not a JSON object: {again}")], source=source)
    check_version(data.get("apiVersion"), source=source)
    return {key: value for key, value in data.items() if key in GRANT_FIELDS}

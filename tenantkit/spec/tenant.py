"""A tenant: one team's corner of the cluster, in two parts that different people own.

The *grant* (name, team, owners, size or quota, hosts, protection) only the platform changes; it is stored on the
Namespace. The *team's part* (editors, viewers, routes) the owners change; it is stored in a ConfigMap inside. One
class holds both, since a reader asks for a tenant, not for halves; `GRANT_FIELDS` and `TEAM_FIELDS` say which is
whose. Turned down: a custom resource, which an operator would have to watch and a cluster's owner to install.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, field_validator, model_validator

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.spec.base import Spec, canonical_json, check_version
from tenantkit.spec.fields import DnsLabel, Host, LabelValue
from tenantkit.spec.people import Person, Role  # noqa: TC001 (pydantic reads the annotation)
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route

GRANT_FIELDS = ("name", "team", "owners", "size", "quota", "hosts", "protected", "expires")
TEAM_FIELDS = ("editors", "viewers", "routes")


class Tenant(Spec):
    """One team's corner of the cluster.

    Args:
        name: the tenant's, and (after the platform's prefix) its namespace's: lower-case letters, digits and '-', at
            most 63.
        team: whose it is; a label value, for example `ml-vision`. Several tenants may be one team's.
        owners: persons who may change the team's part and its people. At least one, so that somebody can be asked.
        size: one of the platform's sizes; or
        quota: exactly what is granted. One of the two is needed.
        hosts: further hosts beside the tenant's own, each granted to one tenant only.
        editors: persons who may run workloads.
        viewers: persons who may look.
        routes: services exposed at the tenant's hosts.
        protected: whether `delete_tenant` refuses. Default: no.
        expires: when the grant ends, with time zone; shown, and acted upon by nobody but people. Default: never.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> vision = Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> vision.to_mapping()
        {'name': 'vision', 'team': 'ml-vision', 'owners': ['dana@example.com'], 'size': 'small'}
    """

    name: DnsLabel
    team: LabelValue
    owners: tuple[Person, ...]
    size: str | None = None
    quota: Quota | None = None
    hosts: tuple[Host, ...] = ()
    editors: tuple[Person, ...] = ()
    viewers: tuple[Person, ...] = ()
    routes: tuple[Route, ...] = ()
    protected: bool = False
    expires: AwareDatetime | None = None

    @field_validator("team")
    @classmethod
    def _team_is_named(cls, team: str) -> str:
        if not team:
            raise ValueError("name the team, for example 'ml-vision'")
        return team

    @field_validator("owners")
    @classmethod
    def _somebody_owns(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        if not owners:
            raise ValueError("name at least one owner, for example ['dana@example.com']")
        return owners

    @field_validator("owners", "editors", "viewers", "hosts")
    @classmethod
    def _each_once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        twice = [value for value, times in Counter(values).items() if times > 1]
        if twice:
            raise ValueError(f"{', '.join(map(repr, twice))} stands there more than once: name each once")
        return values

    @field_validator("routes")
    @classmethod
    def _routes_differ(cls, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        places = Counter((route.host, route.path, route.path_type == "Exact") for route in routes)
        for (host, path, _), times in places.items():
            if times > 1:
                raise ValueError(
                    f"{times} routes are at host {host or 'of the tenant'} and path {path!r}: keep one of them"
                )
        names = Counter(route.name for route in routes if route.name)
        for name, times in names.items():
            if times > 1:
                raise ValueError(f"{times} routes are named {name!r}: give each its own name, or none")
        return routes

    @field_validator("expires", mode="before")
    @classmethod
    def _is_a_moment(cls, value: object) -> object:
        """A number would be taken for seconds since 1970, and a date for a midnight somewhere."""
        moment = value
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                moment = None
        if value is not None and not (isinstance(moment, datetime) and moment.tzinfo):
            raise ValueError("give date, time and zone, for example '2027-03-31T18:00:00Z'")
        return moment

    @model_validator(mode="after")
    def _size_or_quota(self) -> Self:
        if (self.size is None) == (self.quota is None):
            given = "both are given" if self.size is not None else "neither is given"
            raise ValueError(f"give either size or quota ({given}), for example size='small'")
        return self

    @property
    def people(self) -> tuple[tuple[Role, str], ...]:
        """Everybody with a role here, owners first."""
        listed: tuple[tuple[Role, tuple[str, ...]], ...] = (
            ("owner", self.owners),
            ("editor", self.editors),
            ("viewer", self.viewers),
        )
        return tuple((role, person) for role, persons in listed for person in persons)

    def grant_json(self) -> str:
        """The platform's part, as it is stored in the Namespace's annotation `tenantkit.dev/grant`."""
        return canonical_json(self.to_stored(include=set(GRANT_FIELDS)))

    def team_json(self) -> str:
        """The team's part, as it is stored in the ConfigMap `tenantkit-tenant`."""
        return canonical_json(self.to_stored(include=set(TEAM_FIELDS)))

    @classmethod
    def from_parts(cls, grant_json: str, team_json: str | None, *, source: str) -> Self:
        """The tenant that two stored parts make.

        Args:
            grant_json: the text of the annotation `tenantkit.dev/grant`.
            team_json: the text in the ConfigMap; None when there is none (yet).
            source: where they are stored, for the error: `namespace 'vision'`.

        Raises:
            SpecVersionError: one of them was written by a newer tenantkit.
            InvalidSpecError: one of them is no JSON, or says what can't be.
        """
        grant = _stored_fields(grant_json, GRANT_FIELDS, source=f"the grant of {source}")
        team = _stored_fields(team_json, TEAM_FIELDS, source=f"the team's part of {source}") if team_json else {}
        return cls.from_stored({**team, **grant}, source=source)


def _stored_fields(text: str, fields: tuple[str, ...], *, source: str) -> dict[str, Any]:
    """One stored part's fields; only its own, so that the team's part can't rewrite the grant."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidSpecError(
            [Problem("json", text, f"is no JSON ({error}): plan and apply the tenant again")], source=source
        ) from None
    if not isinstance(data, dict):
        raise InvalidSpecError(
            [Problem("json", data, "is no JSON object: plan and apply the tenant again")], source=source
        )
    check_version(data.get("apiVersion"), source=source)
    return {key: value for key, value in data.items() if key in fields}

"""An edit: who is added or removed, and which routes.

It names persons and routes, never the whole list of either, so that two owners who edit one tenant at the same moment
do not undo each other's change. Rejected alternative: a Tenant with the new list, planned as a whole, which removes
whoever was added after the list was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Code, Hint
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.rules.routing import path_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.provision.content.members import Member
    from tenantkit.provision.content.namespace import Content
    from tenantkit.provision.content.team import TeamPart
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route
    from tenantkit.spec.tenant import Tenant


@dataclass(frozen=True, slots=True)
class TeamEdit:
    """What changes in the team's part of a tenant; everything else stays as it is.

    Args:
        tenant: its name.
        added: persons, each with the role to have.
        removed: persons, who lose every role in the tenant.
        routes: that shall exist.
        replaces: whether a route that is at the same host and path is changed. Default: no.
        without: the Ingresses and HTTPRoutes of routes that shall not exist.
        added_by: the user who adds, as the server sees them; kept on each new RoleBinding. Default: not kept.

    Example:
        >>> tk.plan_add_member(cluster, "speech", "sam@example.com").edit.added
        (Member(role='viewer', person='sam@example.com'),)
    """

    tenant: str
    added: tuple[Member, ...] = ()
    removed: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    replaces: bool = False
    without: tuple[ObjectRef, ...] = ()
    added_by: str | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Everyone whom it is about."""
        return frozenset({*self.removed, *(member.person for member in self.added)})

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the objects that it is about."""
        about = {"RoleBinding": self.persons, **dict.fromkeys(ROUTE_KINDS, self.routes or self.without)}
        return tuple(kind for kind, found in about.items() if found)


@dataclass(frozen=True, slots=True)
class TenantState:
    """A tenant as it is: its grant, and the objects of its members and routes.

    Args:
        tenant: its grant.
        live: the objects that were read.
        content: the same, as its namespace's.
        part: the members and routes.
        indexed: the RoleBinding of its members in the index; None if there is none, or if you may not read it.
    """

    tenant: Tenant
    live: LiveState
    content: Content
    part: TeamPart
    indexed: Manifest | None = None


def check_owners(edit: TeamEdit, tenant: Tenant) -> None:
    """Refuse an edit of an owner: owners may add and remove members, but the grant names the owners.

    Raises:
        InvalidSpecError: it names every such person.
    """
    rest = [person for person in tenant.owners if person not in edit.persons]
    may = Hint("an owner may do all that an editor may")
    code = Code("set_owners", {"tenant": tenant.name, "persons": rest})
    ask = Hint("{code} has the text that asks the platform team to change owners", {"code": code})
    hint = may.then(ask if rest else Hint("a tenant needs at least one owner"))
    problems = [
        Problem("person", person, f"is an owner of {tenant.name!r} by its grant", hint=hint)
        for person in sorted(edit.persons & set(tenant.owners))
    ]
    if problems:
        raise InvalidSpecError(problems)


def check_places(edit: TeamEdit, state: TenantState, platform: Platform, *, replaces: bool) -> None:
    """Refuse routes whose host, path or name another route of the tenant has.

    Args:
        edit: with the routes to add.
        state: of the tenant.
        platform: its settings.
        replaces: whether a route at the same host and path is replaced.

    Raises:
        InvalidSpecError: it names every such route.
    """
    problems = [problem for route in edit.routes for problem in _clashes(route, state, platform, replaces=replaces)]
    if problems:
        raise InvalidSpecError(problems)


def _clashes(route: Route, state: TenantState, platform: Platform, *, replaces: bool) -> Iterator[Problem]:
    tenant = state.tenant
    place = place_of(route, tenant, platform)
    for other in state.part.routes or ():
        name = other.object_name(platform.host(tenant, other))
        if place_of(other, tenant, platform) == place:
            if _target(other) != _target(route) and not replaces:
                reason = f"{place[0]}{place[1]} already leads to {other.service}:{other.port}"
                hint = Hint("choose another path, or pass replace=True")
                yield Problem("route", f"{route.service}:{route.port}", reason, hint=hint)
        elif name == route.name:
            reason = f"the route {platform.host(tenant, other)}{other.path} has this name: use another one, or none"
            yield Problem("name", route.name, reason)


def place_of(route: Route, tenant: Tenant, platform: Platform) -> tuple[str, str, bool]:
    """Host, path and whether the path is exact: no two routes have the same."""
    return platform.host(tenant, route), *path_key(route.path, route.path_type)


def _target(route: Route) -> tuple[object, ...]:
    return route.service, route.port, route.path_type

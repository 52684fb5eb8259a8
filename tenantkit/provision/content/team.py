"""The team's part of a tenant, read from its objects: RoleBindings of members, Ingresses and HTTPRoutes of routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.content.members import member_of
from tenantkit.provision.content.routes import all_routes_of, granted_hosts, routes_of, without_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.provision.content.members import Member
    from tenantkit.provision.content.namespace import Content
    from tenantkit.rules.manifest import ObjectRef
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route
    from tenantkit.spec.tenant import Tenant

TEAM_KINDS = ("RoleBinding", *ROUTE_KINDS)


@dataclass(frozen=True, slots=True)
class TeamPart:
    """The members and routes of a tenant.

    Args:
        editors: None if RoleBindings could not be read.
        viewers: the same.
        routes: None if Ingresses, or HTTPRoutes of a platform that makes them, could not be read.
        members: by the name of the RoleBinding; a member may have two while a tenant is frozen or thawed.
        objects: the routes' Ingresses and HTTPRoutes.
        granted: the tenant's hosts.
    """

    editors: tuple[str, ...] | None
    viewers: tuple[str, ...] | None
    routes: tuple[Route, ...] | None
    members: Mapping[str, Member] = field(default_factory=dict)
    objects: frozenset[ObjectRef] = frozenset()
    granted: frozenset[str] = frozenset()


def team_part(tenant: Tenant, platform: Platform, content: Content) -> TeamPart:
    """The team's part of a tenant.

    Args:
        tenant: its grant.
        platform: its settings.
        content: of its namespace.
    """
    editors = viewers = routes = None
    objects: frozenset[ObjectRef] = frozenset()
    by_binding: dict[str, Member] = {}
    if "RoleBinding" not in content.unknown:
        for binding in content.of_kind("RoleBinding"):
            member = member_of(binding, platform.people)
            if member is not None:
                by_binding[binding["metadata"]["name"]] = member
        members = sorted(set(by_binding.values()))
        editors = tuple(member.person for member in members if member.role == "editor")
        viewers = tuple(member.person for member in members if member.role == "viewer")
    if not content.unknown & needed_route_kinds(platform):
        found = all_routes_of(content.routes, tenant, platform, content.namespace)
        read = routes_of(found, tenant, platform)
        objects = frozenset(read)
        routes = tuple(
            sorted(
                without_twins(read, tenant, platform), key=lambda route: (route.host or "", route.path, route.path_type)
            )
        )
    granted = granted_hosts(tenant, platform, content.namespace)
    return TeamPart(editors, viewers, routes, by_binding, objects, granted)


def needed_route_kinds(platform: Platform) -> set[str]:
    """The kinds without which the routes of a tenant are not known.

    A platform that makes only Ingresses does not need HTTPRoutes: a cluster without the Gateway API also denies them to
    whoever has no permission for them.
    """
    return {"Ingress"} if platform.routing.by == "ingress" else set(ROUTE_KINDS)


def with_team(tenant: Tenant, part: TeamPart) -> Tenant:
    """The tenant with the fields that it leaves as they are filled in from what was read."""
    read = {"editors": part.editors, "viewers": part.viewers, "routes": part.routes}
    filled: dict[str, Any] = {
        name: value for name, value in read.items() if value is not None and getattr(tenant, name) is None
    }
    return tenant.with_(**filled) if filled else tenant

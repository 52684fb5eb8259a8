"""The team's part of a tenant, read from its objects: the members' RoleBindings and the routes' Ingresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tenantkit.provision.content.members import member_of
from tenantkit.provision.content.routes import granted_hosts, routes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.provision.content.members import Member
    from tenantkit.provision.content.namespace import Content
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route
    from tenantkit.spec.tenant import Tenant

TEAM_KINDS = ("RoleBinding", "Ingress")


@dataclass(frozen=True, slots=True)
class TeamPart:
    """The members and routes of a tenant.

    Args:
        editors: None if RoleBindings could not be read.
        viewers: the same.
        routes: None if Ingresses could not be read.
        members: by the name of the RoleBinding; a member may have two while a tenant is frozen or thawed.
        ingresses: the names of the routes' Ingresses.
        granted: the tenant's hosts.
    """

    editors: tuple[str, ...] | None
    viewers: tuple[str, ...] | None
    routes: tuple[Route, ...] | None
    members: Mapping[str, Member] = field(default_factory=dict)
    ingresses: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()


def team_part(tenant: Tenant, platform: Platform, content: Content) -> TeamPart:
    """The team's part of a tenant.

    Args:
        tenant: its grant.
        platform: its settings.
        content: of its namespace.
    """
    editors = viewers = routes = None
    ingresses: frozenset[str] = frozenset()
    by_binding: dict[str, Member] = {}
    if "RoleBinding" not in content.unknown:
        for binding in content.of_kind("RoleBinding"):
            member = member_of(binding, platform.people)
            if member is not None:
                by_binding[binding["metadata"]["name"]] = member
        members = sorted(set(by_binding.values()))
        editors = tuple(member.person for member in members if member.role == "editor")
        viewers = tuple(member.person for member in members if member.role == "viewer")
    if "Ingress" not in content.unknown:
        read = routes_of(content.of_kind("Ingress"), tenant, platform, content.namespace)
        ingresses = frozenset(read)
        routes = tuple(sorted(read.values(), key=lambda route: (route.host or "", route.path, route.path_type)))
    granted = granted_hosts(tenant, platform, content.namespace)
    return TeamPart(editors, viewers, routes, by_binding, ingresses, granted)


def with_team(tenant: Tenant, part: TeamPart) -> Tenant:
    """The tenant with the fields that it leaves as they are filled in from what was read."""
    read = {"editors": part.editors, "viewers": part.viewers, "routes": part.routes}
    filled: dict[str, Any] = {
        name: value for name, value in read.items() if value is not None and getattr(tenant, name) is None
    }
    return tenant.with_(**filled) if filled else tenant

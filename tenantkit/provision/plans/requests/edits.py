"""A request to the owners of a tenant, who change its members and routes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tenantkit.provision.plans.phrases import phrases
from tenantkit.provision.plans.requests.letter import Letter
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.edits.edit import TeamEdit
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route
    from tenantkit.spec.tenant import Tenant


def team_letter(plan: Plan, pending: Mapping[str, Sequence[PlanChange]]) -> Letter | None:
    """The letter to the owners of a tenant, who change its members and routes."""
    edit, [tenant] = plan.edit, plan.tenants
    if edit is None:
        return None
    commands = [f"tenantkit {command} --tenant {shlex.quote(tenant.name)}" for command in _edit_commands(edit)]
    return Letter(
        owners_or_team([tenant], plan.platform),
        f"change {'routes' if edit.routes or edit.without else 'members'} of tenant {tenant.name}",
        "Please make these changes:",
        tuple(phrase.text for its in pending.values() for phrase in phrases(its, ["not yours"])),
        ("To do so, run:", "", *commands),
    )


def owners_or_team(tenants: Sequence[Tenant], platform: Platform) -> str:
    """Who may change members and routes of these tenants; while one is frozen read-only, only the platform team."""
    team = platform_team(platform)
    if any(tenant.frozen == "read-only" for tenant in tenants):
        return team
    owners = (f"an owner of {tenant.name} ({', '.join(tenant.owners)})" for tenant in tenants)
    return f"{', '.join(owners)} or {team}"


def _edit_commands(edit: TeamEdit) -> Iterator[str]:
    for role in ("editor", "viewer"):
        persons = [shlex.quote(member.person) for member in edit.added if member.role == role]
        if persons:
            yield f"members add {' '.join(persons)} --role {role}"
    if edit.removed:
        yield f"members remove {' '.join(map(shlex.quote, edit.removed))}"
    yield from map(_route_command, edit.routes)
    if edit.without:
        yield f"routes remove {' '.join(map(shlex.quote, edit.without))}"


def _route_command(route: Route) -> str:
    kind = "" if route.path_type == "Prefix" else f" --path-type {route.path_type}"
    host = f" --host {shlex.quote(route.host)}" if route.host else ""
    return f"routes add {shlex.quote(f'{route.service}:{route.port}')} --path {shlex.quote(route.path)}{kind}{host}"

"""A request to the owners of a tenant, who change its members and routes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tenantkit.provision.plans.phrases import phrases
from tenantkit.provision.plans.requests.letter import Letter
from tenantkit.spec.people import platform_team, to_ask

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
    return Letter(
        owners_or_team([tenant], plan.platform),
        f"change {'routes' if edit.routes or edit.without else 'members'} of tenant {tenant.name}",
        "Please make these changes:",
        tuple(phrase.text for its in pending.values() for phrase in phrases(its, ["not yours"])),
        ("To do so, run:", "", *_edit_commands(edit)),
    )


def owners_or_team(tenants: Sequence[Tenant], platform: Platform) -> str:
    """Who may change members and routes of these tenants; while one is frozen read-only, only the platform team."""
    team = platform_team(platform)
    if any(tenant.frozen == "read-only" for tenant in tenants):
        return team
    owners = (f"an owner of {tenant.name} ({', '.join(to_ask(tenant.owners))})" for tenant in tenants)
    return f"{', '.join(owners)} or {team}"


def _edit_commands(edit: TeamEdit) -> Iterator[str]:
    at = f"--tenant {shlex.quote(edit.tenant)}"
    for role in ("editor", "viewer"):
        persons = [shlex.quote(member.person) for member in edit.added if member.role == role]
        if persons:
            yield f"tenantkit members add {' '.join(persons)} --role {role} {at}"
    if edit.removed:
        yield f"tenantkit members remove {' '.join(map(shlex.quote, edit.removed))} {at}"
    for route in edit.routes:
        yield _route_call(route, edit) if route.name else f"{_route_command(route)} {at}{' --replace' * edit.replaces}"
    if edit.without:
        yield f"tenantkit routes remove {' '.join(dict.fromkeys(shlex.quote(ref.name) for ref in edit.without))} {at}"


def _route_command(route: Route) -> str:
    kind = "" if route.path_type == "Prefix" else f" --path-type {route.path_type}"
    host = f" --host {shlex.quote(route.host)}" if route.host else ""
    service = shlex.quote(f"{route.service}:{route.port}")
    return f"tenantkit routes add {service} --path {shlex.quote(route.path)}{kind}{host}"


def _route_call(route: Route, edit: TeamEdit) -> str:
    """The call in Python: the command has no option for the name of a route's object."""
    fields = ", ".join(f"{field}={value!r}" for field, value in route.model_dump(exclude_defaults=True).items())
    return f"tk.add_route(cluster, {edit.tenant!r}, tk.Route({fields}){', replace=True' * edit.replaces})"

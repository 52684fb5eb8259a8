"""The request for all that the user may not do in a plan: nothing is sent and nothing is stored."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.content.team_objects import FIELDS_OF_KIND, is_of_team
from tenantkit.provision.hosts.visible import NOT_VISIBLE
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.plans.phrases import phrases
from tenantkit.provision.plans.requests.clean_up import clean_up_notes
from tenantkit.provision.plans.requests.edits import owners_or_team, team_letter
from tenantkit.provision.plans.requests.grants import differences, letter_of, new_hosts
from tenantkit.provision.plans.requests.letter import Letter, Request, first_notes
from tenantkit.provision.stored.tenants import is_protected, stored_tenant
from tenantkit.spec.people import platform_team
from tenantkit.spec.tenant import TEAM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.plans.requests.grants import HostNote
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant


def plan_request(plan: Plan) -> Request:
    """The request for all that the user may not do in a plan; empty if there is nothing of that sort."""
    letter = _signed_letter(plan)
    return Request(letter, plan if letter is not None else None)


def whom_to_ask(plan: Plan) -> str:
    """Who may make the changes of a plan that are not the user's: the platform team, or also a tenant's owners."""
    letter = _letter(plan)
    return platform_team(plan.platform) if letter is None else letter.to


def asked_of(plan: Plan, *, is_pending: bool) -> dict[str, str]:
    """Who may make the changes of a plan that are left to them, and the text to send; for a report."""
    letter = _signed_letter(plan) if is_pending else None
    if letter is None:
        return {"team": platform_team(plan.platform), "request": ""}
    return {"team": letter.to, "request": Request(letter, plan)}


def _signed_letter(plan: Plan) -> Letter | None:
    letter = _letter(plan)
    return None if letter is None else replace(letter, sender=plan.sender, first=first_notes(plan.notices))


def _letter(plan: Plan) -> Letter | None:
    mine: dict[str, list[PlanChange]] = {}
    for change in plan.changes:
        if change.tenant is not None and not is_in_index(change.ref):  # the index follows from the members
            mine.setdefault(change.tenant, []).append(change)
    pending = {name: its for name, its in mine.items() if any(map(_is_asked_for, its))}
    if not pending:
        return None
    match plan.subject:
        case "deletion" | "release" as subject:
            return _end_of_tenants(subject, pending, plan)
        case "team":
            return team_letter(plan, pending)
        case _:
            return _grants(pending, plan)


def _is_asked_for(change: PlanChange) -> bool:
    return change.action == "not yours" or _is_unread(change)


def _is_unread(change: PlanChange) -> bool:
    """Whether a Namespace may not be read, so that it is not known whether the tenant exists."""
    return change.action == "unknown" and change.ref.kind == "Namespace" and change.live is None


def _grants(pending: Mapping[str, Sequence[PlanChange]], plan: Plan) -> Letter | None:
    """The letter for new tenants and changed ones, and for the adoption of namespaces."""
    by_name = {tenant.name: tenant for tenant in plan.tenants}
    lines: dict[str, list[str]] = {}
    notes: list[str] = []
    asked: list[Tenant] = []
    is_new, is_unsure, is_grant = True, False, False
    for name, changes in pending.items():
        if name not in by_name:
            continue
        live = next((it.live for it in changes if it.ref.kind == "Namespace"), None)
        wanted, current = by_name[name], _stored(live)
        team = [field for field in TEAM_FIELDS if current is None or field in _team_fields(changes)]
        words = list(differences(wanted, current, plan.platform))
        notes += new_hosts(wanted, current, _note_in(changes))
        is_grant = is_grant or current is None or bool(words) or not _is_about_team(changes)
        words += [] if current is None else _team_words(changes)
        lines[name] = words or [phrase.text for phrase in phrases(changes, ["not yours"])]
        asked.append(wanted.with_(**{field: None for field in TEAM_FIELDS if field not in team}))
        is_new = is_new and live is None
        is_unsure = is_unsure or any(map(_is_unread, changes))
    letter = letter_of(lines, asked, plan.platform, is_new=is_new, is_unsure=is_unsure)
    if letter is None:
        return None
    to = letter.to if is_grant else owners_or_team([it for it in asked if lines[it.name]], plan.platform)
    letter = replace(letter, to=to, notes=tuple(notes))
    if plan.subject != "adoption":
        return letter
    steps = (letter.steps[0].replace("tenantkit apply", "tenantkit adopt"), *letter.steps[1:])
    subject = f"adopt {', '.join(lines)}"
    return replace(letter, subject=subject, opening="Please make these namespaces tenants:", steps=steps)


def _end_of_tenants(subject: str, pending: Mapping[str, Sequence[PlanChange]], plan: Plan) -> Letter:
    """The letter for the deletion or the release of tenants."""
    command = "delete" if subject == "deletion" else "release"
    protected = [name for name, changes in pending.items() if _is_protected(name, changes, plan)]
    words = {
        name: [phrase.text for phrase in phrases(changes, ["not yours"])]
        + (["it is protected: first apply it with `protected: false`"] if name in protected else [])
        for name, changes in pending.items()
    }
    names = " ".join(map(shlex.quote, pending))
    confirmed = ", and confirm as it says" if command == "delete" else ""
    plural = "s" * (len(pending) > 1)
    return Letter(
        platform_team(plan.platform),
        f"{command} tenant{plural} {', '.join(pending)}",
        f"Please {command} {'these tenants' if plural else 'this tenant'}:",
        tuple(f"{name}: {line}" if plural else line for name, its in words.items() for line in its),
        (f"To do so, run `tenantkit {command} {names}`{confirmed}.",),
        notes=clean_up_notes(plan.notices),
    )


def _note_in(changes: Sequence[PlanChange]) -> HostNote:
    """What a plan says about new hosts: whether they were checked."""
    is_checked = not any(_is_unread(it) or row.code == "hosts-not-checked" for it in changes for row in it.rows)
    return lambda _: "" if is_checked else NOT_VISIBLE


def _team_fields(changes: Sequence[PlanChange]) -> set[str]:
    """The fields of the team's part that the user may not change either."""
    kinds = {change.ref.kind for change in changes if change.action == "not yours" and is_of_team(change)}
    return {field for kind, fields in FIELDS_OF_KIND.items() if kind in kinds for field in fields}


def _is_about_team(changes: Sequence[PlanChange]) -> bool:
    """Whether all that is asked for are changes of members and routes, which owners may make."""
    return all(is_of_team(it) for it in changes if _is_asked_for(it))


def _team_words(changes: Sequence[PlanChange]) -> list[str]:
    """The changes of members and routes that the user may not make; owners are part of the grant."""
    team = [it for it in changes if is_of_team(it)]
    return [phrase.text for phrase in phrases(team, ["not yours"])]


def granted_in(plan: Plan) -> dict[str, Tenant]:
    """The tenants of a plan as they are granted now, by name; without new ones."""
    if plan.subject not in ("tenants", "adoption"):
        return {tenant.name: tenant for tenant in plan.tenants}
    namespaces = {it.tenant: it.live for it in plan.changes if it.ref.kind == "Namespace" and it.tenant is not None}
    stored = {name: _stored(live) for name, live in namespaces.items()}
    return {name: tenant for name, tenant in stored.items() if tenant is not None}


def _stored(live: Manifest | None) -> Tenant | None:
    """The tenant as it is granted; None if there is no grant that can be read."""
    if live is None or GRANT_ANNOTATION not in (live["metadata"].get("annotations") or {}):
        return None
    try:
        return stored_tenant(live)
    except (InvalidSpecError, SpecVersionError):
        return None


def _is_protected(name: str, changes: Sequence[PlanChange], plan: Plan) -> bool:
    if any(tenant.name == name and tenant.protected for tenant in plan.tenants):
        return True
    live = next((it.live for it in changes if it.ref.kind == "Namespace"), None)
    return _stored(live) is not None and live is not None and is_protected(live)

"""An edit against the live objects: the changes of those that it is about, and of no others. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.manifests.access import make_bindings, make_subject
from tenantkit.manifests.labels import PERSON_ANNOTATION, own_labels
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.routes import ROUTE_KINDS, make_routes
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.changes import blocked, changes
from tenantkit.provision.content.members import Member, person_of, role_of, with_adders
from tenantkit.provision.content.routes import all_routes_of, check_served
from tenantkit.provision.content.unwanted import Unwanted
from tenantkit.provision.edits.edit import place_of
from tenantkit.provision.edits.reasons import (
    MEMBER_REMOVED,
    ROLE_CHANGED,
    ROUTE_MOVED,
    ROUTE_REMOVED,
    host_not_granted,
    still_bound,
)
from tenantkit.provision.index.members import with_subjects
from tenantkit.provision.lifecycle import terminating
from tenantkit.provision.live import live_state
from tenantkit.provision.reasons import being_deleted_with, kept_by_finalizers
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.content.namespace import Content
    from tenantkit.provision.content.team import TeamPart
    from tenantkit.provision.edits.edit import TeamEdit, TenantState
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.route import Route


def compare_edit(edit: TeamEdit, state: TenantState, platform: Platform) -> list[PlanChange]:
    """The changes of an edit; first what is added, then what is removed, then what else names a removed person.

    Args:
        edit: what changes.
        state: of the tenant.
        platform: its settings.

    Raises:
        NotFound: the platform routes by a Gateway, and the cluster has no HTTPRoutes.
    """
    content, name = state.content, state.tenant.name
    wanted = [*_bindings(edit, state, platform), *_routes(edit, state, platform)]
    check_served(wanted, state.live, platform)
    kept = {ref_of(manifest) for manifest in wanted}
    present = [manifest for manifest in content.objects if ref_of(manifest) not in kept]
    unwanted = [found for manifest in present for found in _unwanted(manifest, edit, state, platform)]
    ordered = sorted(unwanted, key=lambda found: not found.is_deleted)
    planned = changes(wanted, state.live, tenant=name, unwanted=ordered)
    planned += _listed(edit, state, platform)
    namespace = content.namespace or {}
    if namespace.get("metadata", {}).get("deletionTimestamp"):
        return [blocked(change, terminating(namespace, name)) for change in planned]
    return [_with_checked_host(change, content, platform) for change in planned]


def _listed(edit: TeamEdit, state: TenantState, platform: Platform) -> list[PlanChange]:
    """The change of the tenant's members in the index, where that was read."""
    if state.indexed is None or not edit.persons:
        return []
    added = [make_subject(member.person, platform.people) for member in edit.added]
    removed = [make_subject(person, platform.people) for person in edit.removed]
    live = {key: state.indexed[key] for key in ("apiVersion", "kind", "roleRef", "subjects") if key in state.indexed}
    metadata = {key: state.indexed["metadata"][key] for key in ("name", "namespace")}
    wanted = with_subjects(live | {"metadata": metadata | {"labels": own_labels(edit.tenant)}}, added, removed)
    return changes([wanted], live_state([state.indexed]), tenant=edit.tenant)


def index_changes(edit: TeamEdit, state: TenantState, platform: Platform) -> list[PlanChange]:
    """The change of the index by the roles that the persons of an edit have now, whoever gave or took them."""
    bound = {member.person: member for member in state.part.members.values()} | {
        person: Member("owner", person) for person in state.tenant.owners
    }
    added = tuple(bound[person] for person in sorted(edit.persons & bound.keys()))
    return _listed(replace(edit, added=added, removed=tuple(sorted(edit.persons - bound.keys()))), state, platform)


def _bindings(edit: TeamEdit, state: TenantState, platform: Platform) -> list[Manifest]:
    """The RoleBindings of the added members, with the note of who added them."""
    by_role: dict[str, list[str]] = {"editor": [], "viewer": []}
    for member in edit.added:
        by_role[member.role].append(member.person)
    added = state.tenant.with_(editors=by_role["editor"], viewers=by_role["viewer"])
    made = [binding for binding in make_bindings(added, platform) if _person(binding) in edit.persons]
    return with_adders(made, state.content.of_kind("RoleBinding"), edit.added_by)


def _person(binding: Manifest) -> str:
    return str(binding["metadata"]["annotations"][PERSON_ANNOTATION])


def _routes(edit: TeamEdit, state: TenantState, platform: Platform) -> list[Manifest]:
    """The objects of the added routes; a route at the place of another one takes that one's name."""
    tenant = state.tenant
    names = {
        place_of(route, tenant, platform): route.object_name(platform.host(tenant, route))
        for route in state.part.routes or ()
    }
    routes: list[Route] = []
    for route in edit.routes:
        name = names.get(place_of(route, tenant, platform))
        routes.append(route if name is None else route.with_(name=name))
    return make_routes(tenant.with_(routes=routes), platform)


def _unwanted(manifest: Manifest, edit: TeamEdit, state: TenantState, platform: Platform) -> Iterator[Unwanted]:
    part = state.part
    why = _why_removed(manifest, edit, state, platform)
    if why is not None:
        finalizers = manifest["metadata"].get("finalizers") or ()
        if manifest["metadata"].get("deletionTimestamp"):
            yield Unwanted(manifest, being_deleted_with(finalizers))
        else:
            yield Unwanted(manifest, kept_by_finalizers(finalizers) if finalizers else why, is_deleted=True)
    if manifest["kind"] == "RoleBinding":
        about = _persons_of(manifest, platform, part)
        for person in sorted(edit.persons & about):
            yield from _other_binding(manifest, person, about, edit, part)


def _why_removed(manifest: Manifest, edit: TeamEdit, state: TenantState, platform: Platform) -> Reason | None:
    """Why an object of a route is deleted: its route is removed, or set again by an object of another kind."""
    ref = ref_of(manifest)
    if ref in edit.without:
        return ROUTE_REMOVED
    if ref not in state.part.objects or ref.kind in platform.routing.kinds:
        return None
    [route] = all_routes_of([manifest], state.tenant, platform, state.content.namespace).values()
    places = {place_of(it, state.tenant, platform) for it in edit.routes if not any(platform.routing.misfits(it))}
    return ROUTE_MOVED if place_of(route, state.tenant, platform) in places else None


def _persons_of(binding: Manifest, platform: Platform, part: TeamPart) -> frozenset[str | None]:
    """Everyone in a RoleBinding; None stands for subjects that no text of a person has."""
    member = part.members.get(binding["metadata"]["name"])
    if member is not None and len(binding.get("subjects") or ()) == 1:
        return frozenset({member.person})
    return frozenset(person_of(subject, platform.people) for subject in binding.get("subjects") or ())


def _other_binding(
    binding: Manifest, person: str, about: frozenset[str | None], edit: TeamEdit, part: TeamPart
) -> Iterator[Unwanted]:
    """What becomes of a RoleBinding beside the wanted one of a person: deleted if it gives nothing to anybody else."""
    member = part.members.get(binding["metadata"]["name"])
    role = role_of(binding) if member is None else member.role
    wanted = next((added.role for added in edit.added if added.person == person), None)
    if role is not None and role == wanted:
        return
    if role is not None and len(about) == 1:
        yield Unwanted(binding, MEMBER_REMOVED if wanted is None else ROLE_CHANGED, is_deleted=True)
    elif wanted is None or role is not None:
        yield Unwanted(binding, still_bound(person, binding))


def _with_checked_host(change: PlanChange, content: Content, platform: Platform) -> PlanChange:
    """Blocked if the grant on the cluster lacks the host: the guardrails would refuse it."""
    granted = hosts_of(content.namespace)
    if change.ref.kind not in ROUTE_KINDS or change.action not in ("create", "update"):
        return change
    missing = [it.host for it in served_paths(change.wanted) if it.host is not None and it.host not in granted]
    return blocked(change, host_not_granted(missing[0], platform_team(platform))) if missing else change

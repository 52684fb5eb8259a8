"""What two owners wrote at the same moment: one place leads to one service, and one person has one role.

Each of two who add looks again after its own write, so the later one finds what the earlier one made. A role of the
later one takes the place of the earlier one's, as if it had been planned after it. A route of the later one is taken
back, since whoever adds a route does not replace another. Both of two stay if they were made in the same second and a
controller wrote to one of them before the later owner looked: better two of them than none. Rejected alternatives: the
`uid` to decide about one second, since who made the first one may have looked before the second one was there; a lock
object, which a killed kernel leaves behind.
Source: page "Kubernetes API Concepts", section "Resource versions": a version is that of the last write of an object,
and of one kind a later write has a greater one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, TenantKitError
from tenantkit.hints import Message
from tenantkit.provision.content.routes import all_routes_of
from tenantkit.provision.edits.compare import index_changes
from tenantkit.provision.edits.edit import place_of
from tenantkit.provision.edits.reasons import added_meanwhile
from tenantkit.provision.edits.remake import read_state
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.plans.places import reached
from tenantkit.provision.reasons import Reason, failed
from tenantkit.provision.writes import carry_out
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.edits.edit import TeamEdit, TenantState
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.platform import Platform


def settled(cluster: ClusterApi, edit: TeamEdit, plan: Plan, report: Report) -> Report:
    """The report of an edit, after what others wrote at the same moment was settled.

    Args:
        cluster: the cluster.
        edit: what was carried out.
        plan: of it.
        report: of it. A route that was taken back is among `failed`.

    RBAC: that of the edit.
    """
    made = [it for it in report.applied if it.action in ("create", "delete") and not is_in_index(it.ref)]
    if not made:
        return report
    is_listed = any(is_in_index(it.ref) for it in (*report.applied, *report.unchanged))
    created = {it.ref for it in made if it.action == "create"}
    taken_back: dict[ObjectRef, Reason] = {}
    try:
        _settle(cluster, edit, plan.platform, created, taken_back, is_listed=is_listed)
    except TenantKitError as error:  # the objects are written, so this goes into the report
        text = Message("what others wrote at the same time was not checked: {error}", {"error": failed(error).text})
        report = replace(report, warnings=(*report.warnings, Reason("not-checked", text)))
    return _without(report, plan, taken_back) if taken_back else report


def _without(report: Report, plan: Plan, taken_back: Mapping[ObjectRef, Reason]) -> Report:
    """The report of a plan once some of its objects were deleted again: they failed, and it means the rest."""
    lost = [replace(it, why=taken_back[it.ref]) for it in report.applied if it.ref in taken_back]
    applied = tuple(it for it in report.applied if it.ref not in taken_back)
    done = {it.ref for it in applied}
    urls, hostnames = reached(plan.changes, done | {it.ref for it in report.unchanged})
    return replace(
        report,
        applied=applied,
        failed=(*report.failed, *lost),
        urls=urls,
        hostnames=hostnames,
        headlines=plan.headlines_of(done),
    )


def _settle(  # noqa: PLR0913 (`taken_back` is filled step by step, so that an error loses nothing)
    cluster: ClusterApi,
    edit: TeamEdit,
    platform: Platform,
    created: Collection[ObjectRef],
    taken_back: dict[ObjectRef, Reason],
    *,
    is_listed: bool,
) -> None:
    """Look again, and put each route that is taken back into `taken_back`, with the reason."""
    state = read_state(cluster, edit.tenant, platform, edit.kinds)
    own = [manifest for manifest in state.content.objects if ref_of(manifest) in created]
    for other in _former_roles(own, state):
        _delete(cluster, other)
    for change in index_changes(edit, state, platform) if is_listed else ():
        if change.action == "update":
            carry_out(cluster, change)
    for manifest, place in _second_routes(own, state, platform):
        _delete(cluster, manifest)
        taken_back[ref_of(manifest)] = added_meanwhile(place)


def _delete(cluster: ClusterApi, manifest: Manifest) -> None:
    with suppress(NotFound):  # another owner was faster
        cluster.delete(ref_of(manifest), uid=manifest["metadata"]["uid"])


def _former_roles(own: list[Manifest], state: TenantState) -> Iterator[Manifest]:
    """The RoleBindings that others made for the added persons before ours, after we had read the members."""
    members = state.part.members
    made = {members[it["metadata"]["name"]].person: it for it in own if it["metadata"]["name"] in members}
    for binding in state.content.of_kind("RoleBinding"):
        member = members.get(binding["metadata"]["name"])
        mine = made.get(member.person) if member is not None else None
        # one that names others as well stays, as in a plan
        if mine is not None and len(binding.get("subjects") or ()) == 1 and _is_before(binding, mine):
            yield binding


def _second_routes(
    own: list[Manifest], state: TenantState, platform: Platform
) -> Iterator[tuple[Manifest, tuple[str, str]]]:
    """The objects that we made at a place at which another route was made before, with host and path.

    Where a route has an Ingress and an HTTPRoute, one kind decides about both, so that one of two owners keeps both.
    """
    objects = {ref_of(manifest): manifest for manifest in state.content.routes}
    routes = all_routes_of(objects.values(), state.tenant, platform, state.content.namespace)
    places = {ref: place_of(route, state.tenant, platform) for ref, route in routes.items()}
    mine = [ref for manifest in own if (ref := ref_of(manifest)) in places]
    deciding = [ref for ref in places if ref.kind == platform.routing.kinds[0]]
    lost = {
        places[ref]
        for ref in mine
        if ref in deciding
        and any(places[it] == places[ref] and _is_before(objects[it], objects[ref]) for it in deciding)
    }
    yield from ((objects[ref], places[ref][:2]) for ref in mine if places[ref] in lost)


def _is_before(other: Manifest, mine: Manifest) -> bool:
    """Whether another object was made before ours; never of both sides, whenever each of them looks.

    The version of an object that nobody has written to again is that of its creation, and every other version is at
    least that; otherwise the time of creation decides, in seconds.
    """
    if _is_as_made(mine):
        if int(other["metadata"]["resourceVersion"]) < int(mine["metadata"]["resourceVersion"]):
            return True
        if _is_as_made(other):
            return False
    return str(other["metadata"]["creationTimestamp"]) < str(mine["metadata"]["creationTimestamp"])


def _is_as_made(manifest: Manifest) -> bool:
    """Whether only one writer has an object: a controller that wrote its status is a second one."""
    return len(manifest["metadata"].get("managedFields") or ()) == 1

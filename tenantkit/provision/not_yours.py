"""Changes that somebody else must make: wanted, but the user has no permission for them.

The server is asked. Whoever may change all Namespaces is the platform, and is asked about nothing else, so that a plan
of a hundred tenants costs one question. Others are asked for each kind in each namespace. A yes is not a promise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tenantkit.cluster.lists import kind_at
from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import PermissionDenied
from tenantkit.hints import Hint
from tenantkit.manifests.claims import is_claim
from tenantkit.manifests.extra_objects import is_copy, is_extra
from tenantkit.manifests.index import is_indexed_member
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.changes import PlanRow
from tenantkit.provision.content.team_objects import is_of_team, owners_of_team
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.reasons import NOT_COMPARED, host_not_yours, not_yours
from tenantkit.rules.kinds import KINDS
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import PlanAction, PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

# verb, kind, namespace, name
_Question = tuple[str, "str | Kind", str | None, str | None]
_VERBS = {"create": ("create", "patch"), "update": ("patch",), "conflict": ("patch",), "delete": ("delete",)}

_VERBS_OF_CLAIMS = {"create": ("create",), "update": ("delete", "create"), "delete": ("delete",)}


def with_others_marked(
    cluster: ClusterApi, changes: Sequence[PlanChange], platform: Platform, tenants: Sequence[Tenant] = ()
) -> list[PlanChange]:
    """The changes; those that the user may not make have the action `not yours`, and name whom to ask.

    Args:
        cluster: the cluster.
        changes: of a plan.
        platform: its settings.
        tenants: the planned tenants, whose owners may change members and routes. Default: only the platform may.

    RBAC: create selfsubjectaccessreviews, which any signed-in user may.
    """
    if all(change.action not in _VERBS and not _is_unread_extra(change) for change in changes) or cluster.can(
        "patch", "Namespace"
    ):
        return list(changes)
    team = platform_team(platform)
    changes = [_unread(change, not_yours(team)) if _is_unread_extra(change) else change for change in changes]
    questions = list(dict.fromkeys(question for change in changes for question in _questions(cluster, change)))
    answers = side_by_side(lambda it: cluster.can(it[0], it[1], namespace=it[2], name=it[3]), questions)
    allowed = {question for question, is_allowed in zip(questions, answers, strict=True) if is_allowed}
    others = {change.ref for change in changes if not allowed.issuperset(_questions(cluster, change))}
    pending = {change.ref.name: change for change in changes if change.ref in others and change.ref.kind == "Namespace"}
    owned = {tenant.name: owners_of_team(tenant, team) for tenant in tenants}
    waiting = {change.tenant for change in pending.values()}
    # an owner who may change members, but not the index, needs the platform for that
    asked = {change.tenant for change in changes if change.ref in others and is_of_team(change)}
    marked: list[PlanChange] = []
    for change in changes:
        # what depends on the grant is asked for together with it
        depends = _depends(change, pending.get(change.ref.namespace or ""))
        depends = depends or (is_claim(change.ref) and change.tenant in waiting)
        is_owners = is_of_team(change) or (change.tenant in asked and is_indexed_member(change.wanted or {}))
        theirs = owned.get(change.tenant or "") if is_owners and not depends else None
        marked.append(_marked(change, team, theirs) if depends or change.ref in others else change)
    return marked


def others_to_delete(cluster: ClusterApi, names: Sequence[str], namespaces: Sequence[Manifest]) -> list[str]:
    """The tenants that only somebody else may delete; whoever may delete all Namespaces is asked nothing else."""
    if cluster.can("delete", "Namespace"):
        return []
    ids = [namespace["metadata"]["name"] for namespace in namespaces]
    answers = side_by_side(lambda name: cluster.can("delete", "Namespace", name=name), ids)
    return [name for name, is_allowed in zip(names, answers, strict=True) if not is_allowed]


def check_may_delete(others: Sequence[str], platform: Platform) -> None:
    """Refuse the deletion of tenants that only somebody else may delete.

    Raises:
        PermissionDenied: it names them, and whom to ask.
    """
    if others:
        listed = ", ".join(map(repr, others))
        team = {"team": platform_team(platform)}
        raise PermissionDenied(
            f"you may not delete tenant{'s' * (len(others) > 1)} {listed}; nothing was deleted",
            status=403,
            kind="Namespace",
            operation="delete",
            hint=Hint("only {team} may delete a tenant; {plan_delete_tenants} has the text to send", team),
        )


def as_planned(changes: Sequence[PlanChange], earlier: Sequence[PlanChange]) -> list[PlanChange]:
    """The changes, planned again; extra objects and copies that the user could not read stay as they were marked."""
    marked = {change.ref: change for change in earlier if change.action in ("not yours", "unchanged")}
    return [marked.get(change.ref, change) if _is_unread_extra(change) else change for change in changes]


def _is_unread_extra(change: PlanChange) -> bool:
    """Whether an extra object or a copy is unknown, since its kind or its source may not be read."""
    if change.action != "unknown":
        return False
    return change.rows[0].code == "source-not-readable" or is_extra(change.wanted or {})


def _unread(change: PlanChange, pending: Reason) -> PlanChange:
    """Only the platform knows whether it is current, and only the platform makes it."""
    is_there = change.live is not None and is_copy(change.live)
    action: PlanAction = "unchanged" if is_there else "not yours"
    why = NOT_COMPARED if is_there else pending
    return replace(change, action=action, rows=(PlanRow(action, change.ref, why=why),))


def _place(cluster: ClusterApi, ref: ObjectRef) -> str | Kind:
    return ref.kind if ref.kind in KINDS else kind_at(cast("Cluster", cluster), ref.api_version, ref.kind)


def _questions(cluster: ClusterApi, change: PlanChange) -> Iterator[_Question]:
    ref = change.ref
    for verb in (_VERBS_OF_CLAIMS if is_claim(ref) else _VERBS).get(change.action, ()):
        # a permission to create cannot be given by name
        is_by_name = ref.kind == "Namespace" or is_in_index(ref)
        name = ref.name if is_by_name and verb != "create" else None
        yield verb, _place(cluster, ref), ref.namespace, name


def _depends(change: PlanChange, namespace: PlanChange | None) -> bool:
    """Whether a change needs a pending change of its Namespace: its creation, or the grant of a host."""
    if namespace is None or change.action not in _VERBS:
        return False
    if namespace.action == "create":
        return True
    return not _hosts(change.wanted) <= set(hosts_of(namespace.live))


def _hosts(manifest: Manifest | None) -> set[str]:
    return {served.host for served in served_paths(manifest) if served.host is not None}


def _marked(change: PlanChange, team: str, theirs: Reason | None) -> PlanChange:
    rows = tuple(
        replace(row, action="not yours", why=theirs or _why(row, team)) if row.action in _VERBS else row
        for row in change.rows
    )
    return replace(change, action="not yours", rows=rows)


def _why(row: PlanRow, team: str) -> Reason:
    is_unchecked = row.ref.kind == "Namespace" and row.code == "hosts-not-checked"
    return host_not_yours(team) if is_unchecked else not_yours(team)

"""Changes that somebody else must make: wanted, but the user has no permission for them.

The server is asked. Whoever may change all Namespaces is the platform, and is asked about nothing else, so that a plan
of a hundred tenants costs one question. Others are asked for each kind in each namespace. A yes is not a promise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.provision.hosts.moves import hosts_of
from tenantkit.provision.reasons import NOT_YOURS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest

# verb, kind, namespace, name
_Question = tuple[str, str, str | None, str | None]
_VERBS = {"create": ("create", "patch"), "update": ("patch",), "conflict": ("patch",), "delete": ("delete",)}


def with_others_marked(cluster: ClusterApi, changes: Sequence[PlanChange]) -> list[PlanChange]:
    """The changes; those that the user may not make have the action `not yours`.

    RBAC: create selfsubjectaccessreviews, which any signed-in user may.
    """
    if not any(change.action in _VERBS for change in changes) or cluster.can("patch", "Namespace"):
        return list(changes)
    questions = list(dict.fromkeys(question for change in changes for question in _questions(change)))
    answers = side_by_side(lambda it: cluster.can(it[0], it[1], namespace=it[2], name=it[3]), questions)
    allowed = {question for question, is_allowed in zip(questions, answers, strict=True) if is_allowed}
    others = {change.ref for change in changes if not allowed.issuperset(_questions(change))}
    pending = {change.ref.name: change for change in changes if change.ref in others and change.ref.kind == "Namespace"}
    return [
        _marked(change) if change.ref in others or _depends(change, pending.get(change.ref.namespace or "")) else change
        for change in changes
    ]


def _questions(change: PlanChange) -> Iterator[_Question]:
    ref = change.ref
    for verb in _VERBS.get(change.action, ()):
        # a permission to create cannot be given by name
        name = ref.name if ref.kind == "Namespace" and verb != "create" else None
        yield verb, ref.kind, ref.namespace, name


def _depends(change: PlanChange, namespace: PlanChange | None) -> bool:
    """Whether a change needs a pending change of its Namespace: its creation, or the grant of a host."""
    if namespace is None or change.action not in _VERBS:
        return False
    if namespace.action == "create":
        return True
    return not _hosts(change.wanted) <= set(hosts_of(namespace.live))


def _hosts(manifest: Manifest | None) -> set[str]:
    if manifest is None or manifest["kind"] != "Ingress":
        return set()
    return {rule["host"] for rule in manifest["spec"]["rules"]}


def _marked(change: PlanChange) -> PlanChange:
    rows = tuple(
        replace(row, action="not yours", why=NOT_YOURS) if row.action in _VERBS else row for row in change.rows
    )
    return replace(change, action="not yours", rows=rows)

"""Server-side dry run of a plan: quotas, policies, RBAC and Pod Security are checked by the server.

Each change is sent as it would be applied, with `dryRun=All`, and nothing is stored. Objects in a namespace that does
not exist yet cannot be checked, and their rows say so. Source: page "Kubernetes API Concepts", section "Dry-run".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.http.warnings import collected_warnings
from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import (
    BadRequest,
    Conflict,
    PermissionDenied,
    Rejected,
    StalePlanError,
    StoredDifferentlyError,
)
from tenantkit.manifests.claims import is_claim
from tenantkit.provision.answers import check_answer
from tenantkit.provision.changes import blocked
from tenantkit.provision.extras.contents import CopyContents, shown
from tenantkit.provision.reasons import LOCAL_ONLY, denied
from tenantkit.provision.running.warnings import warned
from tenantkit.provision.writes import is_replaced, takes_back, to_send
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi


_NEEDED = ("Namespace", "Role")


def check_on_server(cluster: ClusterApi, changes: Sequence[PlanChange]) -> list[PlanChange]:
    """The same changes, `blocked` where the server would refuse them, and `local-only` where it cannot check them.

    A warning of the server is the reason of a change without another one.
    """
    absent = {change.ref for change in changes if change.ref.kind in _NEEDED and change.action == "create"}
    contents = CopyContents(cluster)
    return side_by_side(lambda change: _check(cluster, change, absent, contents), changes)


def _check(
    cluster: ClusterApi, change: PlanChange, absent: AbstractSet[ObjectRef], contents: CopyContents
) -> PlanChange:
    if change.action not in ("create", "update", "delete"):
        return change
    is_passed_on = is_claim(change.ref) and change.action == "update"
    if not absent.isdisjoint(_needed(change)) or is_replaced(change) or is_passed_on:
        return replace(change, rows=tuple(replace(row, why=row.why or LOCAL_ONLY) for row in change.rows))
    try:
        with collected_warnings() as texts:
            _send(cluster, change, contents)
    except (PermissionDenied, Rejected, BadRequest, Conflict, StalePlanError, StoredDifferentlyError) as error:
        return blocked(change, denied(error))
    if not texts:
        return change
    why = warned("; ".join(texts)) if len(texts) > 1 else warned(texts[0])
    return replace(change, rows=tuple(replace(row, why=row.why or why) for row in change.rows))


def _needed(change: PlanChange) -> Iterator[ObjectRef]:
    """The objects without which the server would refuse a change: its namespace, and the Role that it binds."""
    if change.ref.namespace is not None:
        yield ObjectRef("v1", "Namespace", change.ref.namespace)
    role = (change.wanted or {}).get("roleRef") or {}
    if role.get("kind") == "Role":
        yield ObjectRef(change.ref.api_version, "Role", role["name"], change.ref.namespace)


def _send(cluster: ClusterApi, change: PlanChange, contents: CopyContents) -> None:
    if change.wanted is None:
        cluster.delete(change.ref, dry_run=True)
    else:
        sent = to_send(replace(change, wanted=contents.filled(change.wanted)))
        answer = cluster.apply(sent, dry_run=True, force=takes_back(change))
        check_answer(shown(sent), shown(answer, sent), change.live)

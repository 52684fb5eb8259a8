"""Ask the server what it would say to a plan: its quotas, policies, RBAC and Pod Security know more than we do.

Each change is sent as it would be applied, with `dryRun=All`: nothing is stored. What lies in a namespace that is not
there yet can't be asked, and the plan says so. Source: page "Kubernetes API Concepts", section "Dry-run".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import BadRequest, Conflict, PermissionDenied, Rejected
from tenantkit.provision.changes import blocked
from tenantkit.provision.writes import to_send

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import Change
    from tenantkit.provision.plan import Plan

LOCAL_ONLY = "local only"


def check_on_server(cluster: Cluster, plan: Plan) -> Plan:
    """The same plan with the server's denials as `blocked` rows, and `local only` where it could not be asked."""
    absent = {
        change.ref.name for change in plan.changes if change.ref.kind == "Namespace" and change.action == "create"
    }
    checked = side_by_side(lambda change: _check(cluster, change, absent), plan.changes)
    return replace(plan, changes=tuple(checked))


def _check(cluster: Cluster, change: Change, absent: set[str]) -> Change:
    if change.action not in ("create", "update", "delete"):
        return change
    if change.ref.namespace in absent:
        rows = tuple(replace(row, reason=row.reason or LOCAL_ONLY) for row in change.rows)
        return replace(change, rows=rows)
    try:
        if change.wanted is None:
            cluster.delete(change.ref, dry_run=True)
        else:
            cluster.apply(to_send(change), dry_run=True)
    except (PermissionDenied, Rejected, BadRequest, Conflict) as error:
        return blocked(change, str(error))
    return change

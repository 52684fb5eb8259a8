"""Whether a plan still holds: made on this cluster, for its platform, from the live objects as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import StalePlanError
from tenantkit.provision.plans.origin import check_cluster, check_platform
from tenantkit.provision.stored.platform import find_platform

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plan import Plan

_NAMED = 5


def check_origin(cluster: ClusterApi, plan: Plan, current: Plan) -> None:
    """Refuse the plan of another cluster, or for other settings than the cluster's.

    Args:
        cluster: to which the plan is applied.
        plan: the plan.
        current: the same plan, made again there.

    Raises:
        StalePlanError: which of the two it is.
    """
    if plan.cluster_id:
        check_cluster(plan.cluster_id, current.cluster_id)
    if plan.subject == "tenants":
        check_platform(plan.platform_digest, find_platform(cluster))


def check_fresh(plan: Plan, current: Plan, refused: Collection[str | None]) -> None:
    """Refuse a plan whose live objects have changed since, unless they match the spec by now.

    Args:
        plan: the plan.
        current: the same plan, made again.
        refused: tenants that are not changed.

    Raises:
        StalePlanError: it names the first objects.
    """
    planned = {change.ref: change for change in plan.changes}
    changed = []
    for change in current.changes:
        if change.tenant in refused or change.action == "unchanged":
            continue
        before = planned.get(change.ref)
        if before is None or before.digest != change.digest:
            changed.append(str(change.ref))
    if changed:
        names = ", ".join(changed[:_NAMED]) + (f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else "")
        raise StalePlanError(f"{names} changed after the plan was made, and nothing was written: plan again")

"""Whether a plan still holds: made on this cluster, for its platform, from the live objects as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, PermissionDenied, Problem, StalePlanError
from tenantkit.hints import Hint
from tenantkit.manifests.index import is_indexed_member
from tenantkit.provision.plan import Plan
from tenantkit.provision.plans.origin import check_cluster, check_platform
from tenantkit.provision.plans.platform_notices import check_prefix
from tenantkit.provision.stored.platform import find_platform
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform

_NAMED = 5
_OTHERS = {
    "deletion": ("a deletion", Hint("to delete the tenants, use {delete_tenants}")),
    "adoption": ("an adoption", Hint("to adopt the namespaces, use {adopt}")),
    "release": ("a release", Hint("to release the namespaces, use {release}")),
}


def check_subject(plan: object) -> None:
    """Refuse what is not a plan, and a plan that another function carries out.

    Raises:
        InvalidSpecError: it names that function.
    """
    if not isinstance(plan, Plan):
        raise InvalidSpecError([Problem("plan", plan, "is not a plan", hint=Hint("pass the result of {plan}"))])
    if plan.subject in _OTHERS:
        what, hint = _OTHERS[plan.subject]
        raise InvalidSpecError([Problem("plan", plan, f"is the plan of {what}", hint=hint)])


def check_origin(cluster: ClusterApi, plan: Plan, current: Plan) -> None:
    """Refuse the plan of another cluster, or for other settings than the cluster's.

    Args:
        cluster: to which the plan is applied.
        plan: the plan.
        current: the same plan, made again there.

    Raises:
        StalePlanError: which of the two it is.
        InvalidSpecError: the plan would change the namespaces of tenants that exist.
    """
    if plan.cluster_id:
        check_cluster(plan.cluster_id, current.cluster_id)
    if plan.subject in ("tenants", "adoption", "team"):
        check_platform(plan.platform_digest, find_platform(cluster))
    elif plan.subject == "platform":
        check_namespaces(cluster, plan.platform)


def check_namespaces(cluster: ClusterApi, settings: Platform) -> list[Manifest] | None:
    """Refuse settings under which existing tenants would not be found.

    Returns:
        The Namespaces of all tenants; None if they may not be listed.

    Raises:
        InvalidSpecError: `namespace_prefix` changes while tenants exist.
    """
    try:
        namespaces = cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
        check_prefix(stored_settings(cluster), settings, namespaces)
    except PermissionDenied:
        return None
    return namespaces


def stored_settings(cluster: ClusterApi) -> Platform | None:
    """The settings that the cluster stores; None if there are none, or if they cannot be read as such."""
    try:
        return find_platform(cluster)
    except InvalidSpecError:  # the plan shows the stored text as a difference
        return None


def check_fresh(plan: Plan, current: Plan, is_written: Callable[[PlanChange], bool]) -> None:
    """Refuse a plan whose live objects have changed since, unless they already match the spec.

    Args:
        plan: the plan.
        current: the same plan, made again.
        is_written: whether a change is to be written.

    Raises:
        StalePlanError: it names the first objects.
    """
    planned = {change.ref: change for change in plan.changes}
    changed = []
    for change in current.changes:
        if not is_written(change) or is_indexed_member(change.wanted or {}):  # that keeps what others change
            continue
        before = planned.get(change.ref)
        if before is None or before.digest != change.digest:
            changed.append(str(change.ref))
    if changed:
        raise StalePlanError(
            f"{first_of(changed, _NAMED)} changed after the plan was made, and nothing was written: plan again"
        )

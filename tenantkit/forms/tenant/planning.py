"""Plan the tenant of a form; a new tenant never overwrites an existing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.tenant import Tenant


def plan_fields(cluster: Cluster, read_tenant: Callable[[], Tenant]) -> Plan:
    """Plan the tenant that the fields describe.

    Args:
        cluster: the cluster.
        read_tenant: reads the tenant from the fields. It is read again after planning: while the kernel is busy, the
            page holds back the last keystrokes, so that a click can overtake them.
    """
    tenant = read_tenant()
    result = plan(cluster, [tenant])
    return result if read_tenant() == tenant else plan(cluster, [read_tenant()])


def namespace_change(plan: Plan) -> PlanChange:
    """The change of the tenant's Namespace, in a plan of one tenant."""
    return next(change for change in plan.changes if change.ref.kind == "Namespace" and change.tenant is not None)


def refuse_existing(plan: Plan, started: Collection[str]) -> None:
    """Refuse to create a tenant that already exists, which a plan alone would report as an update.

    Args:
        plan: of one new tenant.
        started: names whose creation this form has started: a write whose response was lost may have succeeded.

    Raises:
        InvalidSpecError: the tenant already exists.
    """
    name = plan.tenants[0].name
    namespace = namespace_change(plan)
    annotations = (namespace.live or {}).get("metadata", {}).get("annotations") or {}
    is_from_this_form = name in started and namespace.action == "unchanged"
    if namespace.action != "blocked" and GRANT_ANNOTATION in annotations and not is_from_this_form:
        hint = Hint("choose another name, or change the tenant with TenantForm(cluster, {name!r})", {"name": name})
        raise InvalidSpecError([Problem("name", name, "a tenant of this name already exists", hint=hint)])

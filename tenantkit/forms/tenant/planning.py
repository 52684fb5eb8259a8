"""What a tenant's form reads in a plan; a new tenant never overwrites an existing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.manifests.labels import GRANT_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plan import Plan


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

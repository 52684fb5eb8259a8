"""The request for another grant of one tenant, from the plan of the change: what the functions request_… return."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.provision.plans.requests.grants import less_than_now, tenant_request
from tenantkit.provision.plans.requests.letter import first_notes
from tenantkit.provision.plans.requests.sender import sender_of
from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.plans.requests.grants import Asking
    from tenantkit.provision.plans.requests.letter import Request
    from tenantkit.spec.tenant import Tenant


def grant_request(cluster: ClusterApi, made: Plan, wanted: Tenant, current: Tenant, asking: Asking) -> Request:
    """The request for what a plan changes in the grant; it says so if the user may make the change themselves.

    Args:
        cluster: the cluster.
        made: the plan of the change.
        wanted: the tenant to ask for.
        current: the tenant as it is.
        asking: why, and what is known of a new host; who asks and what they do first is read from the plan.

    RBAC: create selfsubjectreviews, which any signed-in user may.
    """
    first = (*less_than_now(wanted, current, made.platform), *first_notes(made.notices))
    signed = replace(asking, sender=made.sender or sender_of(cluster), plan=made, first=first)
    is_yours = not made.request and not any(row.action in REFUSED for row in made.rows)
    return tenant_request(wanted, current, made.platform, signed, is_yours=is_yours)

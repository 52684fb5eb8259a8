"""Who asks: the user that the server sees, and nobody else's word for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, PermissionDenied

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plan import Plan


def signed(cluster: ClusterApi, plan: Plan) -> Plan:
    """The plan with the user who asks for what is not theirs; whoever may make all changes is not looked up.

    RBAC: create selfsubjectreviews, which any signed-in user may.
    """
    if not plan.request:
        return plan
    adder = plan.edit.added_by if plan.edit is not None else None
    return replace(plan, sender=adder or sender_of(cluster))


def sender_of(cluster: ClusterApi) -> str:
    """The user name that the server sees; empty if it does not say."""
    try:
        return cluster.own_username()
    except (NotFound, PermissionDenied):  # a letter without it is a letter
        return ""

"""Tenants that are on the cluster and in none of the files that were planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import PermissionDenied
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.cluster_api import ClusterApi

_TEXT = "on the cluster, and in none of the files: no plan changes what is left out"


def unlisted_tenants(cluster: ClusterApi, listed: Collection[str]) -> list[PlanNotice]:
    """One notice per tenant that is not listed; none for a user who may not list tenants.

    Args:
        cluster: the cluster.
        listed: the names of the tenants in the files.

    RBAC: list namespaces, if that is allowed.
    """
    try:
        namespaces = cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
    except PermissionDenied:
        return []
    present = {
        namespace["metadata"]["labels"][TENANT_LABEL]
        for namespace in namespaces
        if "deletionTimestamp" not in namespace["metadata"]
    }
    return [PlanNotice("tenant-in-no-file", _TEXT, name) for name in sorted(present - set(listed))]

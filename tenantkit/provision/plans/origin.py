"""Where a plan was made: on which cluster, and for which platform.

A cluster is known by the uid of its namespace kube-system, which no two clusters share. A user who may not read that
has the server's URL and CA instead. Rejected alternative: the context's name, which two kubeconfigs use for two
clusters.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, PermissionDenied, StalePlanError
from tenantkit.spec.base import canonical_json
from tenantkit.spec.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

_KUBE_SYSTEM = "kube-system"
_UID, _SERVER = "uid:", "server:"


def cluster_id(cluster: ClusterApi, namespaces: Iterable[Manifest] = ()) -> str:
    """The identity of a cluster: `uid:…`, or `server:…` for a user who may not read kube-system.

    Args:
        cluster: the cluster.
        namespaces: those that were read already; kube-system is read only if it is not among them.

    RBAC: get namespace kube-system, if that is allowed.
    """
    found = next((one for one in namespaces if one["metadata"]["name"] == _KUBE_SYSTEM), None)
    if found is None:
        try:
            found = cluster.get("Namespace", _KUBE_SYSTEM)
        except (PermissionDenied, NotFound):
            return _SERVER + cluster.server_digest
    return _UID + str(found["metadata"].get("uid", ""))


def platform_digest(platform: Platform) -> str:
    """A text that changes when the settings do."""
    return hashlib.sha256(canonical_json(platform.to_stored()).encode()).hexdigest()[:16]


def check_boosts(tenants: Iterable[Tenant], now: datetime) -> None:
    """Refuse a plan with a boost that has ended since.

    Raises:
        StalePlanError: it names the tenants.
    """
    ended = [tenant.name for tenant in tenants if tenant.at(now) != tenant]
    if ended:
        names = ", ".join(map(repr, ended))
        raise StalePlanError(f"the boost of {names} ended after the plan was made, and nothing was written: plan again")


def check_cluster(planned: str, current: str) -> None:
    """Refuse a plan of another cluster.

    Args:
        planned: `cluster_id` where the plan was made.
        current: that of the cluster to which it is applied.

    Raises:
        StalePlanError: they differ, or it is not known whether they do.
    """
    if planned == current:
        return
    if planned.partition(":")[0] != current.partition(":")[0]:
        raise StalePlanError(
            "it is not known whether the plan was made on this cluster, since only one of the two users may read "
            "namespace 'kube-system'; nothing was written: plan again"
        )
    raise StalePlanError(
        f"the plan was made on another cluster ({planned}, this one is {current}), and nothing was written: "
        f"connect to that cluster, or plan again"
    )


def check_platform(planned: str, current: Platform | None) -> None:
    """Refuse a plan for other settings than the cluster's.

    Args:
        planned: `platform_digest` of the settings for which the plan was made.
        current: those that the cluster stores; None if no platform is installed, which means the defaults.

    Raises:
        StalePlanError: they differ.
    """
    if planned != platform_digest(current or Platform()):
        raise StalePlanError(
            "the plan was made for other settings than those of the platform on the cluster, and nothing was written: "
            "install the platform with these settings, or plan again"
        )

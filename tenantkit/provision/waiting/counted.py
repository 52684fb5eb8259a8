"""Waiting for quotas to be counted. Until the quota controller has counted a quota, it is not enforced.

Waiting is a watch with a deadline. Rejected alternative: polling, which is either late or busy.
Source: page "Resource Quotas".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.quota_status import is_counted

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import ObjectRef


def wait_until_counted(
    cluster: ClusterApi, quotas: Collection[ObjectRef], *, timeout_s: float, stop: threading.Event | None = None
) -> set[ObjectRef]:
    """Wait for some quotas, all within one deadline.

    Args:
        cluster: the cluster.
        quotas: of tenants.
        timeout_s: for all of them together, in seconds.
        stop: set it to stop waiting.

    Returns:
        The quotas that are not counted yet.

    RBAC: get and watch resourcequotas, for the cluster or in each namespace.
    """
    deadline = time.monotonic() + timeout_s
    waiting = set(quotas)
    namespaces = sorted({str(quota.namespace) for quota in waiting})
    if len(namespaces) > 1:
        try:
            _watch(cluster, None, waiting, deadline=deadline, stop=stop)
        except PermissionDenied:
            pass  # the user may not watch the whole cluster: each namespace is watched below
        else:
            return waiting
    for namespace in namespaces:
        _watch(cluster, namespace, waiting, deadline=deadline, stop=stop)
    return waiting


def _watch(
    cluster: ClusterApi,
    namespace: str | None,
    waiting: set[ObjectRef],
    *,
    deadline: float,
    stop: threading.Event | None,
) -> None:
    """Remove counted quotas from `waiting`; ends when this watch has nothing left to wait for."""
    version = _read(cluster, namespace, waiting)
    remaining = deadline - time.monotonic()
    if not _is_awaited(namespace, waiting) or remaining <= 0:
        return
    selector = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
    for event in cluster.watch(
        "ResourceQuota",
        namespace=namespace,
        label_selector=selector,
        resource_version=version,
        timeout_s=remaining,
        stop=stop,
    ):
        if event.type in ("ADDED", "MODIFIED") and is_counted(event.manifest):
            waiting.discard(ref_of(event.manifest))
        if not _is_awaited(namespace, waiting) or time.monotonic() > deadline:
            return


def _read(cluster: ClusterApi, namespace: str | None, waiting: set[ObjectRef]) -> str | None:
    """Remove quotas that are counted already; returns the version to watch from, known for a single quota only."""
    if namespace is None:
        return None
    version = None
    quotas = [quota for quota in sorted(waiting) if quota.namespace == namespace]
    for quota in quotas:
        try:
            live = cluster.get("ResourceQuota", quota.name, namespace)
        except NotFound:
            continue
        if is_counted(live):
            waiting.discard(quota)
        elif version is None:  # the first that is read is the earliest
            version = str(live["metadata"]["resourceVersion"])
    return version


def _is_awaited(namespace: str | None, waiting: set[ObjectRef]) -> bool:
    return bool(waiting) if namespace is None else any(quota.namespace == namespace for quota in waiting)

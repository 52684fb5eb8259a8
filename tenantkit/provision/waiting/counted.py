"""Waiting for quotas to be counted. Until the quota controller has counted a quota, it is not enforced.

Waiting is a watch with a deadline. Rejected alternative: polling, which is either late or busy.
Source: page "Resource Quotas".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, QUOTA_NAME
from tenantkit.rules.quota_status import is_counted

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest


def wait_until_counted(
    cluster: ClusterApi, namespaces: Collection[str], *, timeout_s: float, stop: threading.Event | None = None
) -> set[str]:
    """Wait for the quotas of some tenants, all within one deadline.

    Args:
        cluster: the cluster.
        namespaces: of the tenants.
        timeout_s: for all of them together, in seconds.
        stop: set it to stop waiting.

    Returns:
        The namespaces whose quota is not counted yet.

    RBAC: get and watch resourcequotas, for the cluster or in each namespace.
    """
    deadline = time.monotonic() + timeout_s
    waiting = set(namespaces)
    if len(waiting) > 1:
        try:
            _watch(cluster, None, waiting, deadline=deadline, stop=stop)
        except PermissionDenied:
            pass  # the user may not watch the whole cluster: each namespace is watched below
        else:
            return waiting
    for namespace in sorted(waiting):
        _watch(cluster, namespace, waiting, deadline=deadline, stop=stop)
    return waiting


def _watch(
    cluster: ClusterApi, namespace: str | None, waiting: set[str], *, deadline: float, stop: threading.Event | None
) -> None:
    """Remove counted namespaces from `waiting`; ends when this watch has nothing left to wait for."""
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
        quota = event.manifest
        if event.type in ("ADDED", "MODIFIED") and _is_tenant_quota(quota) and is_counted(quota):
            waiting.discard(quota["metadata"]["namespace"])
        if not _is_awaited(namespace, waiting) or time.monotonic() > deadline:
            return


def _read(cluster: ClusterApi, namespace: str | None, waiting: set[str]) -> str | None:
    """Remove quotas that are counted already; returns the version to watch from, known for a single quota only."""
    if namespace is None:
        return None
    try:
        quota = cluster.get("ResourceQuota", QUOTA_NAME, namespace)
    except NotFound:
        return None
    if is_counted(quota):
        waiting.discard(namespace)
    return str(quota["metadata"]["resourceVersion"])


def _is_awaited(namespace: str | None, waiting: set[str]) -> bool:
    return bool(waiting) if namespace is None else namespace in waiting


def _is_tenant_quota(quota: Manifest) -> bool:
    return bool(quota["metadata"]["name"] == QUOTA_NAME)

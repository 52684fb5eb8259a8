"""When a tenant is ready: its quota counts. Until the quota controller has looked, nothing holds a tenant to its quota.

Waiting is a watch with a deadline. Turned down: sleeping and asking, which is late or busy.
Source: page "Resource Quotas".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, QUOTA_NAME
from tenantkit.provision.compare import same_value

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


def is_counted(quota: Manifest) -> bool:
    """Whether the quota controller counts every entry of a quota as it stands there now."""
    hard = (quota.get("spec") or {}).get("hard") or {}
    counted = (quota.get("status") or {}).get("hard") or {}
    return all(
        key in counted and same_value("ResourceQuota", ("spec", "hard", key), value, counted[key])
        for key, value in hard.items()
    )


def wait_until_counted(
    cluster: Cluster, namespaces: Collection[str], *, timeout_s: float, stop: threading.Event | None = None
) -> set[str]:
    """Wait for the quotas of some tenants, all within one deadline.

    Args:
        cluster: where.
        namespaces: the tenants'.
        timeout_s: seconds in all.
        stop: set it to end the waiting.

    Returns:
        The namespaces whose quota does not count yet.

    RBAC: get and watch resourcequotas, for the cluster or in each namespace.
    """
    deadline = time.monotonic() + timeout_s
    waiting = set(namespaces)
    if len(waiting) > 1:
        try:
            _watch(cluster, None, waiting, deadline=deadline, stop=stop)
        except PermissionDenied:
            pass  # not the user's to watch as a whole: each namespace is watched below
        else:
            return waiting
    for namespace in sorted(waiting):
        _watch(cluster, namespace, waiting, deadline=deadline, stop=stop)
    return waiting


def _watch(
    cluster: Cluster, namespace: str | None, waiting: set[str], *, deadline: float, stop: threading.Event | None
) -> None:
    """Take out of `waiting` what counts; ends when nothing is left of it that this watch could tell."""
    version = _look(cluster, namespace, waiting)
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
        if event.type in ("ADDED", "MODIFIED") and _is_tenants(quota) and is_counted(quota):
            waiting.discard(quota["metadata"]["namespace"])
        if not _is_awaited(namespace, waiting) or time.monotonic() > deadline:
            return


def _look(cluster: Cluster, namespace: str | None, waiting: set[str]) -> str | None:
    """What counts already; the version to watch from is known for a single quota only."""
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


def _is_tenants(quota: Manifest) -> bool:
    return bool(quota["metadata"]["name"] == QUOTA_NAME)

"""Waiting until a namespace is deleted, with an error that names the reason if it is not.

A finalizer means that some controller still has to clean up: it is named, never removed. Source: page "Finalizers", and
the namespace's status conditions, in which the namespace controller reports what it waits for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, WaitTimeoutError
from tenantkit.rules.deletion.namespaces import namespace_deletion

if TYPE_CHECKING:
    import threading

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest


def wait_until_deleted(
    cluster: ClusterApi,
    namespace: str,
    *,
    timeout_s: float,
    deadline: float | None = None,
    stop: threading.Event | None = None,
) -> bool:
    """Wait for a namespace that is being deleted.

    Args:
        cluster: the cluster.
        namespace: its name.
        timeout_s: how long to wait, in seconds.
        deadline: when to stop waiting, by `time.monotonic`, where several wait together. Default: after `timeout_s`.
        stop: set it to stop waiting.

    Returns:
        Whether it is deleted; False only after `stop` was set.

    Raises:
        WaitTimeoutError: it still exists; the message names the finalizers or the API service that it waits for.

    RBAC: get and watch that namespace.
    """
    end = time.monotonic() + timeout_s if deadline is None else deadline
    while True:
        try:
            live = cluster.get("Namespace", namespace)
        except NotFound:
            return True
        if stop is not None and stop.is_set():
            return False
        remaining = end - time.monotonic()
        if remaining <= 0:
            raise WaitTimeoutError(_why_not_deleted(namespace, live, timeout_s))
        version = live["metadata"]["resourceVersion"]
        events = cluster.watch("Namespace", name=namespace, resource_version=version, timeout_s=remaining, stop=stop)
        for event in events:
            if event.type == "DELETED":
                return True


def _why_not_deleted(namespace: str, live: Manifest, timeout_s: float) -> str:
    deletion = namespace_deletion(live)
    held = f"{deletion.what}. What to do: {deletion.next_steps}" if deletion else "the server gives no reason"
    return (
        f"namespace {namespace!r} is still being deleted after {timeout_s:g} s: {held}. "
        f"The deletion continues by itself once that is cleaned up; no finalizer was removed"
    )

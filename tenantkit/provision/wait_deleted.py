"""Waiting until a namespace is gone, and saying what holds it when it is not.

A finalizer is somebody's promise to clean up: it is named, never stripped. Source: page "Finalizers", and the
namespace's status conditions, in which the namespace controller tells what it waits for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound, WaitTimeoutError

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


def wait_until_gone(cluster: Cluster, namespace: str, *, timeout_s: float) -> None:
    """Wait for the end of a namespace that is being deleted.

    Args:
        cluster: where.
        namespace: its name.
        timeout_s: seconds.

    Raises:
        WaitTimeoutError: it is still there; the message names the finalizers or the API service that hold it.

    RBAC: get and watch that namespace.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            live = cluster.get("Namespace", namespace)
        except NotFound:
            return
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise WaitTimeoutError(_why_still_there(namespace, live, timeout_s))
        version = live["metadata"]["resourceVersion"]
        for event in cluster.watch("Namespace", name=namespace, resource_version=version, timeout_s=remaining):
            if event.type == "DELETED":
                return


def holders(namespace: Manifest) -> list[str]:
    """What holds a namespace in Terminating, as the server tells it: condition and message, then its finalizers."""
    conditions = (namespace.get("status") or {}).get("conditions") or ()
    told = [
        f"{condition.get('type')}: {condition.get('message')}"
        for condition in conditions
        if condition.get("status") == "True"
    ]
    finalizers = [
        *(namespace["metadata"].get("finalizers") or ()),
        *(name for name in (namespace.get("spec") or {}).get("finalizers") or () if name != "kubernetes"),
    ]
    return told + [f"finalizer {name!r} on the namespace itself" for name in finalizers]


def _why_still_there(namespace: str, live: Manifest, timeout_s: float) -> str:
    held = "; ".join(holders(live)) or "the server names nothing that holds it"
    return (
        f"namespace {namespace!r} is still being deleted after {timeout_s:g} s: {held}. "
        f"It goes on by itself once that is cleaned up; nothing was stripped"
    )

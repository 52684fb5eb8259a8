"""Waiting for aggregated ClusterRoles: until a controller has collected their rules, nobody has the rights.

Waiting is a watch with a deadline. Source: page "Using RBAC Authorization", section "Aggregated ClusterRoles".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound
from tenantkit.rules.selectors.label_selectors import label_selector_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest


def is_aggregated(live: Manifest, roles: Sequence[Manifest]) -> bool:
    """Whether an aggregated ClusterRole has the rules of all those of `roles` that it collects."""
    rules = live.get("rules") or ()
    return all(rule in rules for rule in _collected(live, roles))


def wait_until_aggregated(
    cluster: ClusterApi, name: str, roles: Sequence[Manifest], *, deadline: float, stop: threading.Event
) -> bool:
    """Wait for the rules of one ClusterRole.

    Args:
        cluster: the cluster.
        name: of the ClusterRole.
        roles: ClusterRoles with rules, as they were applied.
        deadline: by `time.monotonic`.
        stop: set it to stop waiting.

    Returns:
        Whether it has all the rules that it collects.

    RBAC: get and watch that ClusterRole.
    """
    try:
        live = cluster.get("ClusterRole", name)
    except NotFound:
        return False
    if is_aggregated(live, roles):
        return True
    version, remaining = str(live["metadata"]["resourceVersion"]), deadline - time.monotonic()
    if remaining <= 0:
        return False
    for event in cluster.watch("ClusterRole", name=name, resource_version=version, timeout_s=remaining, stop=stop):
        if event.type == "MODIFIED" and is_aggregated(event.manifest, roles):
            return True
        if time.monotonic() > deadline:
            break
    return False


def _collected(live: Manifest, roles: Sequence[Manifest]) -> Iterator[Manifest]:
    for selector in (live.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        wanted = label_selector_of(selector)
        for role in roles:
            if "aggregationRule" not in role and wanted.matches(role["metadata"].get("labels")):
                yield from role.get("rules") or ()

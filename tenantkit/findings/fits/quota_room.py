"""How many more such pods a namespace's quotas let in: the server's arithmetic, on what it has counted.

A quota takes pods one after the other, each by what it adds to `status.used`; the first that would go beyond
`status.hard` is refused. What is not counted yet, or counted for another `spec.hard`, tells nothing.
Source: page "Resource Quotas"; apiserver, admission/plugin/resourcequota, controller.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import parse_amounts
from tenantkit.rules.pod_quota import pod_entries, pod_in_scope, pod_usage, unset_resources
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from fractions import Fraction

    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Room:
    """What one entry of a quota, or the nodes, leave for such pods.

    Args:
        object: `ResourceQuota/team`, or `Node` for all nodes together.
        resource: the entry, as the quota spells it.
        each: what one pod takes of it.
        free: what is left; None where it is not known.
        pods: how many pods that is; None where it is not known.
        reason: why there is no room, or why it is not known.
    """

    object: str
    resource: str
    each: Fraction
    free: Fraction | None
    pods: int | None
    reason: str = ""


def quota_room(quotas: Iterable[Manifest], pod: Manifest, now: datetime) -> Iterator[Room]:
    """What each entry of each quota leaves, of those that the pod counts towards."""
    taken = {name: amount.value for name, amount in pod_usage(pod, now).items()}
    for quota in sorted(quotas, key=lambda each: str(each["metadata"]["name"])):
        if not pod_in_scope(quota, pod["spec"]):
            continue
        what = f"ResourceQuota/{quota['metadata']['name']}"
        asked = pod_entries((quota.get("spec") or {}).get("hard") or ())
        status = quota.get("status") or {}
        hard, used = parse_amounts(status.get("hard")), parse_amounts(status.get("used"))
        entries = pod_entries(hard)
        if unsaid := unset_resources(pod["spec"], entries):
            yield Room(what, unsaid.partition(" for:")[0], parse_quantity(0), None, 0, f"must specify {unsaid}")
        for name in sorted(asked | entries):
            each = taken.get(name, parse_quantity(0))
            if name in asked and not _is_counted(quota, name):
                yield Room(what, name, each, None, None, "the quota is not counted yet")
            elif each and name in hard and name in used:
                free = hard[name].value - used[name].value
                yield Room(what, name, each, free, max(0, int(free // each)))


def _is_counted(quota: Manifest, name: str) -> bool:
    """Whether what is used was counted for what the quota says now."""
    status, hard = quota.get("status") or {}, quota["spec"]["hard"]
    counted = (status.get("hard") or {}).get(name)
    return (
        counted is not None
        and name in (status.get("used") or {})
        and parse_quantity(counted) == parse_quantity(hard[name])
    )

"""How many more pods a namespace's quotas admit, by the server's arithmetic on what it has counted.

A quota admits pods one by one, adding each to `status.used`; the first that would exceed `status.hard` is refused. An
entry that is not counted yet, or counted for another `spec.hard`, gives no answer.
Source: page "Resource Quotas"; apiserver, admission/plugin/resourcequota, controller.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import parse_amounts
from tenantkit.rules.pod_quota import pod_entries, pod_in_scope, pod_usage, unset_resources
from tenantkit.rules.quota_status import counted_usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True)
class QuotaRoom:
    """What one entry of a quota leaves for such pods.

    Args:
        quota: the ResourceQuota's name.
        resource: the entry, as the quota spells it.
        each: what one pod takes of it.
        free: what is left; None where unknown.
        pods: how many pods that admits; None where unknown.
        reason: why it admits none, or why that is unknown.
        hard: what is granted; None where unknown.
    """

    quota: str
    resource: str
    each: Fraction
    free: Fraction | None
    pods: int | None
    reason: str = ""
    hard: Fraction | None = None


def quota_room(quotas: Iterable[Manifest], pod: Manifest, now: datetime) -> Iterator[QuotaRoom]:
    """What is left in each entry of each quota that counts the pod."""
    taken = {name: amount.value for name, amount in pod_usage(pod, now).items()}
    for quota in sorted(quotas, key=lambda each: str(each["metadata"]["name"])):
        if not pod_in_scope(quota, pod["spec"]):
            continue
        quota_name = str(quota["metadata"]["name"])
        wanted = pod_entries((quota.get("spec") or {}).get("hard") or ())
        status = quota.get("status") or {}
        hard, used = parse_amounts(status.get("hard")), parse_amounts(status.get("used"))
        entries, counted = pod_entries(hard), counted_usage(quota)
        if missing := unset_resources(pod["spec"], entries):
            resource = missing.partition(" for:")[0]
            yield QuotaRoom(quota_name, resource, Fraction(0), None, 0, f"must specify {missing}")
        for name in sorted(wanted | entries):
            each = taken.get(name, Fraction(0))
            if name in wanted and name not in counted:
                yield QuotaRoom(quota_name, name, each, None, None, "the quota is not counted yet")
            elif each and name in hard and name in used:
                free = hard[name].value - used[name].value
                yield QuotaRoom(quota_name, name, each, free, max(0, int(free // each)), hard=hard[name].value)

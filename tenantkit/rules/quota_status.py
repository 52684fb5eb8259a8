"""Which entries of a ResourceQuota the quota controller has counted.

`status.used` is only valid for the limits in `status.hard`. After a change of `spec.hard` the controller counts again,
and until then the status describes the old limits. Quantities compare by value, since the server rewrites `1000m` as
`1`. An entry that no controller can count, such as one of an unknown resource, has a limit but no usage.

Source: page "Resource Quotas"; in k8s.io/kubernetes, pkg/controller/resourcequota/resource_quota_controller.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.quantities import same_quantity

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def is_counted(quota: Manifest) -> bool:
    """Whether the controller has counted every entry of `spec.hard` as it is now.

    Example:
        >>> is_counted({"spec": {"hard": {"pods": "2"}}, "status": {"hard": {"pods": "1"}}})
        False
    """
    hard = (quota.get("spec") or {}).get("hard") or {}
    return all(_is_current(quota, name) for name in hard)


def counted_usage(quota: Manifest) -> dict[str, str]:
    """`status.used` of the entries that are counted for the current `spec.hard`, in its order.

    Example:
        >>> status = {"hard": {"pods": "1", "services": "5"}, "used": {"pods": "1", "services": "3"}}
        >>> counted_usage({"spec": {"hard": {"pods": "2", "services": "5"}}, "status": status})
        {'services': '3'}
    """
    hard = (quota.get("spec") or {}).get("hard") or {}
    used = (quota.get("status") or {}).get("used") or {}
    return {name: used[name] for name in hard if name in used and _is_current(quota, name)}


def _is_current(quota: Manifest, name: str) -> bool:
    """Whether an entry has the same limit in status and spec."""
    wanted = quota["spec"]["hard"][name]
    counted = ((quota.get("status") or {}).get("hard") or {}).get(name)
    if counted is None or counted == wanted:
        return counted is not None
    try:
        return same_quantity(counted, wanted)
    except ValueError:  # not a quantity: equal texts were recognised above
        return False

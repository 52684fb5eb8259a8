"""ResourceQuota: the admission plug-in that refuses requests that exceed a quota, and reserves usage for others.

Source: apiserver's pkg/admission/plugin/resourcequota, 1.37.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ZERO, Amount, parse_amounts, shown, written
from tenantkit.rules.pod_quota import unset_resources
from tenantkit.sandbox.apimachinery.resources import QUOTAS
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.quota_usage import in_scope, is_checked_on_update, tracked, usage
from tenantkit.sandbox.managedfields.fieldmanager import track_update

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
    from tenantkit.sandbox.apimachinery.resources import Resource

_MANAGER = "kube-apiserver"  # the component that runs admission


class QuotaExceededError(Exception):
    """The object exceeds a quota, or does not set a resource that a quota limits; the message is the server's."""


def reserve_quota(attributes: Attributes) -> None:
    """Refuse an object that exceeds a quota, and reserve what it uses."""
    if not attributes.namespace or attributes.subresource or attributes.operation == "DELETE":
        return
    if attributes.old is not None and not is_checked_on_update(
        attributes.resource, attributes.old, attributes.manifest
    ):
        return
    store = attributes.store
    quotas = {live["metadata"]["name"]: live for live in store.list(QUOTAS, attributes.namespace)}
    try:
        reserved = reserve(quotas.values(), attributes.resource, attributes.manifest, attributes.old, store.clock())
    except QuotaExceededError as error:
        raise attributes.refused(str(error)) from error
    if attributes.dry_run:
        return
    for after in reserved:
        live = quotas[after["metadata"]["name"]]
        now = timestamp(store.clock())
        store.put(QUOTAS, track_update(live, after, manager=_MANAGER, time=now, subresource="status"))


def reserve(
    quotas: Iterable[Manifest], resource: Resource, manifest: Manifest, old: Manifest | None, now: datetime
) -> list[Manifest]:
    """The quotas with a higher `status.used`, to store if the object is admitted; raises QuotaExceededError."""
    needed = usage(resource, manifest, now)
    reserved: list[Manifest] = []
    for quota in quotas:
        status = quota.get("status") or {}
        hard = parse_amounts(status.get("hard"))
        names = tracked(resource, hard)
        if not names or not in_scope(quota, resource, manifest):
            continue
        used = parse_amounts(status.get("used"))
        unset = unset_resources(manifest["spec"], names) if resource.qualified == "pods" else ""
        if unset:
            raise QuotaExceededError(f"failed quota: {quota['metadata']['name']}: must specify {unset}")
        if not names <= used.keys():
            unknown = ",".join(sorted(names))
            raise QuotaExceededError(f"status unknown for quota: {quota['metadata']['name']}, resources: {unknown}")
        requested = needed
        if old is not None and in_scope(quota, resource, old):
            requested = _increase(needed, usage(resource, old, now))
        requested = {name: amount for name, amount in requested.items() if amount.value and name in hard}
        after = {name: used.get(name, ZERO) + amount for name, amount in requested.items()}
        over = [name for name, amount in after.items() if amount.value > hard[name].value]
        if over:
            raise QuotaExceededError(
                f"exceeded quota: {quota['metadata']['name']}, requested: {shown(requested, over)}, "
                f"used: {shown(used, over)}, limited: {shown(hard, over)}"
            )
        if requested:
            reserved.append({**quota, "status": {**status, "used": written(used | after)}})
    return reserved


def _increase(needed: Amounts, before: Amounts) -> Amounts:
    """How much more an update uses than before, at least 0."""
    return {
        name: Amount(max(Fraction(0), amount.value - before.get(name, ZERO).value), amount.family)
        for name, amount in needed.items()
    }

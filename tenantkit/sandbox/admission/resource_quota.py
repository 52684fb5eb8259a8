"""ResourceQuota: requests that exceed a quota are refused, and the others' usage is reserved in its status.

Source: apiserver's pkg/admission/plugin/resourcequota, 1.37.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ZERO, Amount, parse_amounts, shown, written
from tenantkit.rules.pod_quota import left_unsaid
from tenantkit.sandbox.apimachinery.resources import QUOTAS
from tenantkit.sandbox.apis.quota_usage import in_scope, is_checked_on_update, tracked, usage
from tenantkit.sandbox.registry.system_writes import API_SERVER, put_as

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
    from tenantkit.sandbox.apimachinery.resources import Resource


class QuotaExceededError(Exception):
    """The object does not fit, or does not say what it needs; the message is the server's."""


def reserve_quota(attributes: Attributes) -> None:
    """ResourceQuota: refuse what does not fit, and write down what is taken."""
    if not attributes.namespace or attributes.subresource or attributes.operation == "DELETE":
        return
    if attributes.old is not None and not is_checked_on_update(
        attributes.resource, attributes.old, attributes.manifest
    ):
        return
    store = attributes.store
    before = {live["metadata"]["name"]: live for live in store.list(QUOTAS, attributes.namespace)}
    try:
        grown = reserve(before.values(), attributes.resource, attributes.manifest, attributes.old, store.clock())
    except QuotaExceededError as error:
        raise attributes.refused(str(error)) from error
    if attributes.dry_run:
        return
    for after in grown:
        live = before[after["metadata"]["name"]]
        put_as(API_SERVER, store, QUOTAS, after, before=live, subresource="status")


def reserve(
    quotas: Iterable[Manifest], resource: Resource, manifest: Manifest, old: Manifest | None, now: datetime
) -> list[Manifest]:
    """The quotas whose `status.used` grows when this object is admitted, grown; raises QuotaExceededError."""
    taken = usage(resource, manifest, now)
    grown: list[Manifest] = []
    for quota in quotas:
        status = quota.get("status") or {}
        hard = parse_amounts(status.get("hard"))
        names = tracked(resource, hard)
        if not names or not in_scope(quota, resource, manifest):
            continue
        used = parse_amounts(status.get("used"))
        unsaid = left_unsaid(manifest["spec"], names) if resource.qualified == "pods" else ""
        if unsaid:
            raise QuotaExceededError(f"failed quota: {quota['metadata']['name']}: must specify {unsaid}")
        if not names <= used.keys():
            unknown = ",".join(sorted(names))
            raise QuotaExceededError(f"status unknown for quota: {quota['metadata']['name']}, resources: {unknown}")
        asked = taken
        if old is not None and in_scope(quota, resource, old):
            asked = _more_than(taken, usage(resource, old, now))
        asked = {name: amount for name, amount in asked.items() if amount.value and name in hard}
        after = {name: used.get(name, ZERO) + amount for name, amount in asked.items()}
        over = [name for name, amount in after.items() if amount.value > hard[name].value]
        if over:
            raise QuotaExceededError(
                f"exceeded quota: {quota['metadata']['name']}, requested: {shown(asked, over)}, "
                f"used: {shown(used, over)}, limited: {shown(hard, over)}"
            )
        if asked:
            grown.append({**quota, "status": {**status, "used": written(used | after)}})
    return grown


def _more_than(taken: Amounts, before: Amounts) -> Amounts:
    """What an update takes beyond what was taken before; never less than nothing."""
    return {
        name: Amount(max(Fraction(0), amount.value - before.get(name, ZERO).value), amount.family)
        for name, amount in taken.items()
    }

"""The status of quotas: usage is counted when a quota is new or changed, and when an object releases some of it.

New objects need no count, since admission has reserved their usage. A status that somebody else has written is kept
until the next full count, at most five minutes later.

Source: pkg/controller/resourcequota and pkg/quota/v1/install/update_filter.go, 1.37.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ZERO, parse_amounts, written
from tenantkit.sandbox.apimachinery.resources import QUOTAS, RESOURCES, stored
from tenantkit.sandbox.apis.quota_usage import counts_less, in_scope, tracked, usage
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

_COUNTED_EVERY = timedelta(minutes=5)
# kinds that a real server also counts; the sandbox does not serve them, so there are none
_ALWAYS_NONE = frozenset(
    {
        "replicationcontrollers",
        "count/controllerrevisions.apps",
        "count/csistoragecapacities.storage.k8s.io",
        "count/daemonsets.apps",
        "count/endpoints",
        "count/horizontalpodautoscalers.autoscaling",
        "count/podcertificaterequests.certificates.k8s.io",
        "count/poddisruptionbudgets.policy",
        "count/podtemplates",
        "count/replicationcontrollers",
        "count/resourceclaims.resource.k8s.io",
        "count/resourceclaimtemplates.resource.k8s.io",
    }
)
_DEVICES = ".deviceclass.resource.k8s.io/devices"


class QuotaController:
    """Writes the status of quotas; keys are `namespace/name`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "resourcequota-controller")

    def keys(self, event: Event) -> Iterable[str]:
        """The quota itself, or the quotas of which an object releases usage."""
        found: list[str] = []
        is_live_quota = event.resource == QUOTAS and event.type != "DELETED"
        if is_live_quota and _hard_changed(event):
            found.append(_key(event.manifest))
        if event.resource.namespaced and self._releases_usage(event):
            found += [
                _key(quota)
                for quota in self._store.list(QUOTAS, event.manifest["metadata"]["namespace"])
                if tracked(event.resource, (quota.get("status") or {}).get("hard") or ())
            ]
        return found

    def sync(self, key: str) -> datetime | None:
        """Count for one quota and write its status if it changes; returns when to count again."""
        namespace, _, name = key.partition("/")
        quota = self._store.get(QUOTAS, name, namespace)
        if quota is None:
            return None
        status = _counted(quota, self._store, self._store.clock())
        if not _same_status(quota.get("status") or {}, status):
            self._client.update(QUOTAS, quota, subresource="status", status=status)
        return self._store.clock() + _COUNTED_EVERY

    def _releases_usage(self, event: Event) -> bool:
        if event.type == "DELETED":
            return True
        if event.previous is None:
            return False
        return counts_less(event.resource, event.previous, event.manifest, self._store.clock())


def _counted(quota: Manifest, store: Store, now: datetime) -> Manifest:
    """The status of a quota: `hard` from its spec, `used` counted from the stored objects."""
    hard = (quota["spec"].get("hard")) or {}
    used = {
        name: amount for name, amount in parse_amounts((quota.get("status") or {}).get("used")).items() if name in hard
    }
    used |= {name: ZERO for name in hard if name in _ALWAYS_NONE or name.endswith(_DEVICES)}
    for resource in RESOURCES:
        names = tracked(resource, hard)
        if not names or resource is not stored(resource):
            continue
        counted = dict.fromkeys(names, ZERO)
        for manifest in store.list(resource, quota["metadata"]["namespace"]):
            if in_scope(quota, resource, manifest):
                for name, amount in usage(resource, manifest, now).items():
                    if name in counted:
                        counted[name] += amount
        used |= counted
    return {name: amounts for name, amounts in (("hard", dict(hard)), ("used", written(used))) if amounts}


def _key(quota: Manifest) -> str:
    return f"{quota['metadata']['namespace']}/{quota['metadata']['name']}"


def _hard_changed(event: Event) -> bool:
    before = ((event.previous or {}).get("spec") or {}).get("hard")
    return event.previous is None or parse_amounts(before) != parse_amounts(event.manifest["spec"].get("hard"))


def _same_status(before: Manifest, after: Manifest) -> bool:
    """Whether two statuses are equal in value, however their amounts are written."""
    return all(_values(before.get(field)) == _values(after.get(field)) for field in ("hard", "used"))


def _values(quantities: Manifest | None) -> Manifest:
    return {name: amount.value for name, amount in parse_amounts(quantities).items()}

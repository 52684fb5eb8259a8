"""What of each quota is used: counted again when the quota is new or changed, and when an object gives something back.

Objects that come are no reason to count: admission has already written down what they take. Nor is a status that
somebody else wrote: that stays until all quotas are counted anew, five minutes later at most.

Source: pkg/controller/resourcequota and pkg/quota/v1/install/update_filter.go, 1.37.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import parse_amounts
from tenantkit.sandbox.admission.quota import counts_less, recount, tracked
from tenantkit.sandbox.apimachinery.resources import QUOTAS, RESOURCES
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

_COUNTED_EVERY = timedelta(minutes=5)


class QuotaController:
    """Writes the status of quotas; keys are `namespace/name`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "resourcequota-controller")

    def keys(self, event: Event) -> Iterable[str]:
        """The quota itself, or those quotas that count what went."""
        found: list[str] = []
        is_live_quota = event.resource == QUOTAS and event.type != "DELETED"
        if is_live_quota and _hard_changed(event):
            found.append(_key(event.manifest))
        if event.resource.namespaced and self._gives_back(event):
            found += [
                _key(quota)
                for quota in self._store.list(QUOTAS, event.manifest["metadata"]["namespace"])
                if tracked(event.resource, (quota.get("status") or {}).get("hard") or ())
            ]
        return found

    def sync(self, key: str) -> datetime | None:
        """Count for one quota, and write its status if that says something new; when to count again in any case."""
        namespace, _, name = key.partition("/")
        quota = self._store.get(QUOTAS, name, namespace)
        if quota is None:
            return None
        status = recount(quota, RESOURCES, self._store, self._store.clock())
        if not _same_status(quota.get("status") or {}, status):
            self._client.update(QUOTAS, quota, subresource="status", status=status)
        return self._store.clock() + _COUNTED_EVERY

    def _gives_back(self, event: Event) -> bool:
        if event.type == "DELETED":
            return True
        if event.previous is None:
            return False
        return counts_less(event.resource, event.previous, event.manifest, self._store.clock())


def _key(quota: Manifest) -> str:
    return f"{quota['metadata']['namespace']}/{quota['metadata']['name']}"


def _hard_changed(event: Event) -> bool:
    before = ((event.previous or {}).get("spec") or {}).get("hard")
    return event.previous is None or parse_amounts(before) != parse_amounts(event.manifest["spec"].get("hard"))


def _same_status(before: Manifest, after: Manifest) -> bool:
    """Equal in value: a quota that only writes an amount in another way has nothing new to say."""
    return all(_values(before.get(field)) == _values(after.get(field)) for field in ("hard", "used"))


def _values(quantities: Manifest | None) -> Manifest:
    return {name: amount.value for name, amount in parse_amounts(quantities).items()}

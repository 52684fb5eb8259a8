"""ResourceQuota: the admission plug-in that refuses requests that exceed a quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.admission import quota
from tenantkit.sandbox.apimachinery.resources import QUOTAS
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.managedfields.fieldmanager import track_update

if TYPE_CHECKING:
    from tenantkit.sandbox.admission.attributes import Attributes

_MANAGER = "kube-apiserver"


def reserve_quota(attributes: Attributes) -> None:
    """Refuse an object that exceeds a quota, and reserve what it uses."""
    if not attributes.namespace or attributes.subresource or attributes.operation == "DELETE":
        return
    if attributes.old is not None and not quota.is_checked_on_update(
        attributes.resource, attributes.old, attributes.manifest
    ):
        return
    store = attributes.store
    quotas = {live["metadata"]["name"]: live for live in store.list(QUOTAS, attributes.namespace)}
    try:
        reserved = quota.reserve(
            quotas.values(), attributes.resource, attributes.manifest, attributes.old, store.clock()
        )
    except quota.QuotaExceededError as error:
        raise attributes.refused(str(error)) from error
    if attributes.dry_run:
        return
    for after in reserved:
        live = quotas[after["metadata"]["name"]]
        now = timestamp(store.clock())
        store.put(QUOTAS, track_update(live, after, manager=_MANAGER, time=now, subresource="status"))

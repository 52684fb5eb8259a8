"""The ServiceAccount `default` of each namespace, created again when it is deleted.

It has no labels, so that tenantkit does not take it for its own.

Source: page "Service Accounts"; pkg/controller/serviceaccount, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import NAMESPACES, SERVICE_ACCOUNTS
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.sandbox.storage.store import Event, Store

_NAME = "default"


class ServiceAccountController:
    """Creates the ServiceAccounts; keys are namespaces."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "service-account-controller")

    def keys(self, event: Event) -> Iterable[str]:
        """The namespace itself, or the one of the ServiceAccount."""
        metadata = event.manifest["metadata"]
        if event.resource is NAMESPACES:
            return (metadata["name"],) if event.type != "DELETED" else ()
        is_ours = event.resource is SERVICE_ACCOUNTS and metadata["name"] == _NAME
        return (metadata["namespace"],) if is_ours else ()

    def sync(self, key: str) -> None:
        """Create the ServiceAccount of one namespace if it is missing, unless the namespace is being deleted."""
        namespace = self._store.get(NAMESPACES, key)
        if namespace is None or (namespace.get("status") or {}).get("phase") == "Terminating":
            return
        if self._store.get(SERVICE_ACCOUNTS, _NAME, key) is None:
            self._client.create(SERVICE_ACCOUNTS, {"metadata": {"name": _NAME, "namespace": key}})

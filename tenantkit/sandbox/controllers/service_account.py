"""What each new namespace finds in it: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.

Both are put back when they go, and neither carries a label: tenantkit must not take them for a tenant's or its own.

Source: pages "Service Accounts" and "Managing Service Accounts"; pkg/controller/serviceaccount and
pkg/controller/certificates/rootcacertpublisher, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

ROOT_CA = "kube-root-ca.crt"
_DESCRIPTION = "kubernetes.io/description"
_DESCRIBED = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


class ServiceAccountController:
    """Makes the two objects; keys are namespaces."""

    def __init__(self, store: Store, root_ca: str) -> None:
        self._store = store
        self._accounts = InProcessClient(store, "service-account-controller")
        self._certificates = InProcessClient(store, "root-ca-cert-publisher")
        self._root_ca = root_ca

    def keys(self, event: Event) -> Iterable[str]:
        """Namespaces that are new, and those whose objects went or were changed."""
        metadata = event.manifest["metadata"]
        if event.resource == NAMESPACES and event.type != "DELETED":
            return (metadata["name"],)
        if (event.resource, metadata["name"]) in {(SERVICE_ACCOUNTS, "default"), (CONFIG_MAPS, ROOT_CA)}:
            return (metadata["namespace"],)
        return ()

    def sync(self, key: str) -> None:
        """Make what is missing in one namespace, unless it is on its way out."""
        namespace = self._store.get(NAMESPACES, key)
        if namespace is None or (namespace.get("status") or {}).get("phase") == "Terminating":
            return
        if self._store.get(SERVICE_ACCOUNTS, "default", key) is None:
            self._accounts.create(SERVICE_ACCOUNTS, {"metadata": {"name": "default", "namespace": key}})
        live, data = self._store.get(CONFIG_MAPS, ROOT_CA, key), {"ca.crt": self._root_ca}
        if live is None:
            metadata = {"name": ROOT_CA, "namespace": key, "annotations": {_DESCRIPTION: _DESCRIBED}}
            self._certificates.create(CONFIG_MAPS, {"metadata": metadata, "data": data})
        elif live.get("data") != data or not _is_described(live):
            annotations = {**(live["metadata"].get("annotations") or {}), _DESCRIPTION: _DESCRIBED}
            metadata = {**live["metadata"], "annotations": annotations}
            self._certificates.update(CONFIG_MAPS, live, metadata=metadata, data=data)


def _is_described(config_map: Manifest) -> bool:
    return bool((config_map["metadata"].get("annotations") or {}).get(_DESCRIPTION))

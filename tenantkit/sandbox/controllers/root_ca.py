"""The ConfigMap `kube-root-ca.crt` of each namespace, restored when it is changed or deleted.

It has no labels, so that tenantkit does not take it for its own.

Source: page "Managing Service Accounts"; pkg/controller/certificates/rootcacertpublisher, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import CONFIG_MAPS, NAMESPACES
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

_NAME = "kube-root-ca.crt"
_DESCRIPTION = "kubernetes.io/description"
_DESCRIBED = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


class RootCertificatePublisher:
    """Writes the ConfigMaps; keys are namespaces."""

    def __init__(self, store: Store, root_ca: str) -> None:
        self._store = store
        self._client = InProcessClient(store, "root-ca-cert-publisher")
        self._data = {"ca.crt": root_ca}

    def keys(self, event: Event) -> Iterable[str]:
        """The namespace itself, or the one of the ConfigMap."""
        metadata = event.manifest["metadata"]
        if event.resource is NAMESPACES:
            return (metadata["name"],) if event.type != "DELETED" else ()
        is_ours = event.resource is CONFIG_MAPS and metadata["name"] == _NAME
        return (metadata["namespace"],) if is_ours else ()

    def sync(self, key: str) -> None:
        """Create or restore the ConfigMap of one namespace, unless the namespace is being deleted."""
        namespace = self._store.get(NAMESPACES, key)
        if namespace is None or (namespace.get("status") or {}).get("phase") == "Terminating":
            return
        live = self._store.get(CONFIG_MAPS, _NAME, key)
        if live is None:
            metadata = {"name": _NAME, "namespace": key, "annotations": {_DESCRIPTION: _DESCRIBED}}
            self._client.create(CONFIG_MAPS, {"metadata": metadata, "data": self._data})
        elif live.get("data") != self._data or not _is_described(live):
            annotations = {**(live["metadata"].get("annotations") or {}), _DESCRIPTION: _DESCRIBED}
            metadata = {**live["metadata"], "annotations": annotations}
            self._client.update(CONFIG_MAPS, live, metadata=metadata, data=self._data)


def _is_described(config_map: Manifest) -> bool:
    return bool((config_map["metadata"].get("annotations") or {}).get(_DESCRIPTION))

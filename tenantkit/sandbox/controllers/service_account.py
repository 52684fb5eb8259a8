"""What each new namespace finds in it: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.

Both are put back when they go, and neither carries a label: tenantkit must not take them for a tenant's or its own.

Source: pages "Service Accounts" and "Managing Service Accounts"; pkg/controller/serviceaccount and
pkg/controller/certificates/rootcacertpublisher, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.admission.chain import admit
from tenantkit.sandbox.apimachinery.resources import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS
from tenantkit.sandbox.registry.system_writes import CONTROLLERS, put_as

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
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
            metadata = {"name": "default", "namespace": key}
            self._put(SERVICE_ACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, None)
        live = self._store.get(CONFIG_MAPS, ROOT_CA, key)
        if live is None or live.get("data") != {"ca.crt": self._root_ca} or not _is_described(live):
            wanted: Manifest = live or {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": ROOT_CA, "namespace": key},
            }
            annotations = {**(wanted["metadata"].get("annotations") or {}), _DESCRIPTION: _DESCRIBED}
            described = {**wanted["metadata"], "annotations": annotations}
            self._put(CONFIG_MAPS, {**wanted, "metadata": described, "data": {"ca.crt": self._root_ca}}, live)

    def _put(self, resource: Resource, wanted: Manifest, live: Manifest | None) -> None:
        """Write through admission, so that a quota on these kinds counts these, too."""
        user = "system:kube-controller-manager"
        admitted = admit("CREATE" if live is None else "UPDATE", resource, wanted, live, self._store, user)
        put_as(CONTROLLERS, self._store, resource, admitted, before=live)


def _is_described(config_map: Manifest) -> bool:
    return bool((config_map["metadata"].get("annotations") or {}).get(_DESCRIPTION))

"""Protection of claims and volumes: their finalizers are removed once nothing uses them.

Admission adds the finalizers. A claim is in use while a pod on a node mounts it, a volume while it is bound.

Source: pkg/controller/volume/pvcprotection and pvprotection, 1.37; page "Persistent Volumes", section "Storage Object
in Use Protection".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names
from tenantkit.sandbox.apimachinery.finalizers import PROTECTION
from tenantkit.sandbox.apimachinery.resources import CLAIMS, PODS, VOLUMES
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store


class VolumeProtectionController:
    """Removes the finalizers of claims and volumes that are being deleted; keys are `plural/namespace/name`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._clients = {
            CLAIMS: InProcessClient(store, "pvc-protection-controller"),
            VOLUMES: InProcessClient(store, "pv-protection-controller"),
        }

    def keys(self, event: Event) -> Iterable[str]:
        """The claim or volume itself; after a pod has ended, its claims."""
        resource, manifest = event.resource, event.manifest
        if resource is PODS:
            namespace = manifest["metadata"]["namespace"]
            return [f"{CLAIMS.plural}/{namespace}/{name}" for name in claim_names(manifest)] if _is_over(event) else []
        if event.type == "DELETED" or resource not in self._clients:
            return []
        metadata = manifest["metadata"]
        return [f"{resource.plural}/{metadata.get('namespace', '')}/{metadata['name']}"]

    def sync(self, key: str) -> None:
        """Release one object if it is being deleted and nothing uses it."""
        plural, namespace, name = key.split("/")
        resource = {CLAIMS.plural: CLAIMS, VOLUMES.plural: VOLUMES}[plural]
        live = self._store.get(resource, name, namespace)
        if live is None or not live["metadata"].get("deletionTimestamp") or self._in_use(resource, live):
            return
        finalizers = [item for item in live["metadata"].get("finalizers") or [] if item != PROTECTION[resource]]
        metadata = {field: value for field, value in live["metadata"].items() if field != "finalizers"}
        metadata |= {"finalizers": finalizers} if finalizers else {}
        self._clients[resource].update(resource, live, metadata=metadata)

    def _in_use(self, resource: Resource, live: Manifest) -> bool:
        if resource is VOLUMES:
            return bool((live.get("status") or {}).get("phase") == "Bound")
        name, namespace = live["metadata"]["name"], live["metadata"]["namespace"]
        pods = self._store.list(PODS, namespace)
        return any(pod["spec"].get("nodeName") and not _has_ended(pod) and name in claim_names(pod) for pod in pods)


def _has_ended(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") in ENDED


def _is_over(event: Event) -> bool:
    return event.type == "DELETED" or _has_ended(event.manifest)

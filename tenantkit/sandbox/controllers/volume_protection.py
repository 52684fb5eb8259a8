"""What is in use does not go, and where nothing can run nothing is sent: claims', volumes' finalizers, nodes' taints.

A claim that is deleted stays until no pod on a node uses it, a volume until it is bound no more: admission gives them
the finalizer, this takes it away. A volume that nobody claims is told to be available; none is ever bound. A node's
conditions become taints, by which a scheduler and people see them. Left out: that a node which does not report for a
while counts as lost; nothing here reports.

Source: pkg/controller/volume/pvcprotection and pvprotection, pkg/controller/nodelifecycle, 1.37; page "Taints and
Tolerations", section "Taint Nodes by Condition".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names
from tenantkit.sandbox.apimachinery.finalizers import PROTECTION
from tenantkit.sandbox.apimachinery.resources import CLAIMS, NODES, PODS, VOLUMES
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.controllers.node_lifecycle import tainted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store


class ProtectionController:
    """Takes finalizers from what nobody uses, and gives nodes their taints; keys are `plural/namespace/name`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._protection = {
            CLAIMS: InProcessClient(store, "pvc-protection-controller"),
            VOLUMES: InProcessClient(store, "pv-protection-controller"),
        }
        self._binder = InProcessClient(store, "persistent-volume-binder")
        self._nodes = InProcessClient(store, "node-controller")

    def keys(self, event: Event) -> Iterable[str]:
        """The object itself; after a pod's end its claims."""
        resource, manifest = event.resource, event.manifest
        if resource is PODS:
            namespace = manifest["metadata"]["namespace"]
            return [f"{CLAIMS.plural}/{namespace}/{name}" for name in claim_names(manifest)] if _is_over(event) else []
        if event.type == "DELETED" or resource not in {CLAIMS, VOLUMES, NODES}:
            return []
        metadata = manifest["metadata"]
        return [f"{resource.plural}/{metadata.get('namespace', '')}/{metadata['name']}"]

    def sync(self, key: str) -> None:
        """Bring one object to where it should be."""
        plural, namespace, name = key.split("/")
        resource = {CLAIMS.plural: CLAIMS, VOLUMES.plural: VOLUMES, NODES.plural: NODES}[plural]
        live = self._store.get(resource, name, namespace)
        if live is None:
            return
        if resource is NODES:
            spec = live.get("spec") or {}
            taints = tainted(live)
            if taints != (spec.get("taints") or []):
                rest = {field: value for field, value in spec.items() if field != "taints"}
                self._nodes.update(NODES, live, spec=rest | ({"taints": taints} if taints else {}))
        elif live["metadata"].get("deletionTimestamp"):
            if not self._in_use(resource, live):
                self._release(resource, live)
        elif resource is VOLUMES and live["status"]["phase"] == "Pending" and not live["spec"].get("claimRef"):
            self._binder.update(VOLUMES, live, subresource="status", status={**live["status"], "phase": "Available"})

    def _in_use(self, resource: Resource, live: Manifest) -> bool:
        if resource is VOLUMES:
            return bool((live.get("status") or {}).get("phase") == "Bound")
        name, namespace = live["metadata"]["name"], live["metadata"]["namespace"]
        pods = self._store.list(PODS, namespace)
        return any(pod["spec"].get("nodeName") and not _has_ended(pod) and name in claim_names(pod) for pod in pods)

    def _release(self, resource: Resource, live: Manifest) -> None:
        finalizers = [item for item in live["metadata"].get("finalizers") or [] if item != PROTECTION[resource]]
        metadata = {field: value for field, value in live["metadata"].items() if field != "finalizers"}
        metadata |= {"finalizers": finalizers} if finalizers else {}
        self._protection[resource].update(resource, live, metadata=metadata)


def _has_ended(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") in ENDED


def _is_over(event: Event) -> bool:
    return event.type == "DELETED" or _has_ended(event.manifest)

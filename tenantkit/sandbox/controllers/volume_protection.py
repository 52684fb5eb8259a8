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
from tenantkit.sandbox.admission.object_in_use_protection import PROTECTED
from tenantkit.sandbox.apimachinery.resources import CLAIMS, NODES, VOLUMES, find
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.controllers.node_lifecycle import tainted
from tenantkit.sandbox.endpoints.delete import remove_or_put
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.sandbox.registry.system_writes import CONTROLLERS, put_as

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store

_PODS = find("", "v1", "pods")


class ProtectionController:
    """Takes finalizers from what nobody uses, and gives nodes their taints; keys are `plural/namespace/name`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keys(self, event: Event) -> Iterable[str]:
        """The object itself; after a pod's end its claims."""
        resource, manifest = event.resource, event.manifest
        if resource is _PODS:
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
                after = {**live, "spec": rest | ({"taints": taints} if taints else {})}
                put_as(CONTROLLERS, self._store, NODES, after, before=live)
        elif live["metadata"].get("deletionTimestamp"):
            if not self._in_use(resource, live):
                self._release(resource, live)
        elif resource is VOLUMES and live["status"]["phase"] == "Pending" and not live["spec"].get("claimRef"):
            after = {**live, "status": {**live["status"], "phase": "Available"}}
            put_as(CONTROLLERS, self._store, VOLUMES, after, before=live, subresource="status")

    def _in_use(self, resource: Resource, live: Manifest) -> bool:
        if resource is VOLUMES:
            return bool((live.get("status") or {}).get("phase") == "Bound")
        name, namespace = live["metadata"]["name"], live["metadata"]["namespace"]
        pods = self._store.list(_PODS, namespace)
        return any(pod["spec"].get("nodeName") and not _has_ended(pod) and name in claim_names(pod) for pod in pods)

    def _release(self, resource: Resource, live: Manifest) -> None:
        finalizers = [item for item in live["metadata"].get("finalizers") or [] if item != PROTECTED[resource]]
        metadata = {field: value for field, value in live["metadata"].items() if field != "finalizers"}
        after = {**live, "metadata": metadata | ({"finalizers": finalizers} if finalizers else {})}
        now = timestamp(self._store.clock())
        remove_or_put(self._store, resource, track_update(live, after, manager=CONTROLLERS, time=now), live)


def _has_ended(pod: Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") in ENDED


def _is_over(event: Event) -> bool:
    return event.type == "DELETED" or _has_ended(event.manifest)

"""The initial objects of a new API server: namespaces, two priority classes, and the Service `kubernetes`.

Controllers create the service accounts and certificates in those namespaces, as in any other namespace.

Source: page "Namespaces", section "Initial namespaces"; pkg/controlplane/controller of Kubernetes 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import NAMESPACES, PRIORITY_CLASSES, SERVICES
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.validation.scheduling import SYSTEM_PRIORITIES
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.sandbox.registry.strategies import prepare_create
from tenantkit.sandbox.registry.system_writes import API_SERVER

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store

INITIAL_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "default")
_PRIORITY_TEXTS = {
    "system-node-critical": "Used for system critical pods that must not be moved from their current node.",
    "system-cluster-critical": (
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
    ),
}


def put_initial_objects(store: Store, *, port: int) -> None:
    """Put the initial objects into an empty store.

    Args:
        store: the store to fill.
        port: the port that the server listens on: the target port of the Service `kubernetes`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.storage.store import Store
        >>> put_initial_objects(Store(lambda: datetime.now(UTC)), port=6443)
    """
    for name in INITIAL_NAMESPACES:
        _put(store, NAMESPACES, _namespace(name))
    for name, value in SYSTEM_PRIORITIES.items():
        _put(store, PRIORITY_CLASSES, _priority_class(name, value))
    _put(store, SERVICES, _service(port))


def _put(store: Store, resource: Resource, manifest: Manifest) -> None:
    """Store a new object as a request would. Fields that the server itself adds have no manager."""
    tracked = track_update(None, manifest, manager=API_SERVER, time=timestamp(store.clock()))
    store.put(resource, prepare_create(tracked))


def _namespace(name: str) -> Manifest:
    labels = {"kubernetes.io/metadata.name": name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}, "spec": {}}


def _priority_class(name: str, value: int) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "description": _PRIORITY_TEXTS[name],
        "preemptionPolicy": "PreemptLowerPriority",
    }


def _service(port: int) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": "10.96.0.1",
            "internalTrafficPolicy": "Cluster",
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
    }

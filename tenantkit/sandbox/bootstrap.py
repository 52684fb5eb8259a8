"""What stands on a fresh API server before anybody asks: four namespaces and the Service of the server itself.

The service accounts and certificates in those namespaces are the controllers' work, as in any other.

Source: page "Namespaces", section "Initial namespaces"; pkg/controlplane/controller of Kubernetes 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.admission import NAMESPACES
from tenantkit.sandbox.own_writes import API_SERVER, put_as
from tenantkit.sandbox.resources import find

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.store import Store

INITIAL_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "default")
SERVICES = find("", "v1", "services")


def put_initial_objects(store: Store, *, port: int) -> None:
    """Put the initial objects into an empty store.

    Args:
        store: where to.
        port: the server's own, which the Service `kubernetes` names as its target.

    Example:
        >>> put_initial_objects(store, port=6443)
    """
    for name in INITIAL_NAMESPACES:
        put_as(API_SERVER, store, NAMESPACES, _namespace(name))
    put_as(API_SERVER, store, SERVICES, _service(port))


def _namespace(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
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
            "clusterIPs": ["10.96.0.1"],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    }

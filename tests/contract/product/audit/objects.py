"""Objects that break a wall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

RBAC = "rbac.authorization.k8s.io"
MALLORY: Manifest = {"kind": "User", "apiGroup": RBAC, "name": "mallory@example.com"}
EVERYBODY: Manifest = {"kind": "Group", "apiGroup": RBAC, "name": "system:authenticated"}


def binding(name: str, role: str, subject: Manifest, *, kind: str = "ClusterRole", **metadata: Any) -> Manifest:
    return {
        "kind": "RoleBinding",
        "metadata": {"name": name, **metadata},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role},
        "subjects": [subject],
    }


def cluster_binding(name: str, role: str, subject: Manifest) -> Manifest:
    return binding(name, role, subject) | {"kind": "ClusterRoleBinding"}


def role(name: str, group: str, resource: str, *verbs: str, kind: str = "Role", **metadata: Any) -> Manifest:
    rule = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    return {"kind": kind, "metadata": {"name": name, **metadata}, "rules": [rule]}


def ingress(name: str, spec: Manifest, **metadata: Any) -> Manifest:
    return {"kind": "Ingress", "metadata": {"name": name, **metadata}, "spec": spec}


def rule(host: str | None) -> Manifest:
    backend = {"service": {"name": "ai-service", "port": {"number": 80}}}
    path = {"path": "/by-hand", "pathType": "Prefix", "backend": backend}
    return {"http": {"paths": [path]}} | ({"host": host} if host else {})


def service(name: str, **spec: Any) -> Manifest:
    ports = [{"port": 80}] if spec.get("type") != "ExternalName" else []
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports, **spec}}


def deployment(name: str, **pod: Any) -> Manifest:
    """A deployment without replicas: only its template breaks something."""
    labels = {"app": name}
    container = {"name": "main", "image": "busybox", **pod.pop("container", {})}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod}}
    return {
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def pod(name: str, **spec: Any) -> Manifest:
    resources = {"cpu": "10m", "memory": "16Mi"}
    container = {"name": "main", "image": "busybox", "resources": {"requests": resources, "limits": resources}}
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container], **spec}}


def policy(name: str, **spec: Any) -> Manifest:
    return {"kind": "NetworkPolicy", "metadata": {"name": name}, "spec": {"podSelector": {}, **spec}}


def namespace(name: str, labels: dict[str, str], annotations: dict[str, str] | None = None) -> Manifest:
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels, "annotations": annotations or {}}}

"""The kinds that tenants write: their paths, and a harmless object of each that attempts start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.product.isolation.attempt import changed_by, created_by
from tests.contract.product.isolation.place import EVE, RBAC, user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.attempt import Base, Request, Requests
    from tests.contract.product.isolation.place import Manifest, Place

_GATEWAY = "gateway.networking.k8s.io/v1"
_KINDS = {
    "Pod": ("v1", "pods"),
    "Deployment": ("apps/v1", "deployments"),
    "ReplicaSet": ("apps/v1", "replicasets"),
    "StatefulSet": ("apps/v1", "statefulsets"),
    "DaemonSet": ("apps/v1", "daemonsets"),
    "ReplicationController": ("v1", "replicationcontrollers"),
    "Job": ("batch/v1", "jobs"),
    "CronJob": ("batch/v1", "cronjobs"),
    "Service": ("v1", "services"),
    "ConfigMap": ("v1", "configmaps"),
    "Secret": ("v1", "secrets"),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "ControllerRevision": ("apps/v1", "controllerrevisions"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "ResourceQuota": ("v1", "resourcequotas"),
    "LimitRange": ("v1", "limitranges"),
    "Endpoints": ("v1", "endpoints"),
    "EndpointSlice": ("discovery.k8s.io/v1", "endpointslices"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "Ingress": ("networking.k8s.io/v1", "ingresses"),
    "HTTPRoute": (_GATEWAY, "httproutes"),
    "Gateway": (_GATEWAY, "gateways"),
    "ReferenceGrant": ("gateway.networking.k8s.io/v1beta1", "referencegrants"),
    "Role": (f"{RBAC}/v1", "roles"),
    "RoleBinding": (f"{RBAC}/v1", "rolebindings"),
}
TEMPLATES = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob")
# the server does not take strategic merge patches of custom resources
_CUSTOM = ("HTTPRoute", "Gateway", "ReferenceGrant")
POD: Manifest = {"containers": [{"name": "main", "image": "nginx"}]}


def resource(kind: str) -> str:
    """A kind's resource as `plural.group`."""
    api_version, plural = _KINDS[kind]
    group = api_version.rpartition("/")[0]
    return f"{plural}.{group}" if group else plural


def collection(kind: str, namespace: str) -> str:
    """The path of a kind in a namespace."""
    api_version, plural = _KINDS[kind]
    root = "apis" if "/" in api_version else "api"
    return f"/{root}/{api_version}/namespaces/{namespace}/{plural}"


def manifest(kind: str, name: str, content: Manifest, **metadata: Any) -> Manifest:
    """An object of a kind."""
    return {"apiVersion": _KINDS[kind][0], "kind": kind, "metadata": {"name": name, **metadata}, **content}


def with_pods(kind: str, name: str, spec: Manifest) -> Manifest:
    """A Pod, or a workload without running pods whose template has this spec."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": spec}
    once = {**template, "spec": {**spec, "restartPolicy": "Never"}}
    selector = {"matchLabels": labels}
    contents: dict[str, Manifest] = {
        "Pod": {"spec": spec},
        "Deployment": {"spec": {"replicas": 0, "selector": selector, "template": template}},
        "ReplicaSet": {"spec": {"replicas": 0, "selector": selector, "template": template}},
        "StatefulSet": {"spec": {"replicas": 0, "serviceName": name, "selector": selector, "template": template}},
        "DaemonSet": {"spec": {"selector": selector, "template": template}},
        "ReplicationController": {"spec": {"replicas": 0, "selector": labels, "template": template}},
        "Job": {"spec": {"suspend": True, "template": once}},
        "CronJob": {"spec": {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": {"template": once}}}},
    }
    return manifest(kind, name, contents[kind])


def ingress(name: str, host: str | None, *, tls: str | None = None, **metadata: Any) -> Manifest:
    """An Ingress with one rule."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec: Manifest = {"ingressClassName": "shared", "rules": [paths if host is None else {"host": host, **paths}]}
    if tls is not None:
        spec["tls"] = [{"hosts": [tls], "secretName": "web-tls"}]
    return manifest("Ingress", name, {"spec": spec}, **metadata)


def binding(name: str, *subjects: Manifest, role: str = "tenantkit-editor") -> Manifest:
    """A RoleBinding."""
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return manifest("RoleBinding", name, {"roleRef": ref, "subjects": list(subjects)})


def bases(place: Place) -> dict[str, Manifest]:
    """A harmless object of each kind that attempts change."""
    web = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    return {
        **{kind: with_pods(kind, "base", POD) for kind in ("Pod", *TEMPLATES)},
        "Service": manifest("Service", "base", {"spec": web}),
        "Secret": manifest("Secret", "base", {"stringData": {"key": "value"}}),
        "PersistentVolumeClaim": manifest("PersistentVolumeClaim", "base", {"spec": claim}),
        "PodDisruptionBudget": manifest("PodDisruptionBudget", "base", {"spec": budget}),
        "Ingress": ingress("base", place.host),
        "RoleBinding": binding("base", user(EVE)),
    }


def every_way(kind: str, hostile: Callable[[Place], Manifest]) -> Requests:
    """Make the hostile object, and change a harmless one into it.

    Args:
        kind: of both.
        hostile: from the place to the object.
    """

    def requests(place: Place, base: Base) -> Iterator[Request]:
        path, wanted = collection(kind, place.mine), hostile(place)
        yield from created_by(path, _tried(wanted))
        live = base(kind)
        yield from changed_by(f"{path}/{live['metadata']['name']}", live, wanted, strategic=kind not in _CUSTOM)

    return requests


def new(
    kind: str, *hostile: Callable[[Place], Manifest], namespace: Callable[[Place], str] = lambda place: place.mine
) -> Requests:
    """Make the hostile objects only: what they ask for can't be changed later."""

    def requests(place: Place, _: Base) -> Iterator[Request]:
        for wanted in hostile:
            yield from created_by(collection(kind, namespace(place)), _tried(wanted(place)))

    return requests


def _tried(wanted: Manifest) -> Manifest:
    """The object under a name that nothing has."""
    return {**wanted, "metadata": {**wanted["metadata"], "name": "tried"}}

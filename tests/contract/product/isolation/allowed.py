"""What tenants' people do every day, and what no wall may stop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.contract.product.isolation.attempt import Request, applied
from tests.contract.product.isolation.kinds import (
    POD,
    TEMPLATES,
    binding,
    collection,
    ingress,
    manifest,
    resource,
    with_pods,
)
from tests.contract.product.isolation.place import EVE, group, user
from tests.contract.product.isolation.pods import SAFE_POD
from tests.contract.wire import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.attempt import Base, Requests
    from tests.contract.product.isolation.place import Manifest, Place

TEAM = ("owner", "editor")
READERS = ("owner", "editor", "viewer")
_WEB: Manifest = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
_CLAIM: Manifest = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@dataclass(frozen=True)
class Work:
    """Something that must succeed.

    Args:
        what: without the subject.
        requests: as of an Attempt.
        who: the personas who do it.
        needs: the resource, as `plural.group`; on a server without it there is nothing to do.
    """

    what: str
    requests: Requests
    who: tuple[str, ...] = TEAM
    needs: str = ""

    def __str__(self) -> str:
        """The name of the test."""
        return self.what


def _made(kind: str, made: Callable[[Place], Manifest]) -> Requests:
    """Create it, and apply it."""

    def requests(place: Place, _: Base) -> Iterator[Request]:
        path, wanted = collection(kind, place.mine), made(place)
        yield Request("create", "POST", path, wanted)
        yield applied("apply", f"{path}/{wanted['metadata']['name']}", wanted)

    return requests


def _changed(kind: str, patch: Manifest, *, content_type: str = STRATEGIC_PATCH, sub: str = "") -> Requests:
    def requests(place: Place, base: Base) -> Iterator[Request]:
        base(kind)
        yield Request("patch", "PATCH", f"{collection(kind, place.mine)}/base{sub}", patch, content_type)

    return requests


def _deleted(kind: str) -> Requests:
    def requests(place: Place, base: Base) -> Iterator[Request]:
        base(kind)
        yield Request("delete", "DELETE", f"{collection(kind, place.mine)}/base")

    return requests


def _read(*kinds: str) -> Requests:
    def requests(place: Place, _: Base) -> Iterator[Request]:
        for kind in kinds:
            yield Request(f"list of {kind}", "GET", collection(kind, place.mine), query=())
        yield Request("get of the Namespace", "GET", f"/api/v1/namespaces/{place.mine}", query=())

    return requests


def _may(*questions: tuple[str, str]) -> Requests:
    """Ask the server whether it is allowed, where no kubelet would answer."""

    def requests(place: Place, _: Base) -> Iterator[Request]:
        for verb, name in questions:
            plural, _slash, sub = name.partition("/")
            attributes = {"namespace": place.mine, "verb": verb, "resource": plural, "subresource": sub}
            review = {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": attributes},
            }
            path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            yield Request(f"{verb} {name}", "POST", path, review, query=())

    return requests


def _evicted(place: Place, base: Base) -> Iterator[Request]:
    base("Pod")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "base", "namespace": place.mine}}
    yield Request("eviction", "POST", f"{collection('Pod', place.mine)}/base/eviction", eviction)


def _pod(spec: Manifest) -> Callable[[Place], Manifest]:
    return lambda _: with_pods("Pod", "work", {**POD, **spec})


def _workload(kind: str, _: Place) -> Manifest:
    return with_pods(kind, "work", POD)


def _gpus() -> Manifest:
    limits = {"nvidia.com/gpu": "2"}
    return {"containers": [{**POD["containers"][0], "resources": {"limits": limits, "requests": limits}}]}


def _volumes() -> Manifest:
    sources: list[Manifest] = [
        {"emptyDir": {}},
        {"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"configMap": {"name": "settings", "optional": True}},
        {"secret": {"secretName": "password", "optional": True}},
        {"persistentVolumeClaim": {"claimName": "data"}},
        {
            "projected": {
                "sources": [{"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}}]
            }
        },
        {"ephemeral": {"volumeClaimTemplate": {"spec": _CLAIM}}},
    ]
    return {"volumes": [{"name": f"v{number}", **source} for number, source in enumerate(sources)]}


def _autoscaler(_: Place) -> Manifest:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}
    return manifest("HorizontalPodAutoscaler", "work", {"spec": spec})


def _budget(**fields: Any) -> Callable[[Place], Manifest]:
    spec = {"selector": {"matchLabels": {"app": "web"}}, **fields}
    return lambda _: manifest("PodDisruptionBudget", "work", {"spec": spec})


def _service(**fields: Any) -> Callable[[Place], Manifest]:
    return lambda _: manifest("Service", "work", {"spec": {**_WEB, **fields}})


def _secret(kind: str, **data: str) -> Callable[[Place], Manifest]:
    return lambda _: manifest("Secret", "work", {"type": kind, "stringData": data})


def _gpu_toleration() -> Manifest:
    return {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]}


_NEW_IMAGE = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}}}}
WORK = [
    *(
        Work(f"make a {kind}", _made(kind, partial(_workload, kind)), needs=resource(kind))
        for kind in ("Pod", *TEMPLATES)
    ),
    Work("make a pod with the GPUs that were granted", _made("Pod", _pod(_gpus()))),
    Work("make a pod that tolerates the taint of GPU nodes", _made("Pod", _pod(_gpu_toleration()))),
    Work("make a pod that chooses nodes by label", _made("Pod", _pod({"nodeSelector": {"gpu": "a100"}}))),
    Work("make a pod with the account of workloads", _made("Pod", _pod({"serviceAccountName": "workload"}))),
    Work("mount the usual volumes", _made("Pod", _pod(_volumes()))),
    Work("make a pod that meets the level `restricted`", _made("Pod", _pod(SAFE_POD))),
    Work("change the image of a Deployment", _changed("Deployment", _NEW_IMAGE)),
    Work(
        "restart a Deployment",
        _changed("Deployment", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}),
    ),
    Work(
        "scale a Deployment", _changed("Deployment", {"spec": {"replicas": 1}}, content_type=MERGE_PATCH, sub="/scale")
    ),
    Work(
        "scale a StatefulSet",
        _changed("StatefulSet", {"spec": {"replicas": 1}}, content_type=MERGE_PATCH, sub="/scale"),
    ),
    Work("resume a Job", _changed("Job", {"spec": {"suspend": False}}, content_type=MERGE_PATCH)),
    Work("label a pod", _changed("Pod", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH)),
    Work(
        "remove a finalizer of a pod",
        _changed("Pod", [{"op": "add", "path": "/metadata/finalizers", "value": []}], content_type=JSON_PATCH),  # type: ignore[arg-type]
    ),
    *(Work(f"delete a {kind}", _deleted(kind)) for kind in ("Pod", "Deployment", "Job", "Service", "Secret")),
    Work("evict a pod", _evicted),
    Work(
        "make an autoscaler", _made("HorizontalPodAutoscaler", _autoscaler), needs=resource("HorizontalPodAutoscaler")
    ),
    Work(
        "make a budget that lets one pod go",
        _made("PodDisruptionBudget", _budget(maxUnavailable=1)),
        needs=resource("PodDisruptionBudget"),
    ),
    Work(
        "make a budget that keeps half",
        _made("PodDisruptionBudget", _budget(minAvailable="50%")),
        needs=resource("PodDisruptionBudget"),
    ),
    Work("make a Service", _made("Service", _service())),
    Work("make a headless Service", _made("Service", _service(clusterIP="None"))),
    Work(
        "make a claim",
        _made("PersistentVolumeClaim", lambda _: manifest("PersistentVolumeClaim", "work", {"spec": _CLAIM})),
    ),
    Work("make a ConfigMap", _made("ConfigMap", lambda _: manifest("ConfigMap", "work", {"data": {"a": "b"}}))),
    Work("make a Secret", _made("Secret", _secret("Opaque", a="b"))),
    Work(
        "make a Secret for pulling images",
        _made("Secret", _secret("kubernetes.io/dockerconfigjson", **{".dockerconfigjson": "{}"})),
    ),
    Work(
        "make a Secret with a certificate",
        _made("Secret", _secret("kubernetes.io/tls", **{"tls.crt": "", "tls.key": ""})),
    ),
    Work(
        "enter a pod, read its logs and forward a port",
        _may(("create", "pods/exec"), ("create", "pods/attach"), ("create", "pods/portforward"), ("get", "pods/log")),
    ),
    Work(
        "read everything but Secrets",
        _read(
            "Pod",
            "Deployment",
            "Service",
            "ConfigMap",
            "ResourceQuota",
            "LimitRange",
            "NetworkPolicy",
            "Ingress",
            "RoleBinding",
        ),
        who=READERS,
    ),
    Work("read the logs of a pod", _may(("get", "pods/log")), who=READERS),
    Work(
        "read the platform's settings",
        lambda _p, _b: iter(
            [Request("get", "GET", "/api/v1/namespaces/tenantkit-system/configmaps/platform", query=())]
        ),
        who=READERS,
    ),
    Work(
        "expose a Service at the own host", _made("Ingress", lambda place: ingress("work", place.host)), who=("owner",)
    ),
    Work(
        "expose it with a certificate",
        _made("Ingress", lambda place: ingress("work", place.host, tls=place.host)),
        who=("owner",),
    ),
    Work("change and remove a route", _deleted("Ingress"), who=("owner",)),
    Work(
        "add an editor and a viewer",
        lambda place, _: (
            Request(
                role,
                "POST",
                collection("RoleBinding", place.mine),
                binding("work", user(EVE), role=f"tenantkit-{role}"),
            )
            for role in ("editor", "viewer")
        ),
        who=("owner",),
    ),
    Work("add a group", _made("RoleBinding", lambda _: binding("work", group("ml-team"))), who=("owner",)),
    Work("remove a member", _deleted("RoleBinding"), who=("owner",)),
    Work("make an account", _made("ServiceAccount", lambda _: manifest("ServiceAccount", "work", {})), who=("owner",)),
]

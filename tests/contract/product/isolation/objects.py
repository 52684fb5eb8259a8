"""What other objects of a tenant try: open ports, take volumes, mint tokens, block evictions, fill the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.product.isolation.attempt import Attempt, Request, changed_by
from tests.contract.product.isolation.kinds import collection, every_way, manifest, new, resource
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.attempt import Base, Requests
    from tests.contract.product.isolation.place import Manifest, Place

_PORTS: Manifest = {"selector": {"app": "web"}, "ports": [{"port": 80}]}


def _service(**fields: Any) -> Callable[[Place], Manifest]:
    return lambda place: manifest(
        "Service",
        "base",
        {"spec": {**_PORTS, **{key: value(place) if callable(value) else value for key, value in fields.items()}}},
    )


def _load_balancer_status(place: Place, _: Base) -> Iterator[Request]:
    patch = {"status": {"loadBalancer": {"ingress": [{"ip": "8.8.8.8"}]}}}
    yield Request("status", "PATCH", f"{collection('Service', place.mine)}/base/status", patch, MERGE_PATCH)


def _external_name(place: Place) -> str:
    return f"web.{place.other}.svc.cluster.local"


def _endpoints(place: Place, _: Base) -> Iterator[Request]:
    addresses = {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 443}]}]}
    path = collection("Endpoints", place.mine)
    yield Request("create", "POST", path, manifest("Endpoints", "base", addresses))
    yield Request("merge patch", "PATCH", f"{path}/base", addresses, MERGE_PATCH)
    slices = {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 443}]}
    path = collection("EndpointSlice", place.mine)
    yield Request("create of a slice", "POST", path, manifest("EndpointSlice", "base", slices))
    yield Request("merge patch of a slice", "PATCH", f"{path}/base", slices, MERGE_PATCH)


SERVICES = [
    Attempt(
        "open a port on every node",
        ("guardrail services",),
        every_way("Service", _service(type="NodePort")),
        source="benchmark block_use_of_nodeport_services",
    ),
    Attempt("take a public address", ("guardrail services",), every_way("Service", _service(type="LoadBalancer"))),
    Attempt(
        "point a Service at another tenant by ExternalName",
        ("guardrail services",),
        every_way("Service", _service(type="ExternalName", externalName=_external_name)),
    ),
    Attempt(
        "catch traffic to an address by externalIPs",
        ("guardrail services",),
        every_way("Service", _service(externalIPs=["8.8.8.8"])),
    ),
    Attempt(
        "choose a cluster address",
        ("guardrail services",),
        every_way("Service", _service(clusterIP="10.96.0.77")),
    ),
    Attempt("announce an address by the status of a Service", ("RBAC",), _load_balancer_status),
    Attempt("send traffic to an address by Endpoints or EndpointSlices", ("RBAC",), _endpoints),
]


def _claim(**fields: Any) -> Callable[[Place], Manifest]:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return lambda _: manifest("PersistentVolumeClaim", "base", {"spec": {**claim, **fields}})


def _large_claim(_: Place) -> Manifest:
    return _claim(resources={"requests": {"storage": "100Ti"}})(_)


def _token(of: str) -> Callable[[Place], Manifest]:
    annotations = {"kubernetes.io/service-account.name": of}
    content = {"type": "kubernetes.io/service-account-token"}
    return lambda _: manifest("Secret", "base", content, annotations=annotations)


def _token_request(place: Place, _: Base) -> Iterator[Request]:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": []}}
    for account in ("default", "workload"):
        path = f"{collection('ServiceAccount', place.mine)}/{account}/token"
        yield Request(account, "POST", path, body, query=())


def _budget(**fields: Any) -> Callable[[Place], Manifest]:
    spec = {"selector": {"matchLabels": {"app": "web"}}, **fields}
    return lambda _: manifest("PodDisruptionBudget", "base", {"spec": spec})


_BLOCKING: dict[str, Manifest] = {
    "`maxUnavailable: 0`": {"maxUnavailable": 0},
    "`maxUnavailable: 0%`": {"maxUnavailable": "0%"},
    "`minAvailable: 100%`": {"minAvailable": "100%", "maxUnavailable": None},
}
CLAIMS = [
    Attempt(
        "take a volume that is meant for another by `volumeName`",
        ("guardrail pods",),
        every_way("PersistentVolumeClaim", _claim(volumeName="of-another")),
    ),
    Attempt(
        "take a volume by its labels",
        ("guardrail pods",),
        new("PersistentVolumeClaim", _claim(selector={"matchLabels": {"of": "another"}})),
    ),
    Attempt(
        "claim more storage than was granted",
        ("limits",),
        new("PersistentVolumeClaim", _large_claim),
        source="benchmark configure_ns_quotas",
    ),
    Attempt(
        "mint a token of an account by a Secret",
        ("guardrail people",),
        every_way("Secret", _token("workload")),
    ),
    Attempt("request a token of an account", ("RBAC",), _token_request),
    *(
        Attempt(
            f"block evictions by {shown}",
            ("guardrail pods",),
            every_way("PodDisruptionBudget", _budget(**fields)),
            needs=resource("PodDisruptionBudget"),
        )
        for shown, fields in _BLOCKING.items()
    ),
]


def _policy(place: Place, _: Base) -> Iterator[Request]:
    path = collection("NetworkPolicy", place.mine)
    content = {"spec": {"podSelector": {}, "ingress": [{}], "egress": [{}], "policyTypes": ["Ingress", "Egress"]}}
    yield Request("create", "POST", path, manifest("NetworkPolicy", "allow-all", content))
    for name in ("tenantkit-default-deny", "tenantkit-egress"):
        yield Request(f"patch of {name}", "PATCH", f"{path}/{name}", content, MERGE_PATCH)
        yield Request(f"delete of {name}", "DELETE", f"{path}/{name}")
    yield Request("delete of all", "DELETE", path)


def _wall(kind: str, name: str, content: Manifest) -> Requests:
    """Make another one, change ours in each way, remove ours, and change its status."""

    def requests(place: Place, base: Base) -> Iterator[Request]:
        path = collection(kind, place.mine)
        yield Request("create", "POST", path, manifest(kind, "second", content))
        live = base(f"{kind}/{name}")
        yield from changed_by(f"{path}/{name}", live, {"metadata": {}, **content})
        yield from changed_by(f"{path}/{name}", live, {"metadata": {"labels": {}, "annotations": {"a": "b"}}})
        yield Request("status", "PATCH", f"{path}/{name}/status", {"status": {"used": {}}}, MERGE_PATCH)
        yield Request("delete", "DELETE", f"{path}/{name}")
        yield Request("delete of all", "DELETE", path)

    return requests


def _namespace(place: Place, base: Base) -> Iterator[Request]:
    path, live = f"/api/v1/namespaces/{place.mine}", base(f"Namespace/{place.mine}")
    changes: tuple[Manifest, ...] = (
        {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
        {"labels": {"tenantkit.dev/tenant": place.other}},
        {"annotations": {"tenantkit.dev/grant": "{}"}},
        {"annotations": {"tenantkit.dev/hosts": place.other_host}},
    )
    for metadata in changes:
        yield from changed_by(path, live, {"metadata": metadata})
    yield Request("delete", "DELETE", path)
    yield Request("finalize", "PUT", f"{path}/finalize", live)


WALLED = [
    Attempt(
        "open, change or remove the network policies",
        ("RBAC",),
        _policy,
        who=("owner", "editor", "viewer"),
        source="benchmark block_multitenant_resources",
    ),
    Attempt(
        "change or remove the quota",
        ("RBAC",),
        _wall("ResourceQuota", "tenantkit-quota", {"spec": {"hard": {"pods": "9999"}}}),
        who=("owner", "editor", "viewer"),
        source="benchmark block_ns_quota",
    ),
    Attempt(
        "change or remove the limits of containers",
        ("RBAC",),
        _wall("LimitRange", "tenantkit-limits", {"spec": {"limits": []}}),
        who=("owner", "editor", "viewer"),
        source="benchmark block_multitenant_resources",
    ),
    Attempt(
        "change or delete the Namespace, its Pod Security level, the grant or the hosts",
        ("RBAC",),
        _namespace,
        who=("owner", "editor", "viewer"),
        source="benchmark block_multitenant_resources",
    ),
]

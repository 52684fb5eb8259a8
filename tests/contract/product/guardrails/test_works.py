"""What has to work with all guardrails in: controllers, deletions, other tools, and an administrator's repairs."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants
from tenantkit.provision.plan import plan
from tests.contract.api.kind_samples import ONCE, POD, SELECTOR, TEMPLATE
from tests.contract.product.guardrails import cases
from tests.contract.product.guardrails.conftest import DRY_RUN, RBAC, denied
from tests.contract.tenants import ROUTE, fresh_name, tenant
from tests.contract.wire import APPLY, JSON_PATCH, kubectl
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.product.guardrails.conftest import Place
    from tests.contract.wire import Wire

STUCK = "example.com/stuck"


def deployment(name: str, replicas: int = 1) -> dict[str, Any]:
    """A Deployment that does no harm."""
    spec = {"replicas": replicas, "selector": SELECTOR, "template": TEMPLATE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


@contextmanager
def account(admin: Wire, namespace: str, role: str, place: str | None) -> Iterator[Wire]:
    """Requests of a ServiceAccount of another namespace that has a ClusterRole, in one namespace or in all."""
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    admin("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    admin("POST", accounts, {"metadata": {"name": "tool"}})
    root = f"/apis/{RBAC}/v1"
    bindings = f"{root}/namespaces/{place}/rolebindings" if place else f"{root}/clusterrolebindings"
    binding = {
        "metadata": {"name": f"contract-{namespace}"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": "tool"}],
    }
    assert admin("POST", bindings, binding).status == 201
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = admin("POST", f"{accounts}/tool/token", request).body["status"]["token"]
    wire = admin.as_nobody(token)
    try:
        yield wire
    finally:
        wire.close()
        admin("DELETE", f"{bindings}/contract-{namespace}")
        admin("DELETE", f"/api/v1/namespaces/{namespace}")


def test_a_tenant_is_deleted_with_everything_in_it(place: Place, cluster: Cluster, wire: Wire) -> None:
    assert place.name
    with fresh_name(cluster, installs=False) as name:
        apply(cluster, plan(cluster, tenant(name, routes=[ROUTE])), progress=False)
        wire("POST", f"/apis/apps/v1/namespaces/{name}/deployments", deployment("web"))

        assert delete_tenants(cluster, name, confirm=name, progress=False).is_complete


def test_kubectl_deletes_the_namespace_of_a_tenant(place: Place, cluster: Cluster, engine: Engine, wire: Wire) -> None:
    assert place.name
    login = engine.login("admin")
    context = ["--context", login.context] if login.context else []
    with fresh_name(cluster, installs=False) as name:
        apply(cluster, plan(cluster, tenant(name, routes=[ROUTE])), progress=False)
        wire("POST", f"/apis/apps/v1/namespaces/{name}/deployments", deployment("web"))

        kubectl(login.kubeconfig, *context, "delete", "namespace", name, "--wait=false")

        eventually(lambda: wire("GET", f"/api/v1/namespaces/{name}").status == 404)


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_what_has_lost_its_owner_is_collected(propagation: str, place: Place, wire: Wire, anyone: Wire) -> None:
    root = f"/apis/apps/v1/namespaces/{place.name}"
    name = f"collected-{propagation.lower()}"
    body = deployment(name)
    assert anyone("POST", f"{root}/deployments", body).status == 201
    pods = f"/api/v1/namespaces/{place.name}/pods"
    eventually(lambda: any(it["metadata"]["name"].startswith(name) for it in wire("GET", pods).body["items"]))

    anyone("DELETE", f"{root}/deployments/{name}", {"propagationPolicy": propagation})

    eventually(lambda: wire("GET", f"{root}/deployments/{name}").status == 404)
    eventually(lambda: not any(it["metadata"]["name"].startswith(name) for it in wire("GET", pods).body["items"]))


def test_a_job_makes_its_pod(place: Place, wire: Wire, anyone: Wire) -> None:
    body = {"metadata": {"name": "once"}, "spec": {"template": {"spec": ONCE}}}
    assert anyone("POST", f"/apis/batch/v1/namespaces/{place.name}/jobs", body).status == 201

    pods = f"/api/v1/namespaces/{place.name}/pods"
    query = {"labelSelector": "batch.kubernetes.io/job-name=once"}
    eventually(lambda: wire("GET", pods, query=query).body["items"])
    anyone("DELETE", f"/apis/batch/v1/namespaces/{place.name}/jobs/once", {"propagationPolicy": "Background"})


@pytest.mark.gap("sandbox", raises=AssertionError, reason="runs no CronJobs")
def test_a_cron_job_makes_its_jobs(place: Place, wire: Wire, anyone: Wire) -> None:
    root = f"/apis/batch/v1/namespaces/{place.name}"
    spec = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": ONCE}}}}
    assert anyone("POST", f"{root}/cronjobs", {"metadata": {"name": "often"}, "spec": spec}).status == 201
    try:
        is_sandbox = wire("GET", "/apis/policy/v1").status == 404  # there is nothing to wait for
        eventually(
            lambda: any(
                it["metadata"]["name"].startswith("often-") for it in wire("GET", f"{root}/jobs").body["items"]
            ),
            timeout_s=0 if is_sandbox else 75,
            poll_s=0.5,
        )
    finally:
        anyone("DELETE", f"{root}/cronjobs/often", {"propagationPolicy": "Background"})


@pytest.mark.gap("sandbox", raises=AssertionError, reason="has no autoscaler")
def test_an_autoscaler_scales(place: Place, wire: Wire, anyone: Wire) -> None:
    root = f"/apis/apps/v1/namespaces/{place.name}/deployments"
    autoscaler = {
        "metadata": {"name": "scaled"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "scaled"},
            "minReplicas": 2,
            "maxReplicas": 3,
        },
    }
    assert anyone("POST", root, deployment("scaled")).status == 201
    try:
        path = f"/apis/autoscaling/v2/namespaces/{place.name}/horizontalpodautoscalers"
        assert anyone("POST", path, autoscaler).status == 201
        eventually(lambda: wire("GET", f"{root}/scaled").body["spec"]["replicas"] == 2)
        anyone("DELETE", f"{path}/scaled")
    finally:
        anyone("DELETE", f"{root}/scaled", {"propagationPolicy": "Background"})


def test_a_workload_is_scaled_by_its_subresource(place: Place, anyone: Wire) -> None:
    root = f"/apis/apps/v1/namespaces/{place.name}/deployments"
    assert anyone("POST", root, deployment("by-hand", 0)).status == 201
    scale = [{"op": "replace", "path": "/spec/replicas", "value": 2}]

    answer = anyone("PATCH", f"{root}/by-hand/scale", scale, content_type=JSON_PATCH)

    assert (answer.status, answer.body["spec"]["replicas"]) == (200, 2)
    anyone("DELETE", f"{root}/by-hand", {"propagationPolicy": "Background"})


@pytest.mark.gap("sandbox", raises=AssertionError, reason="binds no claims to volumes")
def test_a_claim_is_bound_to_its_volume(place: Place, wire: Wire, anyone: Wire) -> None:
    claims = f"/api/v1/namespaces/{place.name}/persistentvolumeclaims"
    shape = {"accessModes": ["ReadWriteOnce"], "storageClassName": "contract"}
    volume = {
        "metadata": {"name": f"volume-{place.name}"},
        "spec": {**shape, "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/data"}},
    }
    claim = {"metadata": {"name": "data"}, "spec": {**shape, "resources": {"requests": {"storage": "1Gi"}}}}
    assert wire("POST", "/api/v1/persistentvolumes", volume).status == 201
    try:
        assert anyone("POST", claims, claim).status == 201
        is_sandbox = wire("GET", "/apis/policy/v1").status == 404  # there is nothing to wait for
        eventually(
            lambda: wire("GET", f"{claims}/data").body["status"].get("phase") == "Bound",
            timeout_s=0 if is_sandbox else 60,
        )
    finally:
        anyone("DELETE", f"{claims}/data")
        wire("DELETE", f"/api/v1/persistentvolumes/volume-{place.name}")


def test_a_service_gets_its_endpoint_slice(place: Place, wire: Wire, anyone: Wire) -> None:
    root = f"/api/v1/namespaces/{place.name}/services"
    body = {"metadata": {"name": "sliced"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    assert anyone("POST", root, body).status == 201

    slices = f"/apis/discovery.k8s.io/v1/namespaces/{place.name}/endpointslices"
    query = {"labelSelector": "kubernetes.io/service-name=sliced"}
    eventually(lambda: wire("GET", slices, query=query).body["items"])
    anyone("DELETE", f"{root}/sliced")


def test_cert_managers_solver_works_with_a_service_inside_the_cluster(place: Place, wire: Wire) -> None:
    """It makes a pod, a Service and an Ingress; its Service is a node port unless its issuer says ClusterIP."""
    pod = {"metadata": {"name": "cm-acme"}, "spec": POD | {"nodeSelector": {"kubernetes.io/os": "linux"}}}
    service = {"metadata": {"name": "cm-acme"}, "spec": {"type": "ClusterIP", "ports": [{"port": 8089}]}}
    path = {"path": "/.well-known/acme-challenge/x", "pathType": "ImplementationSpecific", "backend": cases.BACKEND}
    ingress = {
        "metadata": {
            "name": "cm-acme",
            "annotations": {"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"},
        },
        "spec": {"ingressClassName": "shared", "rules": [{"host": place.host, "http": {"paths": [path]}}]},
    }
    core, networking = f"/api/v1/namespaces/{place.name}", f"/apis/networking.k8s.io/v1/namespaces/{place.name}"
    with account(wire, "cert-manager", "contract-every-right", place.name) as solver:
        for where, body in ((f"{core}/pods", pod), (f"{core}/services", service), (f"{networking}/ingresses", ingress)):
            eventually(partial(_is_made, solver, where, body))

        node_port = service | {"spec": {"type": "NodePort", "ports": [{"port": 8089}]}}
        denied(solver("POST", f"{core}/services", node_port, query=DRY_RUN), "use ClusterIP")


def _is_made(wire: Wire, path: str, body: dict[str, Any]) -> bool:
    return wire("POST", path, body, query=DRY_RUN).status == 201


@pytest.mark.parametrize("role", ["cluster-admin", "contract-every-right"])
def test_a_deployment_tool_applies_a_workload(role: str, place: Place, wire: Wire) -> None:
    query = {"fieldManager": "argocd-controller", "force": "true"}
    is_everywhere = role == "cluster-admin"
    namespace = "argocd" if is_everywhere else "argocd-of-a-tenant"
    with account(wire, namespace, role, None if is_everywhere else place.name) as tool:
        body = deployment("synced", 0)
        body["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "app:apps/Deployment:x/synced"}
        path = f"/apis/apps/v1/namespaces/{place.name}/deployments/synced"
        eventually(lambda: tool("PATCH", path, body, content_type=APPLY, query=query).status in (200, 201))
        body["spec"]["replicas"] = 1

        assert tool("PATCH", path, body, content_type=APPLY, query=query).status == 200
        tool("DELETE", path, {"propagationPolicy": "Background"})


OLD = {
    "a binding": (
        f"/apis/{RBAC}/v1/namespaces/{{}}/rolebindings",
        {
            "roleRef": cases.ROLE_REF,
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}],
        },
    ),
    "an Ingress": (
        "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
        {"spec": {"rules": [{"host": "*.example.com", **cases.PATHS}]}},
    ),
    "a Service": (
        "/api/v1/namespaces/{}/services",
        {"spec": {"type": "ExternalName", "externalName": "example.com"}},
    ),
    "a Deployment": (
        "/apis/apps/v1/namespaces/{}/deployments",
        {
            "spec": {
                "replicas": 0,
                "selector": SELECTOR,
                "template": {**TEMPLATE, "spec": POD | {"nodeName": "control-plane"}},
            }
        },
    ),
}


@pytest.mark.parametrize("repairer", ["admin", "stranger"])
@pytest.mark.parametrize(("root", "body"), OLD.values(), ids=OLD.keys())
def test_the_finalizer_of_an_object_older_than_the_rule_is_removed(  # noqa: PLR0913 (fixtures)
    *,
    repairer: str,
    root: str,
    body: dict[str, Any],
    place: Place,
    wire: Wire,
    wire_as: Callable[[str], Wire],
) -> None:
    """An administrator makes it, who is exempt, as somebody did before the rule."""
    path, user = root.format(place.name), wire_as(repairer)
    old = body | {"metadata": {"name": "older", "finalizers": [STUCK]}}
    assert wire("POST", path, old).status == 201
    user("DELETE", f"{path}/older")

    remove = [{"op": "remove", "path": "/metadata/finalizers"}]
    answer = user("PATCH", f"{path}/older", remove, content_type=JSON_PATCH)

    assert answer.status == 200, answer.body
    eventually(lambda: wire("GET", f"{path}/older").status == 404)

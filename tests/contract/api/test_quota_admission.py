"""Quotas: the messages of refusals, and when objects are counted; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.rules.manifest import ref_of
from tests.contract.api.refusals import refusal
from tests.contract.wire import MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


HARD = {
    "configmaps": "4",
    "count/foos.example.com": "1",
    "count/jobs.batch": "3",
    "count/ingresses.networking.k8s.io": "1",
    "limits.memory": "2048Mi",
    "pods": "2",
    "requests.cpu": "1",
    "requests.memory": "1Gi",
    "requests.nvidia.com/gpu": "1",
    "services.loadbalancers": "0",
}


def quota(namespace: str, hard: dict[str, str], **spec: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "tenantkit-quota", "namespace": namespace},
        "spec": {"hard": hard, **spec},
    }


def pod(
    namespace: str,
    name: str = "trainer",
    requests: dict[str, str] | None = None,
    limits: dict[str, str] | None = None,
    **spec: Any,
) -> Manifest:
    resources = {field: value for field, value in (("requests", requests), ("limits", limits)) if value}
    main = {"name": "main", "image": "busybox", "resources": resources}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [main], **spec},
    }


def service(namespace: str, name: str, **spec: Any) -> Manifest:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": ports, **spec},
    }


def used(cluster: Cluster, namespace: str) -> dict[str, str]:
    status = cluster.get("ResourceQuota", "tenantkit-quota", namespace).get("status") or {}
    return dict(status.get("used") or {})


def put_quota(cluster: Cluster, namespace: str, hard: dict[str, str], **spec: Any) -> None:
    """Create the quota and wait until it has a count: it refuses nothing before."""
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    cluster.create(quota(namespace, hard, **spec))
    eventually(lambda: used(cluster, namespace))


def test_a_new_quota_has_no_status_until_it_is_counted(cluster: Cluster, namespace: str) -> None:
    eventually(lambda: cluster.get("ConfigMap", "kube-root-ca.crt", namespace))
    assert cluster.create(quota(namespace, HARD))["status"] == {}
    eventually(lambda: used(cluster, namespace))
    assert cluster.get("ResourceQuota", "tenantkit-quota", namespace)["status"] == {
        "hard": {**HARD, "limits.memory": "2Gi"},
        "used": {
            "configmaps": "1",
            "count/ingresses.networking.k8s.io": "0",
            "count/jobs.batch": "0",
            "limits.memory": "0",
            "pods": "0",
            "requests.cpu": "0",
            "requests.memory": "0",
            "requests.nvidia.com/gpu": "0",
            "services.loadbalancers": "0",
        },
    }


def test_a_limit_that_is_written_to_the_status_is_in_force_until_the_next_count(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    wire("POST", path, {"metadata": {"name": "few"}, "spec": {"hard": {"count/configmaps": "9"}}})
    eventually(lambda: wire("GET", f"{path}/few").body["status"].get("used"))
    stated = {"status": {"hard": {"count/configmaps": "0"}}}
    assert wire("PATCH", f"{path}/few/status", stated, content_type=MERGE_PATCH).status == 200

    answer = wire("POST", f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "one"}})

    assert answer.status == 403
    assert "limited: count/configmaps=0" in answer.body["message"]
    assert wire("GET", f"{path}/few").body["status"]["hard"] == {"count/configmaps": "0"}


def test_a_created_object_is_counted_at_once(cluster: Cluster, namespace: str) -> None:
    put_quota(cluster, namespace, HARD)
    before = cluster.get("ResourceQuota", "tenantkit-quota", namespace)
    cluster.create(pod(namespace, "a", {"cpu": "500m", "memory": "512Mi"}, {"memory": "1Gi", "nvidia.com/gpu": "1"}))
    after = cluster.get("ResourceQuota", "tenantkit-quota", namespace)
    assert after["status"]["used"] == {
        **before["status"]["used"],
        "limits.memory": "1Gi",
        "pods": "1",
        "requests.cpu": "500m",
        "requests.memory": "512Mi",
        "requests.nvidia.com/gpu": "1",
    }
    assert after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]
    assert "generation" not in after["metadata"]


def test_an_object_above_the_quota_is_refused_with_the_amounts(cluster: Cluster, wire: Wire, namespace: str) -> None:
    put_quota(cluster, namespace, HARD)
    cluster.create(pod(namespace, "a", {"cpu": "500m", "memory": "512Mi"}, {"memory": "1Gi", "nvidia.com/gpu": "1"}))
    big = pod(namespace, "b", {"cpu": "501m", "memory": "0.6Gi"}, {"memory": "1Gi", "nvidia.com/gpu": "1"})
    assert refusal(wire, big) == (
        "exceeded quota: tenantkit-quota, "
        "requested: requests.cpu=501m,requests.memory=644245094400m,requests.nvidia.com/gpu=1, "
        "used: requests.cpu=500m,requests.memory=512Mi,requests.nvidia.com/gpu=1, "
        "limited: requests.cpu=1,requests.memory=1Gi,requests.nvidia.com/gpu=1"
    )
    assert used(cluster, namespace)["pods"] == "1"


def test_a_pod_without_the_counted_requests_is_refused_and_not_pending(
    cluster: Cluster, wire: Wire, namespace: str
) -> None:
    put_quota(cluster, namespace, HARD)
    assert refusal(wire, pod(namespace, "a")) == (
        "failed quota: tenantkit-quota: must specify "
        "limits.memory for: main; requests.cpu for: main; requests.memory for: main"
    )
    assert cluster.list("Pod", namespace=namespace) == []


def test_a_dry_run_is_refused_in_the_same_way_and_is_not_counted(cluster: Cluster, wire: Wire, namespace: str) -> None:
    put_quota(cluster, namespace, {"pods": "1"})
    cluster.create(pod(namespace), dry_run=True)
    assert used(cluster, namespace) == {"pods": "0"}
    cluster.create(pod(namespace, "a"))
    assert refusal(wire, pod(namespace, "b"), dry_run=True) == (
        "exceeded quota: tenantkit-quota, requested: pods=1, used: pods=1, limited: pods=1"
    )


def test_a_deleted_object_is_no_longer_counted(cluster: Cluster, namespace: str) -> None:
    put_quota(cluster, namespace, {"pods": "1", "requests.cpu": "1"})
    created = cluster.create(pod(namespace, requests={"cpu": "1"}))
    assert used(cluster, namespace) == {"pods": "1", "requests.cpu": "1"}
    cluster.delete(ref_of(created))
    eventually(lambda: used(cluster, namespace) == {"pods": "0", "requests.cpu": "0"})


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_is_no_longer_counted(cluster: Cluster, wire: Wire, namespace: str, phase: str) -> None:
    put_quota(cluster, namespace, {"count/pods": "2", "pods": "1"})
    cluster.create(pod(namespace))
    path = f"/api/v1/namespaces/{namespace}/pods/trainer/status"
    assert wire("PATCH", path, {"status": {"phase": phase}}, content_type=MERGE_PATCH).status == 200
    eventually(lambda: used(cluster, namespace) == {"count/pods": "1", "pods": "0"})


def test_objects_of_each_kind_are_counted(cluster: Cluster, wire: Wire, namespace: str) -> None:
    eventually(lambda: cluster.get("ConfigMap", "kube-root-ca.crt", namespace))
    hard = {"configmaps": "2", "count/configmaps": "2", "count/resourcequotas": "1", "secrets": "0"}
    put_quota(cluster, namespace, hard)
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}}
    cluster.apply(config_map)
    assert used(cluster, namespace) == {
        "configmaps": "2",
        "count/configmaps": "2",
        "count/resourcequotas": "1",
        "secrets": "0",
    }
    with pytest.raises(PermissionDenied, match="requested: configmaps=1,count/configmaps=1"):
        cluster.apply({**config_map, "metadata": {"name": "b", "namespace": namespace}})
    assert refusal(wire, {**config_map, "metadata": {"name": "b", "namespace": namespace}}) == (
        "exceeded quota: tenantkit-quota, requested: configmaps=1,count/configmaps=1, "
        "used: configmaps=2,count/configmaps=2, limited: configmaps=2,count/configmaps=2"
    )
    second = quota(namespace, {"pods": "1"})
    second["metadata"]["name"] = "second"
    assert refusal(wire, second) == (
        "exceeded quota: tenantkit-quota, requested: count/resourcequotas=1, used: count/resourcequotas=1, "
        "limited: count/resourcequotas=1"
    )


def test_services_are_counted_by_type_even_when_it_changes(cluster: Cluster, wire: Wire, namespace: str) -> None:
    hard = {"services": "3", "services.loadbalancers": "1", "services.nodeports": "2"}
    put_quota(cluster, namespace, hard)
    plain = cluster.create(service(namespace, "x"))
    exposed = cluster.create(service(namespace, "n", type="NodePort"))
    assert refusal(wire, service(namespace, "l", type="LoadBalancer")) == (
        "exceeded quota: tenantkit-quota, requested: services.nodeports=2, "
        "used: services.nodeports=2, limited: services.nodeports=2"
    )
    to_node_port = [{"op": "replace", "path": "/spec/type", "value": "NodePort"}]
    with pytest.raises(PermissionDenied, match=r"requested: services\.nodeports=2, used: services\.nodeports=2"):
        cluster.patch_json(ref_of(plain), to_node_port)
    cluster.delete(ref_of(exposed))
    eventually(lambda: used(cluster, namespace)["services.nodeports"] == "0")
    cluster.patch_json(ref_of(plain), to_node_port)
    assert used(cluster, namespace) == {"services": "1", "services.loadbalancers": "0", "services.nodeports": "2"}


def test_claims_are_counted_by_storage_class(cluster: Cluster, wire: Wire, namespace: str) -> None:
    entry = "gold.storageclass.storage.k8s.io/requests.storage"
    put_quota(cluster, namespace, {entry: "10Gi", "persistentvolumeclaims": "2"})
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {
            "storageClassName": "gold",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "11Gi"}},
        },
    }
    assert refusal(wire, claim) == (
        f"exceeded quota: tenantkit-quota, requested: {entry}=11Gi, used: {entry}=0, limited: {entry}=10Gi"
    )
    assert used(cluster, namespace) == {entry: "0", "persistentvolumeclaims": "0"}


def test_a_scoped_quota_counts_only_its_pods(cluster: Cluster, wire: Wire, namespace: str) -> None:
    put_quota(cluster, namespace, {"pods": "1"}, scopes=["Terminating"])
    cluster.create(pod(namespace, "a"))
    cluster.create(pod(namespace, "b", activeDeadlineSeconds=60))
    assert used(cluster, namespace) == {"pods": "1"}
    assert refusal(wire, pod(namespace, "c", activeDeadlineSeconds=60)) == (
        "exceeded quota: tenantkit-quota, requested: pods=1, used: pods=1, limited: pods=1"
    )


def test_a_quota_entry_that_is_removed_is_no_longer_enforced(cluster: Cluster, wire: Wire, namespace: str) -> None:
    put_quota(cluster, namespace, {"pods": "0", "secrets": "1"})
    refusal(wire, pod(namespace))
    live = cluster.get("ResourceQuota", "tenantkit-quota", namespace)
    cluster.patch_json(ref_of(live), [{"op": "remove", "path": "/spec/hard/pods"}])
    eventually(lambda: used(cluster, namespace) == {"secrets": "0"})
    cluster.create(pod(namespace))

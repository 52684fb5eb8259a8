"""Admission in the sandbox: the plug-ins in their order, with the messages of a real API server (1.37)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.chain import mutate, review
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.registry.system_writes import put_as
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAMESPACES = find("", "v1", "namespaces")
PODS = find("", "v1", "pods")
CONFIG_MAPS = find("", "v1", "configmaps")
SERVICE_ACCOUNTS = find("", "v1", "serviceaccounts")
LIMIT_RANGES = find("", "v1", "limitranges")
QUOTAS = find("", "v1", "resourcequotas")
INGRESSES = find("networking.k8s.io", "v1", "ingresses")
INGRESS_CLASSES = find("networking.k8s.io", "v1", "ingressclasses")
PRIORITY_CLASSES = find("scheduling.k8s.io", "v1", "priorityclasses")
CLUSTER_ROLES = find("rbac.authorization.k8s.io", "v1", "clusterroles")


def manifest(kind: str, name: str, **fields: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "vision"}, **fields}


def namespace(name: str, phase: str = "Active") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": phase},
    }


def pod(**spec: Any) -> Manifest:
    return manifest("Pod", "trainer", spec={"containers": [{"name": "main", "image": "busybox"}], **spec})


def quota(hard: dict[str, str]) -> Manifest:
    status = {"hard": hard, "used": dict.fromkeys(hard, "0")}
    return manifest("ResourceQuota", "tenantkit-quota", spec={"hard": hard}, status=status)


@pytest.fixture
def store() -> Store:
    filled = Store(lambda: NOW)
    filled.put(NAMESPACES, namespace("vision"))
    filled.put(SERVICE_ACCOUNTS, manifest("ServiceAccount", "default"))
    return filled


def admit(attributes: Attributes) -> Manifest:
    """Both phases of admission, without validation between them."""
    filled = mutate(attributes)
    review(replace(attributes, manifest=filled))
    return filled


def create(store: Store, resource: Resource, of: Manifest, *, dry_run: bool = False) -> Manifest:
    return admit(Attributes("CREATE", resource, of, None, store, "dana@example.com", dry_run=dry_run))


def refusal(store: Store, resource: Resource, of: Manifest) -> Manifest:
    before = store.resource_version
    with pytest.raises(ApiError) as caught:
        create(store, resource, of)
    assert store.resource_version == before
    return caught.value.status_body()


def used(store: Store) -> Manifest:
    live = store.get(QUOTAS, "tenantkit-quota", "vision")
    assert live is not None
    return dict(live["status"]["used"])


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE"])
def test_objects_in_a_terminating_namespace_can_be_updated_and_deleted(store: Store, operation: Any) -> None:
    live = store.put(CONFIG_MAPS, manifest("ConfigMap", "x"))
    store.put(NAMESPACES, namespace("vision", "Terminating"))
    assert admit(Attributes(operation, CONFIG_MAPS, live, live, store, "dana@example.com")) == live


def test_cluster_scoped_objects_need_no_namespace() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}}
    assert create(Store(lambda: NOW), CLUSTER_ROLES, role) == role


def test_a_pod_gets_a_default_account_priority_and_tolerations(store: Store) -> None:
    assert create(store, PODS, pod(automountServiceAccountToken=False))["spec"] == {
        "automountServiceAccountToken": False,
        "containers": [{"name": "main", "image": "busybox"}],
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "tolerations": [
            {
                "effect": "NoExecute",
                "key": "node.kubernetes.io/not-ready",
                "operator": "Exists",
                "tolerationSeconds": 300,
            },
            {
                "effect": "NoExecute",
                "key": "node.kubernetes.io/unreachable",
                "operator": "Exists",
                "tolerationSeconds": 300,
            },
        ],
    }


def test_a_pod_gets_the_pull_secrets_of_its_account(store: Store) -> None:
    store.put(SERVICE_ACCOUNTS, manifest("ServiceAccount", "workload", imagePullSecrets=[{"name": "registry"}]))
    assert create(store, PODS, pod(serviceAccountName="workload"))["spec"]["imagePullSecrets"] == [{"name": "registry"}]


def test_a_refused_pod_without_a_name_is_named_by_its_prefix(store: Store) -> None:
    unnamed = pod(serviceAccountName="nope")
    unnamed["metadata"] = {"generateName": "trainer-", "namespace": "vision"}
    assert refusal(store, PODS, unnamed)["details"]["name"] == "trainer-"


def test_a_pod_of_an_unknown_priority_class_is_refused(store: Store) -> None:
    store.put(PRIORITY_CLASSES, {"metadata": {"name": "batch"}, "value": 7, "preemptionPolicy": "Never"})
    assert create(store, PODS, pod(priorityClassName="batch"))["spec"]["priority"] == 7
    assert refusal(store, PODS, pod(priorityClassName="urgent"))["message"] == (
        'pods "trainer" is forbidden: no PriorityClass with name urgent was found'
    )


def test_an_ingress_without_a_class_gets_the_default_class(store: Store) -> None:
    ingress = manifest("Ingress", "ai", spec={"rules": []})
    assert create(store, INGRESSES, ingress) == ingress
    for name, default in (("contour", "true"), ("nginx", "true"), ("other", "false")):
        annotations = {"ingressclass.kubernetes.io/is-default-class": default}
        store.put(INGRESS_CLASSES, {"metadata": {"name": name, "annotations": annotations}})
    assert create(store, INGRESSES, ingress)["spec"] == {"rules": [], "ingressClassName": "contour"}
    named = manifest("Ingress", "ai", spec={"ingressClassName": "other"})
    assert create(store, INGRESSES, named) == named


def test_limits_have_defaults_before_the_quota_is_checked(store: Store) -> None:
    limit = {"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m"}}
    store.put(LIMIT_RANGES, manifest("LimitRange", "tenantkit-limits", spec={"limits": [limit]}))
    store.put(QUOTAS, quota({"requests.cpu": "2", "limits.cpu": "2"}))
    admitted = create(store, PODS, pod())
    assert admitted["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "500m"}, "limits": {"cpu": "1"}}
    assert used(store) == {"limits.cpu": "1", "requests.cpu": "500m"}


def test_a_pod_outside_a_limit_range_is_refused_and_reserves_nothing(store: Store) -> None:
    limit = {"type": "Container", "max": {"memory": "1Gi"}}
    store.put(LIMIT_RANGES, manifest("LimitRange", "tenantkit-limits", spec={"limits": [limit]}))
    store.put(QUOTAS, quota({"pods": "2"}))
    big = pod(containers=[{"name": "main", "resources": {"limits": {"memory": "2Gi"}}}])
    assert refusal(store, PODS, big)["message"] == (
        'pods "trainer" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'
    )


def test_mutating_admission_sets_defaults_and_does_not_check_the_quota(store: Store) -> None:
    store.put(QUOTAS, quota({"pods": "0"}))
    filled = mutate(Attributes("CREATE", PODS, pod(), None, store, "dana@example.com"))
    assert filled["spec"]["serviceAccountName"] == "default"


def test_an_admitted_object_changes_the_quotas_status_and_version(store: Store) -> None:
    before = put_as("kubectl", store, QUOTAS, quota({"pods": "2"}))
    create(store, PODS, pod())
    after = store.get(QUOTAS, "tenantkit-quota", "vision")
    assert after is not None
    assert after["status"] == {"hard": {"pods": "2"}, "used": {"pods": "1"}}
    assert after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]
    assert [(entry["manager"], entry.get("subresource")) for entry in after["metadata"]["managedFields"]] == [
        ("kube-apiserver", "status"),
        ("kubectl", None),
    ]


def test_usage_is_reserved_in_all_quotas_or_in_none(store: Store) -> None:
    store.put(QUOTAS, quota({"pods": "1"}))
    second = quota({"count/pods": "0"})
    second["metadata"]["name"] = "z-last"
    store.put(QUOTAS, second)
    assert refusal(store, PODS, pod())["message"] == (
        'pods "trainer" is forbidden: exceeded quota: z-last, requested: count/pods=1, used: count/pods=0, '
        "limited: count/pods=0"
    )
    assert used(store) == {"pods": "0"}


def test_a_subresource_reserves_nothing(store: Store) -> None:
    live = store.put(PODS, pod())
    store.put(QUOTAS, quota({"pods": "0"}))
    changed = {**live, "status": {"phase": "Running"}}
    assert admit(Attributes("UPDATE", PODS, changed, live, store, "kubelet", "status")) == changed

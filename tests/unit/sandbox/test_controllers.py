"""The sandbox's controllers, run one step at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.bootstrap import put_initial_objects
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.control_loops import Controllers
from tenantkit.sandbox.registry.system_writes import put_as
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

NAMESPACES = find("", "v1", "namespaces")
PODS = find("", "v1", "pods")
CONFIG_MAPS = find("", "v1", "configmaps")
SECRETS = find("", "v1", "secrets")
SERVICES = find("", "v1", "services")
SERVICE_ACCOUNTS = find("", "v1", "serviceaccounts")
QUOTAS = find("", "v1", "resourcequotas")
ROLES = find("rbac.authorization.k8s.io", "v1", "roles")

NOTHING_REMAINS = [
    ("NamespaceDeletionDiscoveryFailure", "False", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "False", "All legacy kube types successfully parsed"),
    ("NamespaceDeletionContentFailure", "False", "All content successfully deleted, may be waiting on finalization"),
    ("NamespaceContentRemaining", "False", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "False", "All content-preserving finalizers finished"),
]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Cluster:
    """A store with its controllers, which run after each write."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = Store(self.clock)
        self.controllers = Controllers(self.store, root_ca="PEM")
        self.controllers.start()

    def put(self, resource: Resource, of: Manifest) -> Manifest:
        stored = put_as("kubectl", self.store, resource, of)
        self.controllers.run_pending()
        return stored

    def remove(self, resource: Resource, name: str) -> None:
        self.store.remove(resource, name, "vision")
        self.controllers.run_pending()

    def get(self, resource: Resource, name: str) -> Manifest:
        found = self.store.get(resource, name, "vision" if resource.namespaced else "")
        assert found is not None
        return found

    def names(self, resource: Resource) -> list[str]:
        return [of["metadata"]["name"] for of in self.store.list(resource, "vision")]

    def delete_namespace(self) -> None:
        live = self.get(NAMESPACES, "vision")
        metadata = {**live["metadata"], "deletionTimestamp": "2026-11-25T12:00:00Z"}
        self.put(NAMESPACES, {**live, "metadata": metadata, "status": {"phase": "Terminating"}})

    def conditions(self) -> list[tuple[str, str, str]]:
        conditions = self.get(NAMESPACES, "vision")["status"]["conditions"]
        return [(condition["type"], condition["status"], condition["message"]) for condition in conditions]


def manifest(kind: str, name: str, **fields: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "vision"}, **fields}


def with_finalizer(kind: str, api_version: str = "v1", **fields: Any) -> Manifest:
    of = manifest(kind, "held", **fields)
    return {**of, "apiVersion": api_version, "metadata": {**of["metadata"], "finalizers": ["example.com/hold"]}}


def namespace(name: str = "vision", **metadata: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, **metadata},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def pod(name: str, phase: str = "Pending", **spec: Any) -> Manifest:
    resources = {"requests": {"cpu": "500m"}}
    spec = {"containers": [{"name": "main", "resources": resources}], **spec}
    return manifest("Pod", name, spec=spec, status={"phase": phase})


def quota(hard: dict[str, str], **spec: Any) -> Manifest:
    return manifest("ResourceQuota", "tenantkit-quota", spec={"hard": hard, **spec}, status={})


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.put(NAMESPACES, namespace())
    return cluster


def test_a_new_namespace_is_empty_until_the_controllers_run() -> None:
    cluster = Cluster()
    cluster.store.put(NAMESPACES, namespace())
    assert cluster.controllers.pending
    assert cluster.names(SERVICE_ACCOUNTS) == []
    cluster.controllers.run_pending()
    assert not cluster.controllers.pending
    assert cluster.names(SERVICE_ACCOUNTS) == ["default"]


def test_the_default_account_and_the_certificate_are_restored(cluster: Cluster) -> None:
    cluster.remove(SERVICE_ACCOUNTS, "default")
    cluster.remove(CONFIG_MAPS, "kube-root-ca.crt")
    assert cluster.names(SERVICE_ACCOUNTS) == ["default"]
    cluster.put(CONFIG_MAPS, {**cluster.get(CONFIG_MAPS, "kube-root-ca.crt"), "data": {"ca.crt": "forged"}})
    assert cluster.get(CONFIG_MAPS, "kube-root-ca.crt")["data"] == {"ca.crt": "PEM"}


def test_controllers_handle_objects_that_existed_before_they_started() -> None:
    clock = Clock()
    store = Store(clock)
    store.put(NAMESPACES, namespace())
    controllers = Controllers(store)
    controllers.start()
    controllers.run_pending()
    assert store.get(SERVICE_ACCOUNTS, "default", "vision") is not None


def test_stopped_controllers_do_nothing(cluster: Cluster) -> None:
    cluster.controllers.stop()
    cluster.put(NAMESPACES, namespace("speech"))
    assert cluster.store.list(SERVICE_ACCOUNTS, "speech") == []


def test_a_new_quota_is_counted(cluster: Cluster) -> None:
    cluster.put(PODS, pod("a"))
    cluster.put(PODS, pod("done", "Succeeded"))
    hard = {"pods": "2", "requests.cpu": "1", "configmaps": "4", "count/jobs.batch": "5", "count/foos.example.com": "1"}
    created = cluster.put(QUOTAS, quota(hard))
    assert created["status"] == {}
    counted = cluster.get(QUOTAS, "tenantkit-quota")
    assert counted["status"] == {
        "hard": hard,
        "used": {"configmaps": "1", "count/jobs.batch": "0", "pods": "1", "requests.cpu": "500m"},
    }
    assert [(entry["manager"], entry.get("subresource")) for entry in counted["metadata"]["managedFields"]] == [
        ("kube-controller-manager", "status"),
        ("kubectl", None),
    ]


def test_a_changed_quota_is_counted_again_without_its_removed_entries(cluster: Cluster) -> None:
    cluster.put(QUOTAS, quota({"pods": "2", "configmaps": "4"}))
    live = cluster.get(QUOTAS, "tenantkit-quota")
    cluster.put(QUOTAS, {**live, "spec": {"hard": {"configmaps": "1", "secrets": "1"}}})
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"] == {
        "hard": {"configmaps": "1", "secrets": "1"},
        "used": {"configmaps": "1", "secrets": "0"},
    }


def test_a_quota_with_unchanged_usage_is_not_written(cluster: Cluster) -> None:
    cluster.put(QUOTAS, quota({"pods": "2"}))
    version = cluster.store.resource_version
    cluster.put(SECRETS, manifest("Secret", "s"))
    cluster.remove(SECRETS, "s")
    assert cluster.store.resource_version == version + 2


def test_a_namespaces_pods_are_deleted_first_and_the_namespace_last(cluster: Cluster) -> None:
    cluster.put(PODS, pod("a"))
    cluster.put(QUOTAS, quota({"pods": "2"}))
    cluster.put(NAMESPACES, namespace("speech"))
    seen: list[tuple[str, str]] = []
    cluster.store.subscribe(lambda event: seen.append((event.type, event.manifest["kind"])))
    cluster.delete_namespace()
    assert cluster.store.get(NAMESPACES, "vision") is None
    for resource in (PODS, QUOTAS, CONFIG_MAPS, SERVICE_ACCOUNTS):
        assert cluster.names(resource) == []
    assert [of["metadata"]["name"] for of in cluster.store.list(SERVICE_ACCOUNTS)] == ["default"]
    deleted = [kind for change, kind in seen if change == "DELETED"]
    assert deleted[0] == "Pod"
    assert deleted[-1] == "Namespace"


def test_a_condition_keeps_its_transition_time_while_its_status_is_unchanged(cluster: Cluster) -> None:
    cluster.put(CONFIG_MAPS, with_finalizer("ConfigMap"))
    cluster.put(ROLES, with_finalizer("Role", "rbac.authorization.k8s.io/v1", rules=[]))
    cluster.delete_namespace()
    cluster.clock.now += timedelta(minutes=5)
    cluster.remove(ROLES, "held")
    conditions = cluster.get(NAMESPACES, "vision")["status"]["conditions"]
    assert conditions[3] == {
        "type": "NamespaceContentRemaining",
        "status": "True",
        "lastTransitionTime": "2026-11-25T12:00:00Z",
        "reason": "SomeResourcesRemain",
        "message": "Some resources are remaining: configmaps. has 1 resource instances",
    }


def test_other_objects_are_deleted_after_all_pods(cluster: Cluster) -> None:
    cluster.put(PODS, {**with_finalizer("Pod"), "spec": {"containers": []}})
    cluster.put(SECRETS, manifest("Secret", "s"))
    cluster.delete_namespace()
    assert cluster.names(SECRETS) == ["s"]
    assert cluster.conditions() == NOTHING_REMAINS
    cluster.remove(PODS, "held")
    assert cluster.store.get(NAMESPACES, "vision") is None


def test_a_manually_written_quota_status_stays_until_the_next_full_count(cluster: Cluster) -> None:
    cluster.put(QUOTAS, quota({"pods": "2"}))
    counted = cluster.get(QUOTAS, "tenantkit-quota")
    cluster.put(QUOTAS, {**counted, "status": {"hard": {"pods": "9"}, "used": {"pods": "5"}}})
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"]["hard"] == {"pods": "9"}

    cluster.clock.now += timedelta(minutes=5)
    assert cluster.controllers.pending
    cluster.controllers.run_pending()

    assert cluster.get(QUOTAS, "tenantkit-quota")["status"] == {"hard": {"pods": "2"}, "used": {"pods": "0"}}


def test_a_namespace_with_its_own_finalizer_is_emptied_and_stays() -> None:
    cluster = Cluster()
    cluster.put(NAMESPACES, namespace(finalizers=["example.com/ns"]))
    cluster.delete_namespace()
    left = cluster.get(NAMESPACES, "vision")
    assert left["spec"] == {}
    assert cluster.conditions() == NOTHING_REMAINS
    client = InProcessClient(cluster.store, "test")
    client.update(NAMESPACES, left, metadata={**left["metadata"], "finalizers": []})
    assert cluster.store.get(NAMESPACES, "vision") is None


def test_a_new_server_has_four_namespaces_and_its_own_service() -> None:
    cluster = Cluster()
    put_initial_objects(cluster.store, port=6443)
    cluster.controllers.run_pending()
    expected = ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert [of["metadata"]["name"] for of in cluster.store.list(NAMESPACES)] == expected
    assert [of["metadata"]["namespace"] for of in cluster.store.list(SERVICE_ACCOUNTS)] == expected
    default, service = cluster.store.get(NAMESPACES, "default"), cluster.store.get(SERVICES, "kubernetes", "default")
    assert default is not None
    assert (default["spec"], default["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})
    assert [entry["fieldsV1"] for entry in default["metadata"]["managedFields"]] == [
        {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}}
    ]
    assert service is not None
    assert service["spec"] == {
        "clusterIP": "10.96.0.1",
        "clusterIPs": ["10.96.0.1"],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }


def test_a_pod_with_a_finalizer_that_was_deleted_before_its_namespace_does_not_block_it() -> None:
    cluster = Cluster()
    cluster.put(NAMESPACES, namespace())
    held = with_finalizer("Pod", spec={"containers": [{"name": "main", "image": "i"}], "nodeName": "n1"})
    client = InProcessClient(cluster.store, "test-controller")
    client.delete(PODS, client.create(PODS, held))
    assert cluster.get(PODS, "held")["metadata"]["deletionGracePeriodSeconds"] == 30
    cluster.delete_namespace()
    live = cluster.get(PODS, "held")
    assert live["metadata"]["deletionGracePeriodSeconds"] == 0

    client.update(PODS, live, metadata={**live["metadata"], "finalizers": []})
    cluster.controllers.run_pending()

    assert cluster.store.get(NAMESPACES, "vision") is None

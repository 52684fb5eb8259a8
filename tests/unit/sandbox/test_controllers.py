"""Controllers in the sandbox: what a cluster does by itself, in steps that a test can hold between two of."""

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

ALL_WELL = [
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
    """A store with its controllers, brought to rest when told to."""

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


def held(kind: str, api_version: str = "v1", **fields: Any) -> Manifest:
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
    made = Cluster()
    made.put(NAMESPACES, namespace())
    return made


def test_a_namespace_is_bare_until_the_controllers_have_looked() -> None:
    cluster = Cluster()
    cluster.store.put(NAMESPACES, namespace())
    assert cluster.controllers.pending
    assert cluster.names(SERVICE_ACCOUNTS) == []
    cluster.controllers.run_pending()
    assert not cluster.controllers.pending
    assert cluster.names(SERVICE_ACCOUNTS) == ["default"]


def test_each_namespace_gets_an_unlabelled_service_account_and_certificate(cluster: Cluster) -> None:
    account, certificate = cluster.get(SERVICE_ACCOUNTS, "default"), cluster.get(CONFIG_MAPS, "kube-root-ca.crt")
    assert account.keys() == {"apiVersion", "kind", "metadata"}
    assert account["metadata"].keys() == {"name", "namespace", "uid", "creationTimestamp", "resourceVersion"}
    assert certificate["data"] == {"ca.crt": "PEM"}
    assert certificate["metadata"]["annotations"]["kubernetes.io/description"].startswith("Contains a CA bundle")
    assert [entry["manager"] for entry in certificate["metadata"]["managedFields"]] == ["kube-controller-manager"]
    assert "labels" not in certificate["metadata"]


def test_what_each_namespace_gets_is_put_back(cluster: Cluster) -> None:
    cluster.remove(SERVICE_ACCOUNTS, "default")
    cluster.remove(CONFIG_MAPS, "kube-root-ca.crt")
    assert cluster.names(SERVICE_ACCOUNTS) == ["default"]
    cluster.put(CONFIG_MAPS, {**cluster.get(CONFIG_MAPS, "kube-root-ca.crt"), "data": {"ca.crt": "forged"}})
    assert cluster.get(CONFIG_MAPS, "kube-root-ca.crt")["data"] == {"ca.crt": "PEM"}


def test_what_is_in_the_store_before_the_start_is_looked_after_too() -> None:
    clock = Clock()
    store = Store(clock)
    store.put(NAMESPACES, namespace())
    controllers = Controllers(store)
    controllers.start()
    controllers.run_pending()
    assert store.get(SERVICE_ACCOUNTS, "default", "vision") is not None


def test_controllers_that_were_stopped_do_nothing(cluster: Cluster) -> None:
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


def test_a_changed_quota_is_counted_again_and_drops_what_it_no_longer_limits(cluster: Cluster) -> None:
    cluster.put(QUOTAS, quota({"pods": "2", "configmaps": "4"}))
    live = cluster.get(QUOTAS, "tenantkit-quota")
    cluster.put(QUOTAS, {**live, "spec": {"hard": {"configmaps": "1", "secrets": "1"}}})
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"] == {
        "hard": {"configmaps": "1", "secrets": "1"},
        "used": {"configmaps": "1", "secrets": "0"},
    }


def test_a_quota_that_counts_the_same_is_not_written_again(cluster: Cluster) -> None:
    cluster.put(QUOTAS, quota({"pods": "2"}))
    version = cluster.store.resource_version
    cluster.put(SECRETS, manifest("Secret", "s"))
    cluster.remove(SECRETS, "s")
    assert cluster.store.resource_version == version + 2


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_ends_or_goes_gives_its_quota_back(cluster: Cluster, phase: str) -> None:
    for name in ("a", "b"):
        cluster.put(PODS, pod(name))
    cluster.put(QUOTAS, quota({"pods": "2", "requests.cpu": "1"}))
    cluster.put(PODS, {**cluster.get(PODS, "a"), "status": {"phase": phase}})
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"]["used"] == {"pods": "1", "requests.cpu": "500m"}
    cluster.remove(PODS, "b")
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"]["used"] == {"pods": "0", "requests.cpu": "0"}


def test_a_scoped_quota_counts_only_its_pods(cluster: Cluster) -> None:
    cluster.put(PODS, pod("a"))
    cluster.put(PODS, pod("short", activeDeadlineSeconds=10))
    cluster.put(QUOTAS, quota({"pods": "5"}, scopes=["Terminating"]))
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"]["used"] == {"pods": "1"}


def test_a_namespace_goes_with_all_that_is_in_it(cluster: Cluster) -> None:
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
    gone = [kind for change, kind in seen if change == "DELETED"]
    assert gone[0] == "Pod"
    assert gone[-1] == "Namespace"


def test_a_namespace_that_is_held_says_by_what_and_goes_when_let_go(cluster: Cluster) -> None:
    cluster.put(CONFIG_MAPS, held("ConfigMap"))
    cluster.put(ROLES, held("Role", "rbac.authorization.k8s.io/v1", rules=[]))
    cluster.delete_namespace()
    assert cluster.names(CONFIG_MAPS) == ["held"]
    assert cluster.get(CONFIG_MAPS, "held")["metadata"]["deletionTimestamp"] == "2026-11-25T12:00:00Z"
    assert cluster.get(CONFIG_MAPS, "held")["metadata"]["deletionGracePeriodSeconds"] == 0
    assert cluster.conditions() == [
        *ALL_WELL[:3],
        (
            "NamespaceContentRemaining",
            "True",
            (
                "Some resources are remaining: configmaps. has 1 resource instances, "
                "roles.rbac.authorization.k8s.io has 1 resource instances"
            ),
        ),
        (
            "NamespaceFinalizersRemaining",
            "True",
            "Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances",
        ),
    ]
    cluster.remove(ROLES, "held")
    cluster.remove(CONFIG_MAPS, "held")
    assert cluster.store.get(NAMESPACES, "vision") is None


def test_a_condition_keeps_the_time_at_which_it_became_true(cluster: Cluster) -> None:
    cluster.put(CONFIG_MAPS, held("ConfigMap"))
    cluster.put(ROLES, held("Role", "rbac.authorization.k8s.io/v1", rules=[]))
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


def test_pods_go_before_all_else(cluster: Cluster) -> None:
    cluster.put(PODS, {**held("Pod"), "spec": {"containers": []}})
    cluster.put(SECRETS, manifest("Secret", "s"))
    cluster.delete_namespace()
    assert cluster.names(SECRETS) == ["s"]
    assert cluster.conditions() == ALL_WELL
    cluster.remove(PODS, "held")
    assert cluster.store.get(NAMESPACES, "vision") is None


def test_a_quota_s_status_that_somebody_wrote_stays_until_all_is_counted_anew(cluster: Cluster) -> None:
    cluster.put(QUOTAS, quota({"pods": "2"}))
    counted = cluster.get(QUOTAS, "tenantkit-quota")
    cluster.put(QUOTAS, {**counted, "status": {"hard": {"pods": "9"}, "used": {"pods": "5"}}})
    assert cluster.get(QUOTAS, "tenantkit-quota")["status"]["hard"] == {"pods": "9"}

    cluster.clock.now += timedelta(minutes=5)
    assert cluster.controllers.pending
    cluster.controllers.run_pending()

    assert cluster.get(QUOTAS, "tenantkit-quota")["status"] == {"hard": {"pods": "2"}, "used": {"pods": "0"}}


def test_a_namespace_with_a_finalizer_of_its_own_is_emptied_and_stays() -> None:
    cluster = Cluster()
    cluster.put(NAMESPACES, namespace(finalizers=["example.com/ns"]))
    cluster.delete_namespace()
    left = cluster.get(NAMESPACES, "vision")
    assert left["spec"] == {}
    assert cluster.conditions() == ALL_WELL
    client = InProcessClient(cluster.store, "test")
    client.update(NAMESPACES, left, metadata={**left["metadata"], "finalizers": []})
    assert cluster.store.get(NAMESPACES, "vision") is None


def test_a_fresh_server_has_four_namespaces_and_its_own_service() -> None:
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

"""Namespaces: the contents of a new one, refused requests, and deletion; the same on both engines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.rules.manifest import ObjectRef, ref_of
from tests.eventually import eventually
from tests.statuses import forbidden, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


CONDITIONS = {
    "NamespaceDeletionDiscoveryFailure": ("False", "ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": (
        "True",
        "SomeResourcesRemain",
        (
            "Some resources are remaining: configmaps. has 1 resource instances, "
            "roles.rbac.authorization.k8s.io has 1 resource instances"
        ),
    ),
    "NamespaceFinalizersRemaining": (
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances",
    ),
}


def config_map(namespace: str, name: str = "x") -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


def namespace_ref(name: str) -> ObjectRef:
    return ObjectRef("v1", "Namespace", name)


def is_gone(cluster: Cluster, name: str) -> bool:
    try:
        cluster.get("Namespace", name)
    except NotFound:
        return True
    return False


@pytest.fixture
def held(cluster: Cluster, namespace: str) -> Iterator[list[Manifest]]:
    """Two objects whose finalizers hold the namespace; they are removed after the test."""
    metadata = {"name": "held", "namespace": namespace, "finalizers": ["example.com/hold"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": []}
    objects = [
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}),
        cluster.create(role),
    ]
    yield objects
    for manifest in objects:
        try:
            let_go(cluster, manifest)
        except NotFound:
            continue


def let_go(cluster: Cluster, manifest: Manifest) -> None:
    cluster.patch_json(ref_of(manifest), [{"op": "remove", "path": "/metadata/finalizers"}])


def test_a_new_namespace_has_an_unlabelled_account_and_certificate(cluster: Cluster, namespace: str) -> None:
    account = eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    assert account.keys() == {"apiVersion", "kind", "metadata"}
    assert account["metadata"].keys() == {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}
    certificate = eventually(lambda: cluster.get("ConfigMap", "kube-root-ca.crt", namespace))
    assert certificate["data"].keys() == {"ca.crt"}
    assert certificate["metadata"].keys() == {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "annotations",
        "managedFields",
    }
    assert certificate["metadata"]["annotations"].keys() == {"kubernetes.io/description"}
    assert certificate["metadata"]["annotations"]["kubernetes.io/description"].startswith("Contains a CA bundle")
    assert [entry["manager"] for entry in certificate["metadata"]["managedFields"]] == ["kube-controller-manager"]


def test_the_default_account_and_the_certificate_are_created_again(cluster: Cluster, namespace: str) -> None:
    for kind, name in (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")):
        read = partial(cluster.get, kind, name, namespace)
        before = eventually(read)
        cluster.delete(ref_of(before))
        eventually(partial(is_another, read, before))


def is_another(read: Callable[[], Manifest], before: Manifest) -> bool:
    return bool(read()["metadata"]["uid"] != before["metadata"]["uid"])


@pytest.mark.parametrize("write", ["create", "apply"])
def test_nothing_is_created_in_a_namespace_that_does_not_exist(cluster: Cluster, write: str) -> None:
    with pytest.raises(NotFound, match='namespaces "nobody-made-this" not found'):
        getattr(cluster, write)(config_map("nobody-made-this"))


def test_the_refusal_in_a_namespace_that_does_not_exist_names_the_namespace(wire: Wire) -> None:
    refusal = wire("POST", "/api/v1/namespaces/nobody-made-this/configmaps", config_map("nobody-made-this"))

    details = {"kind": "namespaces", "name": "nobody-made-this"}
    assert refusal.body == status(404, "NotFound", 'namespaces "nobody-made-this" not found', details)


def test_a_list_in_a_namespace_that_does_not_exist_is_empty(cluster: Cluster) -> None:
    assert cluster.list("ConfigMap", namespace="nobody-made-this") == []


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_the_first_namespaces_can_not_be_deleted(cluster: Cluster, name: str) -> None:
    with pytest.raises(PermissionDenied, match=f'namespaces "{name}" is forbidden: this namespace may not be deleted'):
        cluster.delete(namespace_ref(name))
    assert cluster.get("Namespace", name)["status"] == {"phase": "Active"}


def test_a_pod_with_a_service_account_that_does_not_exist_is_refused(cluster: Cluster, namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "trainer", "namespace": namespace},
        "spec": {"serviceAccountName": "nope", "containers": [{"name": "main", "image": "busybox"}]},
    }
    with pytest.raises(PermissionDenied) as caught:
        cluster.create(pod)
    message = f'error looking up service account {namespace}/nope: serviceaccount "nope" not found'
    assert f'pods "trainer" is forbidden: {message}' in str(caught.value)


def test_a_namespace_is_deleted_with_all_its_objects(cluster: Cluster, namespace: str) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    cluster.create(config_map(namespace))
    cluster.delete(namespace_ref(namespace))
    eventually(lambda: is_gone(cluster, namespace))
    assert cluster.list("ConfigMap", namespace=namespace) == []
    assert cluster.list("ServiceAccount", namespace=namespace) == []


def test_a_terminating_namespace_accepts_no_new_objects(
    cluster: Cluster, wire: Wire, namespace: str, held: list[Manifest]
) -> None:
    cluster.delete(namespace_ref(namespace))
    assert cluster.get("Namespace", namespace)["status"]["phase"] == "Terminating"
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map(namespace))
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = {
        "field": "metadata.namespace",
        "message": f"namespace {namespace} is being terminated",
        "reason": "NamespaceTerminating",
    }
    assert answer.body == forbidden("configmaps", "x", why, causes=[cause])
    assert [manifest["kind"] for manifest in held] == ["ConfigMap", "Role"]


def test_a_held_namespace_names_the_finalizers_and_is_deleted_once_they_are_removed(
    cluster: Cluster, namespace: str, held: list[Manifest]
) -> None:
    cluster.delete(namespace_ref(namespace))
    eventually(lambda: cluster.get("Namespace", namespace)["status"].get("conditions"))
    live = cluster.get("Namespace", namespace)
    assert live["spec"] == {"finalizers": ["kubernetes"]}
    assert {
        condition["type"]: (condition["status"], condition["reason"], condition["message"])
        for condition in live["status"]["conditions"]
    } == CONDITIONS
    left = cluster.get("ConfigMap", "held", namespace)
    assert left["metadata"]["deletionGracePeriodSeconds"] == 0
    assert left["metadata"]["finalizers"] == ["example.com/hold"]
    for manifest in held:
        let_go(cluster, manifest)
    eventually(lambda: is_gone(cluster, namespace))

"""A Cluster on both engines: objects are stored as they were sent, and each refusal has its own error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import (
    AlreadyExists,
    BadRequest,
    Conflict,
    NotFound,
    PermissionDenied,
    Rejected,
    Unauthorized,
)
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import (
        ClusterError,
    )
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

PAGE = 500


def config_map(namespace: str, name: str = "shared", **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def where(error: ClusterError) -> tuple[int | None, str | None, str | None, str | None, str | None]:
    return error.status, error.reason, error.kind, error.name, error.namespace


def test_a_created_object_can_be_read(cluster: Cluster, namespace: str) -> None:
    created = cluster.create(config_map(namespace, a="1"))
    assert {key: created[key] for key in ("apiVersion", "kind", "data")} == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": {"a": "1"},
    }
    assert created["metadata"].keys() == {
        *("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "managedFields"),
    }
    assert cluster.get("ConfigMap", "shared", namespace) == created


def test_an_object_that_does_not_exist_is_not_found(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(NotFound) as caught:
        cluster.get("ConfigMap", "nope", namespace)
    assert where(caught.value) == (404, "NotFound", "ConfigMap", "nope", namespace)


def test_creating_twice_is_refused_and_leaves_the_first(cluster: Cluster, namespace: str) -> None:
    first = cluster.create(config_map(namespace, a="1"))
    with pytest.raises(AlreadyExists) as caught:
        cluster.create(config_map(namespace, a="2"))
    assert where(caught.value) == (409, "AlreadyExists", "ConfigMap", "shared", namespace)
    assert cluster.get("ConfigMap", "shared", namespace) == first


def test_a_dry_run_creates_nothing(cluster: Cluster, namespace: str) -> None:
    assert cluster.create(config_map(namespace, a="1"), dry_run=True)["data"] == {"a": "1"}
    with pytest.raises(NotFound):
        cluster.get("ConfigMap", "shared", namespace)


def test_an_object_that_is_not_valid_is_rejected_with_all_its_wrong_fields(cluster: Cluster, namespace: str) -> None:
    rule = {"host": "Example.ai", "http": {"paths": [{"path": "ai-service", "pathType": "Prefix", "backend": {}}]}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "ai", "namespace": namespace},
        "spec": {"rules": [rule]},
    }
    with pytest.raises(Rejected) as caught:
        cluster.create(ingress)
    assert where(caught.value) == (422, "Invalid", "Ingress", "ai", namespace)
    assert "spec.rules[0].host" in str(caught.value)
    assert "spec.rules[0].http.paths[0].path" in str(caught.value)


def test_a_field_that_the_server_does_not_know_is_refused_by_name(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(BadRequest, match="dota") as caught:
        cluster.create({**config_map(namespace), "dota": {}})
    assert where(caught.value) == (400, "BadRequest", "ConfigMap", "shared", namespace)


def test_single_fields_can_be_patched(cluster: Cluster, namespace: str) -> None:
    created = cluster.create(config_map(namespace, a="1", b="1"))
    patched = cluster.patch_json(
        ref_of(created),
        [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data/a"}],
    )
    assert patched["data"] == {"b": "1"}


def test_a_patch_whose_test_fails_changes_nothing(cluster: Cluster, namespace: str) -> None:
    created = cluster.create(config_map(namespace, a="1", b="1"))
    with pytest.raises(Rejected):
        cluster.patch_json(
            ref_of(created),
            [{"op": "remove", "path": "/data/b"}, {"op": "test", "path": "/data/a", "value": "other"}],
        )
    assert cluster.get("ConfigMap", "shared", namespace) == created


def test_a_patch_of_an_older_version_is_a_conflict(cluster: Cluster, namespace: str) -> None:
    seen = cluster.create(config_map(namespace, a="1"))
    now = cluster.patch_json(ref_of(seen), [{"op": "add", "path": "/data/a", "value": "2"}])
    stale = [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": seen["metadata"]["resourceVersion"]},
        {"op": "add", "path": "/data/a", "value": "3"},
    ]
    with pytest.raises(Conflict) as caught:
        cluster.patch_json(ref_of(seen), stale)
    assert where(caught.value) == (409, "Conflict", "ConfigMap", "shared", namespace)
    assert cluster.get("ConfigMap", "shared", namespace) == now


def test_the_second_replacement_of_one_version_is_a_conflict(cluster: Cluster, wire: Wire, namespace: str) -> None:
    seen = cluster.create(config_map(namespace, a="1"))
    path = f"/api/v1/namespaces/{namespace}/configmaps/shared"
    assert wire("PUT", path, {**seen, "data": {"a": "2"}}).status == 200
    second = wire("PUT", path, {**seen, "data": {"a": "3"}})
    assert (second.status, second.body) == (
        409,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": 'Operation cannot be fulfilled on configmaps "shared": the object has been modified; '
            "please apply your changes to the latest version and try again",
            "reason": "Conflict",
            "details": {"name": "shared", "kind": "configmaps"},
            "code": 409,
        },
    )
    assert cluster.get("ConfigMap", "shared", namespace)["data"] == {"a": "2"}


def test_a_deleted_object_does_not_exist(cluster: Cluster, namespace: str) -> None:
    created = cluster.create(config_map(namespace))
    cluster.delete(ref_of(created), dry_run=True)
    assert cluster.get("ConfigMap", "shared", namespace) == created
    cluster.delete(ref_of(created), uid=created["metadata"]["uid"])
    with pytest.raises(NotFound):
        cluster.delete(ref_of(created))


def test_another_object_of_the_same_name_is_not_deleted(cluster: Cluster, namespace: str) -> None:
    first = cluster.create(config_map(namespace))
    cluster.delete(ref_of(first))
    second = cluster.create(config_map(namespace))
    with pytest.raises(Conflict) as caught:
        cluster.delete(ref_of(first), uid=first["metadata"]["uid"])
    assert where(caught.value) == (409, "Conflict", "ConfigMap", "shared", namespace)
    assert cluster.get("ConfigMap", "shared", namespace) == second


def test_a_list_of_several_pages_is_complete_and_takes_one_request_per_page(cluster: Cluster, namespace: str) -> None:
    names = [f"item-{number:03}" for number in range(PAGE + 1)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: cluster.create(config_map(namespace, name)), names))
    before = cluster.request_count
    listed = cluster.list("ConfigMap", namespace=namespace)
    assert cluster.request_count - before == 2
    ours = [item["metadata"]["name"] for item in listed if item["metadata"]["name"] != "kube-root-ca.crt"]
    assert ours == names


def test_a_stranger_is_denied_with_the_permission_that_is_missing(
    connect_as: Callable[[str], Cluster], namespace: str
) -> None:
    stranger = connect_as("stranger")
    with pytest.raises(PermissionDenied) as caught:
        stranger.create(config_map(namespace))
    assert where(caught.value) == (403, "Forbidden", "ConfigMap", "shared", namespace)
    assert 'cannot create resource "configmaps"' in str(caught.value)
    with pytest.raises(PermissionDenied) as caught:
        stranger.list("Namespace")
    assert (caught.value.status, caught.value.kind) == (403, "Namespace")


def test_a_wrong_token_is_unauthorized_and_is_not_shown_in_the_error(cluster: Cluster, wire: Wire) -> None:
    token = "not-the-token-of-anybody"
    with pytest.raises(Unauthorized) as caught, connect(server=cluster.server, token=token, ca_file=wire.ca) as nobody:
        nobody.list("Namespace")
    assert (caught.value.status, caught.value.reason) == (401, "Unauthorized")
    assert token not in str(caught.value)


def test_the_time_is_that_of_the_server_and_not_of_this_machine() -> None:
    noon = datetime(2031, 5, 4, 12, tzinfo=UTC)

    with (
        Sandbox(clock=lambda: noon) as sandbox,
        connect(kubeconfig=sandbox.kubeconfig, context="sandbox-admin") as cluster,
    ):
        assert cluster.server_time == noon


def test_only_the_sandbox_is_called_a_sandbox(request: pytest.FixtureRequest, cluster: Cluster) -> None:
    assert cluster.is_sandbox == (request.node.callspec.params["engine"][0] == "sandbox")


def test_an_unknown_object_of_a_kind_without_namespace(cluster: Cluster) -> None:
    ref = ObjectRef("v1", "Namespace", "nobody-made-this")
    with pytest.raises(NotFound) as caught:
        cluster.delete(ref)
    assert where(caught.value) == (404, "NotFound", "Namespace", "nobody-made-this", None)

"""Writes of the sandbox's own components take the steps of a client's request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import CLAIMS, CONFIG_MAPS, NAMESPACES, PODS, SERVICE_ACCOUNTS
from tenantkit.sandbox.bootstrap import put_initial_objects
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


@pytest.fixture
def store() -> Store:
    store = Store(lambda: datetime(2026, 11, 25, 12, tzinfo=UTC))
    put_initial_objects(store, port=6443)
    return store


@pytest.fixture
def client(store: Store) -> InProcessClient:
    return InProcessClient(store, "test-controller")


def metadata(**fields: Any) -> Manifest:
    return {"name": "held", "namespace": "default", **fields}


def test_a_new_object_is_managed_by_the_controller_manager(client: InProcessClient) -> None:
    config = client.create(CONFIG_MAPS, {"metadata": metadata(), "data": {"a": "1"}})
    (entry,) = config["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"], entry["fieldsV1"]) == (
        "kube-controller-manager",
        "Update",
        {"f:data": {".": {}, "f:a": {}}},
    )


def test_an_invalid_update_is_refused_and_nothing_is_written(client: InProcessClient, store: Store) -> None:
    config = client.create(CONFIG_MAPS, {"metadata": metadata(), "data": {"a": "1"}})
    with pytest.raises(ApiError, match='Invalid value: "a b"'):
        client.update(CONFIG_MAPS, config, data={"a b": "1"})
    assert store.get(CONFIG_MAPS, "held", "default") == config


def test_an_update_without_a_change_is_not_written(client: InProcessClient, store: Store) -> None:
    config = client.create(CONFIG_MAPS, {"metadata": metadata(), "data": {"a": "1"}})
    version = store.resource_version
    assert client.update(CONFIG_MAPS, config, data={"a": "1"}) is config
    assert store.resource_version == version


def test_an_object_goes_with_its_last_finalizer(client: InProcessClient, store: Store) -> None:
    client.create(CONFIG_MAPS, {"metadata": metadata(finalizers=["example.com/hold"])})
    client.delete(CONFIG_MAPS, _live(store))
    marked = _live(store)
    assert marked["metadata"]["deletionTimestamp"] == "2026-11-25T12:00:00Z"
    client.update(CONFIG_MAPS, marked, metadata={**marked["metadata"], "finalizers": []})
    assert store.get(CONFIG_MAPS, "held", "default") is None


def test_a_finalizer_of_a_claim_in_use_is_not_put_back(client: InProcessClient) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = client.create(CLAIMS, {"metadata": metadata(), "spec": spec})
    assert claim["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    released = client.update(CLAIMS, claim, metadata={**claim["metadata"], "finalizers": []})
    assert not released["metadata"].get("finalizers")


def test_a_namespace_goes_once_it_is_finalized(client: InProcessClient, store: Store) -> None:
    namespace = client.create(NAMESPACES, {"metadata": {"name": "vision"}})
    client.delete(NAMESPACES, namespace)
    terminating = store.get(NAMESPACES, "vision")
    assert terminating is not None
    client.update(NAMESPACES, terminating, subresource="finalize", spec={})
    assert store.get(NAMESPACES, "vision") is None


def test_nobody_manages_the_fields_of_a_binding(client: InProcessClient) -> None:
    client.create(SERVICE_ACCOUNTS, {"metadata": {"name": "default", "namespace": "default"}})
    spec = {"containers": [{"name": "main", "image": "busybox"}]}
    pod = client.create(PODS, {"metadata": metadata(), "spec": spec})
    bound = client.bind(pod, "n1")
    assert bound["spec"]["nodeName"] == "n1"
    assert bound["metadata"]["managedFields"] == pod["metadata"]["managedFields"]


def test_a_pod_that_is_being_deleted_can_only_get_less_time() -> None:
    """BeforeDelete of apiserver's rest/delete.go: the time is counted from the first request, and then stays."""
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    store = Store(lambda: now)
    put_initial_objects(store, port=6443)
    client = InProcessClient(store, "test-controller")
    client.create(SERVICE_ACCOUNTS, {"metadata": {"name": "default", "namespace": "default"}})
    spec = {"containers": [{"name": "main", "image": "busybox"}], "nodeName": "n1"}
    pod = client.create(PODS, {"metadata": metadata(finalizers=["example.com/hold"]), "spec": spec})
    steps: list[tuple[int | None, str, int]] = [
        (None, "12:00:30", 30),
        (40, "12:00:30", 30),
        (10, "12:00:10", 10),
        (0, "12:00:00", 0),
        (None, "12:00:00", 0),
        (30, "12:00:00", 0),
    ]
    for grace_period_s, time, left in steps:
        client.delete(PODS, pod, grace_period_s=grace_period_s)
        found = store.get(PODS, "held", "default")
        assert found is not None
        assert found["metadata"]["deletionTimestamp"] == f"2026-11-25T{time}Z"
        assert found["metadata"]["deletionGracePeriodSeconds"] == left
        pod, now = found, now + timedelta(seconds=1)


def _live(store: Store) -> Manifest:
    found = store.get(CONFIG_MAPS, "held", "default")
    assert found is not None
    return found

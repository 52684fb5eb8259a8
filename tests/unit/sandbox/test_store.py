"""The sandbox's store: versions, events, and the state at an earlier version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CONFIG_MAPS = find("", "v1", "configmaps")
SECRETS = find("", "v1", "secrets")


def config_map(name: str, namespace: str = "vision", **data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def names(manifests: list[Manifest]) -> list[str]:
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in manifests]


@pytest.fixture
def store() -> Store:
    return Store(lambda: NOW)


def test_a_new_object_gets_a_uid_a_creation_time_and_the_next_version(store: Store) -> None:
    before = store.resource_version
    stored = store.put(CONFIG_MAPS, config_map("a"))
    uid = stored["metadata"].pop("uid")
    assert len(uid) == len("00000000-0000-0000-0000-000000000000")
    assert stored == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "a",
            "namespace": "vision",
            "creationTimestamp": "2026-11-25T12:00:00Z",
            "resourceVersion": str(before + 1),
        },
        "data": {},
    }


def test_the_store_does_not_change_its_arguments(store: Store) -> None:
    given = config_map("a")
    store.put(CONFIG_MAPS, given)
    assert given == config_map("a")


def test_an_unchanged_object_is_not_written(store: Store) -> None:
    seen: list[Event] = []
    stored = store.put(CONFIG_MAPS, config_map("a"))
    store.subscribe(seen.append)
    assert store.put(CONFIG_MAPS, dict(stored)) is stored
    assert (seen, store.resource_version) == ([], int(stored["metadata"]["resourceVersion"]))


def test_lists_are_sorted_by_namespace_and_name(store: Store) -> None:
    for name, namespace in (("b", "vision"), ("a", "vision"), ("z", "audio")):
        store.put(CONFIG_MAPS, config_map(name, namespace))
    assert names(store.list(CONFIG_MAPS)) == ["audio/z", "vision/a", "vision/b"]
    assert names(store.list(CONFIG_MAPS, "vision")) == ["vision/a", "vision/b"]
    assert store.list(SECRETS) == []


def test_a_subscriber_gets_each_write_with_the_state_before_and_after(store: Store) -> None:
    seen: list[Any] = []
    unsubscribe = store.subscribe(lambda event: seen.append((event.type, event.previous, event.manifest)))
    first = store.put(CONFIG_MAPS, config_map("a"))
    second = store.put(CONFIG_MAPS, {**first, "data": {"x": "1"}})
    last = store.remove(CONFIG_MAPS, "a", "vision")
    unsubscribe()
    unsubscribe()
    store.put(CONFIG_MAPS, config_map("b"))
    assert seen == [("ADDED", None, first), ("MODIFIED", first, second), ("DELETED", second, last)]
    assert last["data"] == {"x": "1"}
    assert int(last["metadata"]["resourceVersion"]) == int(second["metadata"]["resourceVersion"]) + 1


def test_removing_a_missing_object_is_404(store: Store) -> None:
    with pytest.raises(ApiError) as caught:
        store.remove(CONFIG_MAPS, "a", "vision")
    assert caught.value.status_body()["message"] == 'configmaps "a" not found'


def test_events_since_a_version_are_the_later_ones_of_the_kind_and_namespace(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("old"))
    version = store.resource_version
    store.put(SECRETS, {**config_map("s"), "kind": "Secret"})
    store.put(CONFIG_MAPS, config_map("elsewhere", "audio"))
    store.put(CONFIG_MAPS, config_map("new"))
    since = store.events_since(version, CONFIG_MAPS, "vision")
    assert [event.manifest["metadata"]["name"] for event in since] == ["new"]
    assert store.events_since(store.resource_version, CONFIG_MAPS) == []


def test_a_list_at_an_earlier_version_has_the_state_of_then(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("a", x="1"))
    store.put(CONFIG_MAPS, config_map("b"))
    then, version = store.list(CONFIG_MAPS), store.resource_version
    store.put(CONFIG_MAPS, {**then[0], "data": {"x": "2"}})
    store.remove(CONFIG_MAPS, "b", "vision")
    store.put(CONFIG_MAPS, config_map("b", anew="1"))
    store.put(CONFIG_MAPS, config_map("c"))
    assert store.list_at(version, CONFIG_MAPS) == then
    assert store.list_at(store.resource_version, CONFIG_MAPS) == store.list(CONFIG_MAPS)


def test_too_old_a_version_is_410() -> None:
    store = Store(lambda: NOW, events_kept=2)
    versions = [store.resource_version]
    for name in "abc":
        store.put(CONFIG_MAPS, config_map(name))
        versions.append(store.resource_version)
    assert [event.manifest["metadata"]["name"] for event in store.events_since(versions[1], CONFIG_MAPS)] == ["b", "c"]
    with pytest.raises(ApiError) as caught:
        store.events_since(versions[0], CONFIG_MAPS)
    assert caught.value.status_body() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "too old resource version: 1 (2)",
        "reason": "Expired",
        "code": 410,
    }

"""Watches and pages in the sandbox: each event is sent once and at once."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.auth.users import User
from tenantkit.sandbox.endpoints.reads import Reads
from tenantkit.sandbox.endpoints.request import ApiRequest, parse_request_info
from tenantkit.sandbox.endpoints.watch import Watch
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tenantkit.rules.manifest import Manifest

CONFIG_MAPS = find("", "v1", "configmaps")
PATH = "/api/v1/namespaces/vision/configmaps"
PROMPTLY_S = 5.0


def config_map(name: str, namespace: str = "vision", **labels: str) -> Manifest:
    metadata: Manifest = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata | ({"labels": labels} if labels else {}),
    }


def request_with(**query: Any) -> ApiRequest:
    texts = {key: str(value) for key, value in query.items()}
    return ApiRequest(parse_request_info("GET", PATH, texts), User("dana@example.com"), texts)


def watch_of(store: Store, **query: Any) -> Watch:
    return Watch(store, CONFIG_MAPS, request_with(watch=1, **query))


@pytest.fixture
def store() -> Store:
    return Store(lambda: datetime(2026, 11, 25, 12, tzinfo=UTC))


def events_of(watch: Watch, act: Callable[[], None] = lambda: None) -> list[tuple[str, str]]:
    """Type and name of all events of a watch; `act` is called while it is open, and then it ends."""

    async def collect() -> list[bytes]:
        lines: list[bytes] = []
        stream: AsyncIterator[bytes] = watch.lines()
        first = asyncio.ensure_future(anext(stream, b""))
        await asyncio.sleep(0)
        act()
        watch.end()
        async with asyncio.timeout(PROMPTLY_S):
            lines.append(await first)
            lines += [line async for line in stream]
        return [line for line in lines if line]

    events = [json.loads(line) for line in asyncio.run(collect())]
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def test_a_watch_without_a_version_starts_with_the_existing_objects(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("a"))
    store.put(CONFIG_MAPS, config_map("elsewhere", "audio"))
    assert events_of(watch_of(store)) == [("ADDED", "a")]


def test_a_watch_from_a_version_sends_missed_and_new_events(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("known"))
    version = store.resource_version
    store.put(CONFIG_MAPS, config_map("missed"))

    def act() -> None:
        store.put(CONFIG_MAPS, config_map("new"))
        store.remove(CONFIG_MAPS, "known", "vision")

    expected = [("ADDED", "missed"), ("ADDED", "new"), ("DELETED", "known")]
    assert events_of(watch_of(store, resourceVersion=version), act) == expected


def test_a_write_during_the_initial_events_is_sent_once(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("a"))
    store.put(CONFIG_MAPS, config_map("b"))

    def act() -> None:
        store.put(CONFIG_MAPS, config_map("b", tier="gold"))

    assert events_of(watch_of(store), act) == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "b")]


def test_an_object_that_starts_to_match_is_added_and_one_that_stops_is_deleted(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("a", tier="gold"))
    store.put(CONFIG_MAPS, config_map("b"))
    version = store.resource_version

    def act() -> None:
        store.put(CONFIG_MAPS, config_map("b", tier="gold"))
        store.put(CONFIG_MAPS, config_map("b", tier="gold", more="1"))
        store.put(CONFIG_MAPS, config_map("a"))
        store.put(CONFIG_MAPS, config_map("a", more="1"))
        store.remove(CONFIG_MAPS, "a", "vision")

    watch = watch_of(store, resourceVersion=version, labelSelector="tier=gold")
    assert events_of(watch, act) == [("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "a")]


def test_initial_events_end_with_an_annotated_bookmark(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("a"))
    options = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    assert events_of(watch_of(store, **options)) == [("ADDED", "a"), ("BOOKMARK", "")]


def test_the_initial_bookmark_does_not_include_unsent_events(store: Store) -> None:
    store.put(CONFIG_MAPS, config_map("a"))
    before = store.resource_version
    options = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    watch = watch_of(store, **options)

    async def second_line() -> Any:
        stream: AsyncIterator[bytes] = watch.lines()
        await anext(stream)
        store.put(CONFIG_MAPS, config_map("b"))
        return json.loads(await anext(stream))

    bookmark = asyncio.run(second_line())
    assert bookmark == {
        "type": "BOOKMARK",
        "object": {
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": str(before), "annotations": {"k8s.io/initial-events-end": "true"}},
        },
    }


def test_a_watch_from_too_old_a_version_gets_410_as_its_only_event() -> None:
    store = Store(lambda: datetime(2026, 11, 25, 12, tzinfo=UTC), events_kept=1)
    version = store.resource_version
    for name in "abc":
        store.put(CONFIG_MAPS, config_map(name))

    async def only_line() -> list[bytes]:
        return [line async for line in watch_of(store, resourceVersion=version).lines()]

    (event,) = (json.loads(line) for line in asyncio.run(only_line()))
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_a_watch_ends_after_its_timeout(store: Store) -> None:
    async def lines() -> list[bytes]:
        async with asyncio.timeout(PROMPTLY_S):
            return [line async for line in watch_of(store, timeoutSeconds=1, resourceVersion=1).lines()]

    assert asyncio.run(lines()) == []


def test_pages_show_the_state_at_the_first_page(store: Store) -> None:
    for name in "abcd":
        store.put(CONFIG_MAPS, config_map(name))
    reads = Reads(store)
    first = reads.list(CONFIG_MAPS, request_with(limit=2))
    store.remove(CONFIG_MAPS, "c", "vision")
    store.put(CONFIG_MAPS, config_map("e"))
    rest = reads.list(CONFIG_MAPS, request_with(limit=5, **{"continue": first["metadata"]["continue"]}))
    assert first["metadata"]["remainingItemCount"] == 2
    assert [item["metadata"]["name"] for item in (*first["items"], *rest["items"])] == ["a", "b", "c", "d"]
    assert rest["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}


def test_a_page_with_selectors_has_no_remaining_count(store: Store) -> None:
    for name in "abc":
        store.put(CONFIG_MAPS, config_map(name, tier="gold"))
    page = Reads(store).list(CONFIG_MAPS, request_with(limit=1, labelSelector="tier"))
    assert sorted(page["metadata"]) == ["continue", "resourceVersion"]


def test_a_page_of_too_old_a_list_is_410() -> None:
    store = Store(lambda: datetime(2026, 11, 25, 12, tzinfo=UTC), events_kept=1)
    for name in "ab":
        store.put(CONFIG_MAPS, config_map(name))
    token = Reads(store).list(CONFIG_MAPS, request_with(limit=1))["metadata"]["continue"]
    for name in "cd":
        store.put(CONFIG_MAPS, config_map(name))
    with pytest.raises(ApiError) as caught:
        Reads(store).list(CONFIG_MAPS, request_with(**{"continue": token}))
    assert (caught.value.code, caught.value.reason) == (410, "Expired")


def test_a_version_in_the_future_is_504(store: Store) -> None:
    with pytest.raises(ApiError) as caught:
        Reads(store).list(CONFIG_MAPS, request_with(resourceVersion=999))
    assert caught.value.status_body() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Timeout: Too large resource version: 999, current: 1",
        "reason": "Timeout",
        "details": {
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
        "code": 504,
    }

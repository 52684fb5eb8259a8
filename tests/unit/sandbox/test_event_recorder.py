"""Events of the sandbox's controllers: their content and how they are repeated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tenantkit.sandbox.apimachinery.resources import NAMESPACES
from tenantkit.sandbox.client.event_recorder import EVENTS, EventRecorder
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
ABOUT = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "metadata": {"name": "web", "namespace": "vision", "uid": "u-1", "resourceVersion": "7"},
}


@pytest.fixture
def clock() -> list[datetime]:
    return [START]


@pytest.fixture
def store(clock: list[datetime]) -> Store:
    store = Store(lambda: clock[0])
    metadata = {"name": "vision", "labels": {"kubernetes.io/metadata.name": "vision"}}
    store.put(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return store


def events(store: Store) -> list[Manifest]:
    return store.list(EVENTS, "vision")


def test_an_event_names_its_object_and_reporting_component(store: Store) -> None:
    EventRecorder(store, "replicaset-controller").record(ABOUT, "SuccessfulCreate", "Created pod: web-1")
    (event,) = events(store)
    assert event["involvedObject"] == {
        "kind": "ReplicaSet",
        "namespace": "vision",
        "name": "web",
        "uid": "u-1",
        "apiVersion": "apps/v1",
        "resourceVersion": "7",
    }
    assert {key: event[key] for key in ("reason", "message", "type", "count", "source", "reportingComponent")} == {
        "reason": "SuccessfulCreate",
        "message": "Created pod: web-1",
        "type": "Normal",
        "count": 1,
        "source": {"component": "replicaset-controller"},
        "reportingComponent": "replicaset-controller",
    }
    assert (event["eventTime"], event["firstTimestamp"]) == (None, "2026-11-25T12:00:00Z")


def test_a_repeated_event_is_counted(store: Store, clock: list[datetime]) -> None:
    recorder = EventRecorder(store, "replicaset-controller")
    for _ in range(3):
        recorder.record(ABOUT, "FailedCreate", "no", kind="Warning")
        clock[0] += timedelta(seconds=5)
    (event,) = events(store)
    found = (event["count"], event["firstTimestamp"], event["lastTimestamp"])
    assert found == (3, "2026-11-25T12:00:00Z", "2026-11-25T12:00:10Z")


def test_the_tenth_and_later_different_messages_are_combined_into_one_event(store: Store) -> None:
    recorder = EventRecorder(store, "replicaset-controller")
    for number in range(12):
        recorder.record(ABOUT, "FailedCreate", f"no {number}", kind="Warning")
    found = sorted((event["message"], event["count"]) for event in events(store))
    assert found == [("(combined from similar events): no 11", 3), *((f"no {number}", 1) for number in range(9))]


def test_an_event_with_an_action_has_a_series_instead_of_a_count(store: Store) -> None:
    recorder = EventRecorder(store, "default-scheduler")
    for _ in range(3):
        recorder.record(ABOUT, "FailedScheduling", "0/0 nodes", kind="Warning", action="Scheduling")
    (event,) = events(store)
    assert (event["eventTime"], event["firstTimestamp"]) == ("2026-11-25T12:00:00.000000Z", None)
    assert event["series"] == {"count": 2, "lastObservedTime": "2026-11-25T12:00:00.000000Z"}
    assert (event["action"], event["reportingComponent"]) == ("Scheduling", "default-scheduler")


def test_an_event_about_a_cluster_scoped_object_is_in_namespace_default(store: Store) -> None:
    store.put(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "gpu-1", "uid": "u", "resourceVersion": "3"}}
    EventRecorder(store, "node-controller").record(node, "RegisteredNode", "Node gpu-1 registered")
    assert [event["message"] for event in store.list(EVENTS, "default")] == ["Node gpu-1 registered"]


def test_no_event_is_written_in_a_terminating_namespace(store: Store) -> None:
    vision = store.get(NAMESPACES, "vision")
    assert vision is not None
    metadata = {**vision["metadata"], "deletionTimestamp": "2026-11-25T12:00:00Z"}
    store.put(NAMESPACES, {**vision, "metadata": metadata, "status": {"phase": "Terminating"}})
    EventRecorder(store, "replicaset-controller").record(ABOUT, "SuccessfulCreate", "Created pod: web-1")
    assert not events(store)

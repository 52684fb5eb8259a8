"""Lists and watches: selectors, pages, and the events of a watch; the same on both engines.

The rules: page "Kubernetes API Concepts" (resource versions, retrieving large results in chunks, efficient detection of
changes) and "Field Selectors".
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.wire import MERGE_PATCH
from tests.statuses import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Answer, Wire

LABELS: dict[str, dict[str, str]] = {
    "a": {"app": "trainer"},
    "b": {"app": "server"},
    "c": {"app": "trainer", "env": "prod"},
    "d": {},
}
OURS = "metadata.name!=kube-root-ca.crt"  # a real server creates it at some time


def config_map(name: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}


@pytest.fixture
def path(wire: Wire, namespace: str) -> str:
    """The path of four ConfigMaps."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for name, labels in LABELS.items():
        assert wire("POST", path, config_map(name, **labels)).status == 201
    return path


def names(answer: Answer) -> list[str]:
    assert answer.status == 200
    return [item["metadata"]["name"] for item in answer.body["items"]]


def version(answer: Answer) -> str:
    found: str = answer.body["metadata"]["resourceVersion"]
    return found


def summary(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def change_all(wire: Wire, path: str) -> None:
    """Change `a`, delete `b`, remove the label of `c`, and add `e`."""
    wire("PATCH", f"{path}/a", {"data": {"k": "v"}}, content_type=MERGE_PATCH)
    wire("DELETE", f"{path}/b")
    wire("PATCH", f"{path}/c", {"metadata": {"labels": {"app": "server"}}}, content_type=MERGE_PATCH)
    wire("POST", path, config_map("e", app="trainer"))


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app=trainer", ["a", "c"]),
        ("app==trainer", ["a", "c"]),
        ("app!=trainer", ["b", "d"]),
        ("app", ["a", "b", "c"]),
        ("!app", ["d"]),
        ("app in (trainer,server),!env", ["a", "b"]),
        ("app notin (trainer)", ["b", "d"]),
        ("app=trainer,env=prod", ["c"]),
        ("", ["a", "b", "c", "d"]),
    ],
)
def test_a_label_selector_selects(wire: Wire, path: str, selector: str, expected: list[str]) -> None:
    assert names(wire("GET", path, query={"labelSelector": selector, "fieldSelector": OURS})) == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("metadata.name=b", ["b"]), ("metadata.name!=b,metadata.name!=c," + OURS, ["a", "d"])],
)
def test_a_field_selector_selects(wire: Wire, path: str, selector: str, expected: list[str]) -> None:
    assert names(wire("GET", path, query={"fieldSelector": selector})) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"labelSelector": "app in"}, "unable to parse requirement: "),
        (
            {"fieldSelector": "data.x=1"},
            '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
    ids=["labels", "fields"],
)
def test_a_selector_that_can_not_be_parsed_is_refused(
    wire: Wire, path: str, query: dict[str, str], message: str
) -> None:
    answer = wire("GET", path, query=query)
    found = answer.body["message"]
    assert found.startswith(message)  # each parser describes in its own way where a selector breaks
    assert (answer.status, answer.body) == (400, status(400, "BadRequest", found))


def test_items_of_a_list_have_no_kind_and_the_list_has_one(wire: Wire, path: str) -> None:
    answer = wire("GET", path, query={"fieldSelector": "metadata.name=a"})
    live = wire("GET", f"{path}/a").body
    item = {key: value for key, value in live.items() if key not in {"kind", "apiVersion"}}
    assert answer.body == {
        "kind": "ConfigMapList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": version(answer)},
        "items": [item],
    }


def pages(wire: Wire, path: str, query: dict[str, str]) -> Iterator[Answer]:
    while True:
        page = wire("GET", path, query=query)
        yield page
        if not page.body["metadata"].get("continue"):
            return
        query = {**query, "continue": page.body["metadata"]["continue"]}


def test_all_pages_show_the_list_at_one_version(wire: Wire, path: str) -> None:
    read = []
    for page in pages(wire, path, {"limit": "2", "labelSelector": "app"}):
        read.append(page)
        wire("POST", path, config_map(f"b{len(read)}", app="late"))
    assert [names(page) for page in read] == [["a", "b"], ["c"]]
    assert len({version(page) for page in read}) == 1


def test_a_page_has_the_number_of_remaining_items_unless_a_selector_is_used(wire: Wire, path: str) -> None:
    whole = len(names(wire("GET", path)))
    page = wire("GET", path, query={"limit": "2"})
    assert page.body["metadata"]["remainingItemCount"] in {whole - 2, whole - 1}  # the certificate may exist by now
    chosen = wire("GET", path, query={"limit": "1", "labelSelector": "app"})
    assert chosen.body["metadata"].keys() == {"resourceVersion", "continue"}


def test_a_watch_sends_the_events_since_the_list(wire: Wire, path: str) -> None:
    since = version(wire("GET", path, query={"fieldSelector": OURS}))
    change_all(wire, path)
    events = wire.watch(path, count=4, query={"resourceVersion": since, "fieldSelector": OURS})
    assert summary(events) == [("MODIFIED", "a"), ("DELETED", "b"), ("MODIFIED", "c"), ("ADDED", "e")]
    assert events[0]["object"] == wire("GET", f"{path}/a").body


def test_an_object_that_stops_matching_a_watch_is_sent_as_deleted(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    events = wire.watch(path, count=3, query={"resourceVersion": since, "labelSelector": "app=trainer"})
    assert summary(events) == [("MODIFIED", "a"), ("DELETED", "c"), ("ADDED", "e")]


def test_a_watch_of_one_object_sends_no_events_of_others(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    wire("DELETE", f"{path}/a")
    events = wire.watch(path, count=2, query={"resourceVersion": since, "fieldSelector": "metadata.name=a"})
    assert summary(events) == [("MODIFIED", "a"), ("DELETED", "a")]


def test_a_watch_without_a_version_begins_with_the_existing_objects(wire: Wire, path: str) -> None:
    events = wire.watch(path, count=4, query={"fieldSelector": OURS})
    assert sorted(summary(events)) == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c"), ("ADDED", "d")]


def test_a_deleted_object_is_sent_with_the_version_of_its_deletion(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    wire("DELETE", f"{path}/b")
    [event] = wire.watch(path, count=1, query={"resourceVersion": since, "fieldSelector": "metadata.name=b"})
    assert int(event["object"]["metadata"]["resourceVersion"]) > int(since)


def test_a_watch_from_the_version_of_an_event_continues_after_it(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    query = {"labelSelector": "app=trainer"}
    first = wire.watch(path, count=1, query={**query, "resourceVersion": since})
    seen = first[0]["object"]["metadata"]["resourceVersion"]
    assert summary(wire.watch(path, count=2, query={**query, "resourceVersion": seen})) == [
        ("DELETED", "c"),
        ("ADDED", "e"),
    ]


@pytest.mark.usefixtures("path")
def test_the_client_adds_the_kind_to_the_items_of_a_list(cluster: Cluster, namespace: str) -> None:
    listed = cluster.list("ConfigMap", namespace=namespace, label_selector="app=trainer")
    assert listed == [cluster.get("ConfigMap", name, namespace) for name in ("a", "c")]
    assert cluster.list("ConfigMap", namespace=namespace, field_selector="metadata.name=nobody") == []


def test_the_client_watches_from_a_version(cluster: Cluster, wire: Wire, path: str, namespace: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    seen = []
    for event in cluster.watch(
        "ConfigMap", namespace=namespace, label_selector="app=trainer", resource_version=since, timeout_s=20
    ):
        seen.append((event.type, event.manifest["metadata"]["name"]))
        if len(seen) == 3:
            break
    assert seen == [("MODIFIED", "a"), ("DELETED", "c"), ("ADDED", "e")]


def test_a_watch_of_the_client_sends_live_events_and_can_be_stopped(
    cluster: Cluster, wire: Wire, path: str, namespace: str
) -> None:
    stop = threading.Event()
    since = version(wire("GET", path))
    wire("PATCH", f"{path}/a", {"data": {"k": "v"}}, content_type=MERGE_PATCH)
    seen = []
    for event in cluster.watch(
        "ConfigMap", namespace=namespace, name="a", resource_version=since, timeout_s=20, stop=stop
    ):
        seen.append(event.type)
        if event.type == "MODIFIED":
            wire("DELETE", f"{path}/a")
        else:
            stop.set()
    assert seen == ["MODIFIED", "DELETED"]


@pytest.mark.parametrize("path", ["/api/v1/namespaces", "/api/v1/namespaces/default"])
def test_a_head_request_is_refused(path: str, wire: Wire) -> None:
    assert wire("HEAD", path).status == 405


def test_a_missing_permission_is_reported_before_an_unsupported_method(wire_as: Callable[[str], Wire]) -> None:
    assert wire_as("stranger")("HEAD", "/api/v1/namespaces").status == 403

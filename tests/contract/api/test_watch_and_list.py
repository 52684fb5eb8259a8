"""Lists and watches: what is chosen, what comes in pages, and what a watch tells from where; the same on both engines.

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
OURS = "metadata.name!=kube-root-ca.crt"  # a real server puts it there, sooner or later


def config_map(name: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}


@pytest.fixture
def path(wire: Wire, namespace: str) -> str:
    """Where four ConfigMaps are."""
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


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def change_all(wire: Wire, path: str) -> None:
    """Change `a`, delete `b`, take `c` out of the trainers, and add `e`."""
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
def test_a_label_selector_chooses(wire: Wire, path: str, selector: str, expected: list[str]) -> None:
    assert names(wire("GET", path, query={"labelSelector": selector, "fieldSelector": OURS})) == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("metadata.name=b", ["b"]), ("metadata.name!=b,metadata.name!=c," + OURS, ["a", "d"])],
)
def test_a_field_selector_chooses(wire: Wire, path: str, selector: str, expected: list[str]) -> None:
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
def test_a_selector_that_can_not_be_read_is_refused(wire: Wire, path: str, query: dict[str, str], message: str) -> None:
    answer = wire("GET", path, query=query)
    found = answer.body["message"]
    assert found.startswith(message)  # each parser describes in its own way where a selector breaks
    assert (answer.status, answer.body) == (400, status(400, "BadRequest", found))


def test_items_of_a_list_do_not_say_their_kind_and_the_list_does(wire: Wire, path: str) -> None:
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


def test_pages_together_are_the_list_of_one_moment(wire: Wire, path: str) -> None:
    read = []
    for page in pages(wire, path, {"limit": "2", "labelSelector": "app"}):
        read.append(page)
        wire("POST", path, config_map(f"b{len(read)}", app="late"))
    assert [names(page) for page in read] == [["a", "b"], ["c"]]
    assert len({version(page) for page in read}) == 1


def test_a_page_says_how_many_are_left_unless_something_was_chosen(wire: Wire, path: str) -> None:
    whole = len(names(wire("GET", path)))
    page = wire("GET", path, query={"limit": "2"})
    assert page.body["metadata"]["remainingItemCount"] in {whole - 2, whole - 1}  # the certificate may have come
    chosen = wire("GET", path, query={"limit": "1", "labelSelector": "app"})
    assert chosen.body["metadata"].keys() == {"resourceVersion", "continue"}


def test_a_watch_tells_what_happened_since_the_list(wire: Wire, path: str) -> None:
    since = version(wire("GET", path, query={"fieldSelector": OURS}))
    change_all(wire, path)
    events = wire.watch(path, count=4, query={"resourceVersion": since, "fieldSelector": OURS})
    assert told(events) == [("MODIFIED", "a"), ("DELETED", "b"), ("MODIFIED", "c"), ("ADDED", "e")]
    assert events[0]["object"] == wire("GET", f"{path}/a").body


def test_what_stops_matching_a_watch_is_told_as_deleted(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    events = wire.watch(path, count=3, query={"resourceVersion": since, "labelSelector": "app=trainer"})
    assert told(events) == [("MODIFIED", "a"), ("DELETED", "c"), ("ADDED", "e")]


def test_a_watch_of_one_object_tells_of_no_other(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    wire("DELETE", f"{path}/a")
    events = wire.watch(path, count=2, query={"resourceVersion": since, "fieldSelector": "metadata.name=a"})
    assert told(events) == [("MODIFIED", "a"), ("DELETED", "a")]


def test_a_watch_from_nowhere_begins_with_what_is_there(wire: Wire, path: str) -> None:
    events = wire.watch(path, count=4, query={"fieldSelector": OURS})
    assert sorted(told(events)) == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c"), ("ADDED", "d")]


def test_a_deleted_object_is_told_with_the_version_of_its_deletion(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    wire("DELETE", f"{path}/b")
    [event] = wire.watch(path, count=1, query={"resourceVersion": since, "fieldSelector": "metadata.name=b"})
    assert int(event["object"]["metadata"]["resourceVersion"]) > int(since)


def test_a_watch_told_of_its_last_event_goes_on_from_there(wire: Wire, path: str) -> None:
    since = version(wire("GET", path))
    change_all(wire, path)
    query = {"labelSelector": "app=trainer"}
    first = wire.watch(path, count=1, query={**query, "resourceVersion": since})
    seen = first[0]["object"]["metadata"]["resourceVersion"]
    assert told(wire.watch(path, count=2, query={**query, "resourceVersion": seen})) == [
        ("DELETED", "c"),
        ("ADDED", "e"),
    ]


@pytest.mark.usefixtures("path")
def test_the_door_puts_the_kind_back_into_what_it_lists(cluster: Cluster, namespace: str) -> None:
    listed = cluster.list("ConfigMap", namespace=namespace, label_selector="app=trainer")
    assert listed == [cluster.get("ConfigMap", name, namespace) for name in ("a", "c")]
    assert cluster.list("ConfigMap", namespace=namespace, field_selector="metadata.name=nobody") == []


def test_the_door_watches_on_from_a_version(cluster: Cluster, wire: Wire, path: str, namespace: str) -> None:
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


def test_a_watch_at_the_door_sees_what_happens_meanwhile_and_can_be_stopped(
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
def test_objects_have_no_head(path: str, wire: Wire) -> None:
    assert wire("HEAD", path).status == 405


def test_whoever_may_not_read_is_refused_before_the_method_is(wire_as: Callable[[str], Wire]) -> None:
    assert wire_as("stranger")("HEAD", "/api/v1/namespaces").status == 403

"""Events in both API groups: one object with two names for its fields; the newer form is strict.

The rules: page "Event", API group events.k8s.io/v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import changed
from tests.contract.wire import JSON_PATCH, MERGE_PATCH

if TYPE_CHECKING:
    from tests.contract.api.kind_samples import Json
    from tests.contract.wire import Wire

WHEN = "2026-01-01T00:00:00.000000Z"
POD = {"kind": "Pod", "name": "trainer"}
COMMON: Json = {
    "action": "Binding",
    "eventTime": WHEN,
    "reason": "Scheduled",
    "reportingInstance": "one",
    "type": "Normal",
}


def newer(namespace: str, changes: Json | None = None) -> Json:
    about = {"regarding": {**POD, "namespace": namespace}, "note": "placed", "reportingController": "example.com/it"}
    return changed({"metadata": {"name": "placed"}, **COMMON, **about}, changes or {})


def older(namespace: str, changes: Json | None = None) -> Json:
    about = {"involvedObject": {**POD, "namespace": namespace}, "message": "placed", "reportingComponent": "it"}
    return changed({"metadata": {"name": "placed"}, **COMMON, **about}, changes or {})


def paths(namespace: str) -> tuple[str, str]:
    """The paths of events in the newer and the older form."""
    return f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", f"/api/v1/namespaces/{namespace}/events"


def said(event: Json) -> Json:
    return {key: value for key, value in event.items() if key not in {"apiVersion", "kind", "metadata"}}


def test_an_event_of_the_newer_form_is_served_in_the_older_form(wire: Wire, namespace: str) -> None:
    new, old = paths(namespace)

    answer = wire("POST", new, newer(namespace))

    about = {**POD, "namespace": namespace}
    unset: Json = {"deprecatedFirstTimestamp": None, "deprecatedLastTimestamp": None, "deprecatedSource": {}}
    assert (answer.status, answer.body["apiVersion"], answer.body["kind"]) == (201, "events.k8s.io/v1", "Event")
    assert said(answer.body) == {
        **COMMON,
        **unset,
        "note": "placed",
        "regarding": about,
        "reportingController": "example.com/it",
    }
    assert said(wire("GET", f"{old}/placed").body) == {
        **COMMON,
        "firstTimestamp": None,
        "lastTimestamp": None,
        "source": {},
        "message": "placed",
        "involvedObject": about,
        "reportingComponent": "example.com/it",
    }


def test_an_event_of_the_older_form_is_served_in_the_newer_form(wire: Wire, namespace: str) -> None:
    new, old = paths(namespace)
    about = {**POD, "namespace": namespace}
    plain = {"involvedObject": about, "message": "m", "reason": "Pulled", "type": "Warning", "count": 2}
    seen = {"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": None, "source": {"component": "kubelet"}}

    assert wire("POST", old, {"metadata": {"name": "pulled"}, **plain, **seen}).status == 201

    assert said(wire("GET", f"{new}/pulled").body) == {
        "deprecatedCount": 2,
        "deprecatedFirstTimestamp": "2026-01-01T00:00:00Z",
        "deprecatedLastTimestamp": None,
        "deprecatedSource": {"component": "kubelet"},
        "eventTime": None,
        "note": "m",
        "reason": "Pulled",
        "regarding": about,
        "type": "Warning",
    }


def test_both_forms_list_and_watch_the_same_events(wire: Wire, namespace: str) -> None:
    new, old = paths(namespace)
    version = wire("GET", new).body["metadata"]["resourceVersion"]
    wire("POST", new, newer(namespace))
    wire("POST", old, older(namespace, {"metadata/name": "also"}))

    lists = [wire("GET", path).body for path in (new, old)]

    assert [(found["apiVersion"], found["kind"]) for found in lists] == [
        ("events.k8s.io/v1", "EventList"),
        ("v1", "EventList"),
    ]
    names = [[item["metadata"]["name"] for item in found["items"]] for found in lists]
    assert names == [["also", "placed"], ["also", "placed"]]
    events = wire.watch(new, count=2, query={"resourceVersion": version})
    assert [(event["object"]["apiVersion"], event["object"]["note"]) for event in events] == [
        ("events.k8s.io/v1", "placed")
    ] * 2


@pytest.mark.parametrize(
    ("selector", "count"),
    [
        ("regarding.name=trainer", 1),
        ("regarding.name=other", 0),
        ("reportingController=example.com/it", 1),
        ("reason=Scheduled,type=Normal", 1),
        ("type=Warning", 0),
    ],
)
def test_events_are_selected_by_the_newer_names_of_their_fields(
    wire: Wire, namespace: str, selector: str, count: int
) -> None:
    new, _ = paths(namespace)
    wire("POST", new, newer(namespace))

    assert len(wire("GET", new, query={"fieldSelector": selector}).body["items"]) == count


REFUSED: list[tuple[Json, list[str]]] = [
    ({"eventTime": None}, ["eventTime: Required value"]),
    ({"action": None}, ["action: Required value"]),
    ({"reason": None}, ["reason: Required value"]),
    ({"reportingInstance": None}, ["reportingInstance: Required value"]),
    ({"type": "Odd"}, ['type: Invalid value: "": has invalid value: Odd']),
    ({"deprecatedCount": 3}, ['count: Invalid value: "": needs to be unset']),
    (
        {"series": {"count": 1}},
        ['series.count: Invalid value: "": should be at least 2', "series.lastObservedTime: Required value"],
    ),
    ({"regarding": None}, ['involvedObject.namespace: Invalid value: "": does not match event.namespace']),
    ({"note": "x" * 1025}, ['message: Invalid value: "": can have at most 1024 characters']),
    ({"reason": "x" * 129}, ['reason: Invalid value: "": can have at most 128 characters']),
]


@pytest.mark.parametrize(("changes", "causes"), REFUSED, ids=lambda part: str(part)[:40])
def test_the_newer_form_is_strict(wire: Wire, namespace: str, changes: Json, causes: list[str]) -> None:
    new, _ = paths(namespace)

    answer = wire("POST", new, newer(namespace, changes))

    shown = causes[0] if len(causes) == 1 else f"[{', '.join(causes)}]"
    assert (answer.status, answer.body["message"]) == (422, f'Event "placed" is invalid: {shown}')


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 201), ({"eventTime": None, "action": None, "type": "Odd"}, 201), ({"action": None}, 422)],
    ids=str,
)
def test_the_older_form_is_strict_only_with_an_event_time(
    wire: Wire, namespace: str, changes: Json, status: int
) -> None:
    _, old = paths(namespace)

    assert wire("POST", old, older(namespace, changes)).status == status


def test_the_newer_form_does_not_allow_changes_of_the_facts(wire: Wire, namespace: str) -> None:
    new, old = paths(namespace)
    wire("POST", new, newer(namespace))
    patch: list[Any] = [{"op": "replace", "path": "/note", "value": "other"}]

    refused = [
        wire("PATCH", f"{new}/placed", {"note": "other"}, content_type=MERGE_PATCH),
        wire("PATCH", f"{new}/placed", patch, content_type=JSON_PATCH),
    ]
    taken = wire("PATCH", f"{old}/placed", {"message": "other"}, content_type=MERGE_PATCH)

    why = 'Event "placed" is invalid: message: Invalid value: "other": field is immutable'
    assert [(answer.status, answer.body["message"]) for answer in refused] == [(422, why), (422, why)]
    assert taken.status == 200


def test_an_event_becomes_a_series(wire: Wire, namespace: str) -> None:
    new, old = paths(namespace)
    wire("POST", new, newer(namespace))
    series = {"count": 3, "lastObservedTime": WHEN}

    answer = wire("PATCH", f"{new}/placed", {"series": series}, content_type=MERGE_PATCH)

    assert (answer.status, answer.body["series"]) == (200, series)
    assert wire("GET", f"{old}/placed").body["series"] == series


def test_refusals_and_deletions_name_the_requested_form(wire: Wire, namespace: str) -> None:
    new, old = paths(namespace)
    wire("POST", new, newer(namespace))

    deleted = wire("DELETE", f"{new}/placed")

    details = deleted.body["details"]
    assert (deleted.body["status"], details["kind"], details["group"]) == ("Success", "events", "events.k8s.io")
    assert [wire("GET", f"{path}/placed").body["message"] for path in (new, old)] == [
        'events.events.k8s.io "placed" not found',
        'events "placed" not found',
    ]

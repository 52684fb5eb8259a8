"""The frame of events: both APIs, grouped, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd

from tenantkit.cluster.requests.page_parser import page_parser
from tenantkit.frames import events as module
from tenantkit.frames.events import EVENTS, events, events_frame
from tenantkit.frames.kit.namespace_owners import NamespaceOwner
from tenantkit.frames.kit.owners import Chains, Owner
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import HOSTILE, owned_by, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def event(at: str, *, last: str | None = None, **fields: Any) -> Manifest:
    """An event of the core API."""
    return {
        "metadata": {"name": "x", "namespace": "vision", "creationTimestamp": at},
        "involvedObject": {"kind": "Pod", "name": "api-1", "namespace": "vision"},
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "type": "Warning",
        "count": 2,
        "firstTimestamp": at,
        "lastTimestamp": last or at,
        "eventTime": None,
        "source": {"component": "kubelet"},
        **fields,
    }


def series(at: str, last: str, count: int) -> Manifest:
    """An event of events.k8s.io, as the core API returns it."""
    found = event(at, series={"count": count, "lastObservedTime": last}, eventTime=at)
    return found | {
        "firstTimestamp": None,
        "lastTimestamp": None,
        "count": None,
        "source": {},
        "reportingComponent": "s",
    }


def test_events_with_one_object_reason_and_message_are_one_row() -> None:
    found = [
        event("2026-11-25T12:00:00Z", last="2026-11-25T12:01:00Z"),
        series("2026-11-25T11:59:00.250000Z", "2026-11-25T12:01:00.500000Z", 5),
    ]

    api, root = Owner("apps/v1", "Deployment", "api"), Owner("x/v1", "InferenceService", "llm")
    owners = {("vision", Owner("v1", "Pod", "api-1")): api, ("vision", api): root, ("vision", root): None}

    frame = events_frame(found, owned={"vision": NamespaceOwner("vision", "cv")}, chains=Chains(owners=dict(owners)))

    expected = pd.DataFrame(
        {
            "tenant": ["vision"],
            "team": ["cv"],
            "namespace": ["vision"],
            "last_seen": ["2026-11-25T12:01:00.500000Z"],
            "first_seen": ["2026-11-25T11:59:00.250000Z"],
            "count": [7],
            "type": ["Warning"],
            "reason": ["BackOff"],
            "object": ["Pod/api-1"],
            "workload": ["Deployment/api"],
            "root_workload": ["InferenceService/llm"],
            "message": ["Back-off restarting failed container"],
            "source": ["kubelet"],
        }
    )
    for name in ("last_seen", "first_seen"):
        expected[name] = pd.to_datetime(expected[name], utc=True).dt.as_unit("ns")
    pd.testing.assert_frame_equal(frame, expected.astype(EVENTS))


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    pd.testing.assert_frame_equal(events_frame([]), pd.DataFrame({name: [] for name in EVENTS}).astype(EVENTS))


def test_events_that_differ_are_separate_rows_the_latest_first() -> None:
    other = {"kind": "Job", "name": "train"}
    found = [
        event("2026-11-25T12:00:00Z", reason="Old"),
        event("2026-11-25T12:00:02Z", reason="New"),
        event("2026-11-25T12:00:01Z", involvedObject=other),
        event("2026-11-25T12:00:02Z", message="another", reason="New"),
    ]

    frame = events_frame(found)

    assert frame[["reason", "object", "message"]].to_numpy().tolist() == [
        ["New", "Pod/api-1", "Back-off restarting failed container"],
        ["New", "Pod/api-1", "another"],
        ["BackOff", "Job/train", "Back-off restarting failed container"],
        ["Old", "Pod/api-1", "Back-off restarting failed container"],
    ]


def test_an_event_with_hardly_any_field_is_a_row() -> None:
    row = events_frame([{"metadata": {"namespace": "vision"}}]).iloc[0].dropna().to_dict()

    assert row == {"namespace": "vision", "count": 1, "object": "/"}


def test_partly_decoded_events_give_the_same_frame() -> None:
    found = [event("2026-11-25T12:00:00Z"), series("2026-11-25T12:00:00.5Z", "2026-11-25T12:00:01Z", 3)]
    found[1].pop("count")

    parts = page_parser(module._Fields)(orjson.dumps({"items": found}))["items"]

    assert "name" not in parts[0]["metadata"]
    pd.testing.assert_frame_equal(events_frame(parts), events_frame(found))


def test_the_workload_of_an_object_that_does_not_exist_any_more_is_missing() -> None:
    found = [
        event("2026-11-25T12:00:02Z"),
        event("2026-11-25T12:00:01Z", involvedObject={"kind": "Job", "name": "train"}),
        event("2026-11-25T12:00:00Z", involvedObject={"kind": "PersistentVolumeClaim", "name": "data"}),
    ]

    assert events_frame(found)["workload"].fillna("-").tolist() == ["-", "Job/train", "-"]


def test_the_owners_of_pods_are_read_once_and_ascribed_to_their_events() -> None:
    replica_set = {"ownerReferences": owned_by("ReplicaSet", "api-7d9f"), "labels": {"pod-template-hash": "7d9f"}}
    api_1 = pod("api-1", metadata=replica_set)
    denied = status(403, "Forbidden", "deployments.apps is forbidden")
    script = Script(listed(event("2026-11-25T12:00:00Z")), listed(api_1), denied, denied, listed())

    frame = events(cluster(script))

    assert frame[["workload", "root_workload"]].to_numpy().tolist() == [["Deployment/api", "Deployment/api"]]
    assert list(frame.attrs["incomplete"]) == ["Deployment"]


def listed(*items: Manifest) -> Any:
    return answer(body={"metadata": {"resourceVersion": "7"}, "items": list(items)})


def test_hostile_texts_are_kept_as_data() -> None:
    row = events_frame([event("2026-11-25T12:00:00Z", message=HOSTILE, reason=HOSTILE)]).iloc[0]

    assert row[["message", "reason"]].tolist() == [HOSTILE, HOSTILE]

"""The frame of events: both ways of writing them, grouped, latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd

from tenantkit.cluster.requests.page_parser import page_parser
from tenantkit.frames import events as module
from tenantkit.frames.events import EVENTS, events_frame
from tenantkit.frames.kit.namespace_owners import Whose
from tests.unit.frames.frame_pods import HOSTILE

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def event(at: str, *, last: str | None = None, **fields: Any) -> Manifest:
    """As older writers write it."""
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
    """As those of events.k8s.io come in the core group."""
    found = event(at, series={"count": count, "lastObservedTime": last}, eventTime=at)
    return found | {
        "firstTimestamp": None,
        "lastTimestamp": None,
        "count": None,
        "source": {},
        "reportingComponent": "s",
    }


def test_the_same_words_about_one_object_are_one_row() -> None:
    found = [
        event("2026-11-25T12:00:00Z", last="2026-11-25T12:01:00Z"),
        series("2026-11-25T11:59:00.250000Z", "2026-11-25T12:01:00.500000Z", 5),
    ]

    frame = events_frame(found, owned={"vision": Whose("vision", "cv")})

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
            "message": ["Back-off restarting failed container"],
            "source": ["kubelet"],
        }
    )
    for name in ("last_seen", "first_seen"):
        expected[name] = pd.to_datetime(expected[name], utc=True).dt.as_unit("ns")
    pd.testing.assert_frame_equal(frame, expected.astype(EVENTS))


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    pd.testing.assert_frame_equal(events_frame([]), pd.DataFrame({name: [] for name in EVENTS}).astype(EVENTS))


def test_other_words_or_objects_are_rows_of_their_own_and_the_latest_comes_first() -> None:
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


def test_an_event_that_says_next_to_nothing_is_a_row_all_the_same() -> None:
    row = events_frame([{"metadata": {"namespace": "vision"}}]).iloc[0].dropna().to_dict()

    assert row == {"namespace": "vision", "count": 1, "object": "/"}


def test_what_is_read_in_part_gives_the_same_frame() -> None:
    found = [event("2026-11-25T12:00:00Z"), series("2026-11-25T12:00:00.5Z", "2026-11-25T12:00:01Z", 3)]
    found[1].pop("count")

    parts = page_parser(module._Parts)(orjson.dumps({"items": found}))["items"]

    assert "name" not in parts[0]["metadata"]
    pd.testing.assert_frame_equal(events_frame(parts), events_frame(found))


def test_strings_are_data_whatever_they_say() -> None:
    row = events_frame([event("2026-11-25T12:00:00Z", message=HOSTILE, reason=HOSTILE)]).iloc[0]

    assert row[["message", "reason"]].tolist() == [HOSTILE, HOSTILE]

"""Frames as text: wrapped to the width of a terminal, the columns that matter first."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from tenantkit.display.frame import Frame
from tenantkit.display.frame_text import frame_text
from tenantkit.display.shown import shown_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PODS = Frame(
    {
        "tenant": pd.array(["vision"] * 2, "string"),
        "name": pd.array(["train-6889fcfbcc-2dlk9", "web-0"], "string"),
        "node": pd.array([None, "gpu-a100-1"], "string"),
        "qos": pd.array(["Guaranteed", "Burstable"], "string"),
        "status": pd.array(["Pending", "Running"], "string"),
        "restarts": pd.array([0, 12], "Int64"),
    }
)
CAUSES = Frame(
    {
        "workload": pd.array(["Job/train"], "string"),
        "cause": pd.array(["no node fits"], "string"),
        "message": pd.array(["0/4 nodes are available: 4 node(s) didn't match Pod's node affinity"], "string"),
        "next_steps": pd.array(["set a node selector of labels that a node has; or ask the platform team"], "string"),
        "since": pd.to_datetime(["2026-11-30T09:00:00Z"]),
    }
)


def text(frame: pd.DataFrame, width: int | None) -> list[str]:
    return frame_text(shown_of(frame, NOW, max_rows=None, max_columns=None), width).split("\n")


def test_a_frame_that_fits_is_shown_whole_with_numbers_to_the_right() -> None:
    assert text(PODS, 80) == [
        "tenant  name                    node        qos         status   restarts",
        "vision  train-6889fcfbcc-2dlk9  –           Guaranteed  Pending         0",  # noqa: RUF001
        "vision  web-0                   gpu-a100-1  Burstable   Running        12",
    ]


def test_the_columns_that_matter_least_are_left_out_and_named() -> None:
    assert text(PODS, 50) == [
        "tenant  name                    status   restarts",
        "vision  train-6889fcfbcc-2dlk9  Pending         0",
        "vision  web-0                   Running        12",
        "",
        "More columns: node, qos.",
    ]


def test_several_long_texts_are_below_their_row() -> None:
    assert text(CAUSES, 60) == [
        "workload   cause               since",
        "Job/train  no node fits      3 h ago",
        "    next_steps  set a node selector of labels that a node",
        "                has",
        "                or ask the platform team",
        "    message     0/4 nodes are available: 4 node(s) didn't",
        "                match Pod's node affinity",
    ]


def test_a_text_that_says_what_to_do_is_below_its_row_where_it_does_not_fit() -> None:
    frame = Frame({"object": pd.array(["ResourceQuota/team"], "string"), "next_steps": CAUSES["next_steps"]})

    assert text(frame, 40) == [
        "object",
        "ResourceQuota/team",
        "    next_steps  set a node selector of",
        "                labels that a node has",
        "                or ask the platform team",
    ]


def test_the_exact_names_are_left_out_before_a_column_is() -> None:
    frame = Frame(
        {
            "team": pd.array(["vision"], "string"),
            "resource": pd.array(["requests.nvidia.com/gpu"], "string"),
            "state": pd.array(["full"], "string"),
        }
    )

    assert text(frame, 80)[1] == "vision  GPU (requests.nvidia.com/gpu)  full"
    assert text(frame, 30) == ["team    resource  state", "vision  GPU       full"]


def test_a_team_tells_rows_apart_where_there_is_no_tenant() -> None:
    frame = pd.DataFrame({"state": ["full"], "team": ["vision"], "resource": ["pods"]})

    assert text(frame, 14)[0] == "state  team"
    assert text(frame.assign(tenant="vision"), 14)[0] == "state  tenant"


@pytest.mark.parametrize("width", [1, 20, 40, 57, 80, 200, None])
def test_no_line_is_longer_than_the_terminal_unless_a_name_is(width: int | None) -> None:
    longest = max(map(len, text(CAUSES, width)))

    assert width is None or longest <= max(width, 40)


def test_a_letter_of_two_places_counts_as_two() -> None:
    frame = Frame({"a": pd.array(["日本", "x"], "string"), "b": pd.array(["1", "2"], "string")})

    assert text(frame, 80) == ["a     b", "日本  1", "x     2"]


def test_the_width_of_a_table_is_the_same_a_second_later() -> None:
    young, old = (
        Frame({"since": pd.to_datetime([time]), "name": pd.array(["a"], "string")})
        for time in ("2026-11-30T11:59:51Z", "2026-11-30T10:01:00Z")
    )

    assert [len(line) for line in text(young, 80)] == [len(line) for line in text(old, 80)]

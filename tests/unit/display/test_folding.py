"""Rows that need no attention are folded in the picture of a frame, and stay in its data."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from tenantkit.display.frame import Frame
from tenantkit.display.shown import shown_of
from tenantkit.frames.quota import quota_frame

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HARD = {"requests.cpu": "4", "requests.nvidia.com/gpu": "0", "pods": "10", "secrets": "20", "services": "20",
        "services.nodeports": "0", "count/jobs.batch": "50", "configmaps": "20"}  # fmt: skip
USED = {"requests.cpu": "0", "requests.nvidia.com/gpu": "0", "pods": "10", "secrets": "1", "services": "11",
        "services.nodeports": "0", "count/jobs.batch": "0", "configmaps": "1"}  # fmt: skip
QUOTA = {
    "metadata": {"name": "q", "namespace": "vision"},
    "spec": {"hard": HARD},
    "status": {"hard": HARD, "used": USED},
}


def shown_rows(frame: pd.DataFrame) -> list[str]:
    shown = shown_of(frame, NOW, max_rows=None, max_columns=None)
    key = next(column for column in shown.columns if column.heading in ("resource", "check", "workload"))
    return [cell.note or cell.text for cell in key.cells[: shown.rows]]


def html(frame: pd.DataFrame) -> str:
    return str(frame._repr_html_())  # type: ignore[operator]  # pandas-stubs do not have it


def fold(frame: pd.DataFrame) -> str:
    return shown_of(frame, NOW, max_rows=None, max_columns=None).fold


def test_entries_far_from_a_limit_are_folded_but_for_those_that_people_ask_about_first() -> None:
    frame = quota_frame([QUOTA])

    assert shown_rows(frame) == ["pods", "requests.cpu", "requests.nvidia.com/gpu", "services"]
    assert fold(frame) == "4 more rows are far from a limit"
    assert len(frame) == 8


def test_a_frame_of_only_folded_rows_is_shown_whole() -> None:
    frame = quota_frame([QUOTA]).query("resource in ['secrets', 'configmaps', 'count/jobs.batch']")

    assert shown_rows(frame) == ["configmaps", "count/jobs.batch", "secrets"]
    assert fold(frame) == ""


def test_a_page_shows_folded_rows_on_demand_and_a_terminal_counts_them() -> None:
    frame = quota_frame([QUOTA])

    page = html(frame)

    assert "<details><summary>4 more rows are far from a limit</summary><table>" in page
    assert page.index("configmaps") > page.index("<details>") > page.index("requests.cpu")
    assert "4 more rows are far from a limit." in repr(frame)
    assert "configmaps" not in repr(frame)


def many_passed(number: int, text: str) -> Frame:
    rows = number + 1
    columns = {"check": [text] * rows, "wall": ["network"] * rows, "state": ["fail", *["pass"] * number]}
    return Frame({name: pd.array(values, "string") for name, values in columns.items()})


def test_a_page_says_how_many_of_the_folded_rows_it_lists() -> None:
    with pd.option_context("display.max_rows", 60):
        cut_by_rows = html(many_passed(500, "a"))
    with pd.option_context("display.max_rows", None):
        cut_by_size = html(many_passed(1_000, "x" * 300))
        whole = html(many_passed(500, "a"))

    assert "<summary>500 more rows passed</summary><p>The first 60 of them.</p><table>" in cut_by_rows
    listed = cut_by_size.split("<details>")[1].count("<tr>") - 1
    assert 100 < listed < 1_000
    assert f"<summary>1,000 more rows passed</summary><p>The first {listed} of them.</p><table>" in cut_by_size
    assert "<summary>500 more rows passed</summary><table>" in whole


def holders(share_pct: list[float]) -> Frame:
    return Frame(
        {
            "namespace": pd.array(["vision"] * 4, "string"),
            "resource": pd.array(["requests.cpu", "pods", "pods", "pods"], "string"),
            "workload": pd.array(["Job/a", "Job/a", "Job/b", "Job/c"], "string"),
            "share_pct": pd.array([0.0, *share_pct], "Float64"),
        }
    )


def test_many_holders_of_a_small_part_fill_an_entry_together() -> None:
    assert shown_rows(holders([20, 20, 20])) == ["requests.cpu", "pods", "pods", "pods"]
    assert shown_rows(holders([10, 10, 10])) == ["requests.cpu"]


def test_a_selection_that_names_a_column_twice_is_folded_by_the_other_columns() -> None:
    frame = holders([10, 10, 10])[["namespace", "namespace", "resource", "workload", "share_pct"]]

    assert shown_rows(frame) == ["requests.cpu"]
    assert isinstance(repr(frame), str)


def test_checks_that_passed_are_folded_behind_those_that_did_not() -> None:
    columns = {"check": [*"abcd"], "wall": ["network"] * 4, "state": ["fail", "pass", "pass", "pass"]}
    frame = Frame({name: pd.array(values, "string") for name, values in columns.items()})

    assert shown_rows(frame) == ["a"]
    assert fold(frame) == "3 more rows passed"

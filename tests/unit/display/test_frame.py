"""Frames show themselves: by the names and dtypes of their columns, as text and as HTML."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tenantkit.display.colours import FULL, OK, translucent
from tenantkit.display.frame import Frame
from tenantkit.display.shown import shown_of
from tenantkit.frames.kit.schema import TIME
from tenantkit.frames.nodes import nodes_frame
from tenantkit.frames.pods import pods_frame
from tenantkit.frames.quota import quota_frame

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HARD = {"requests.cpu": "4", "requests.memory": "8Gi", "requests.nvidia.com/gpu": "2", "pods": "10"}
USED = {"requests.cpu": "4", "requests.nvidia.com/gpu": "1", "pods": "6"}
QUOTA = {
    "metadata": {"name": "q", "namespace": "vision"},
    "spec": {"hard": HARD},
    "status": {"hard": {**HARD, "requests.memory": "1Gi"}, "used": USED},
}
HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\x1b[31mred", "$\\href{javascript:1}{x}$")


def html(frame: pd.DataFrame) -> str:
    return str(frame._repr_html_())  # type: ignore[operator]  # pandas-stubs do not have it


def texts(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The texts of the rows that are shown, by heading."""
    shown = shown_of(frame, NOW, max_rows=None, max_columns=None)
    return {column.heading: [cell.text for cell in column.cells[: shown.rows]] for column in shown.columns}


def column(name: str, values: list[Any], dtype: str) -> Frame:
    return Frame({name: pd.Series(values, dtype=dtype)})


def test_used_and_hard_are_one_column_in_the_units_of_their_rows() -> None:
    found = texts(quota_frame([QUOTA])[["resource", "unit", "used", "hard", "free", "used_pct"]])

    assert found == {
        "resource": ["pods", "CPU", "memory", "GPU"],
        "used of hard": ["6 of 10", "4 of 4 cores", "– of 8 GiB", "1 of 2"],  # noqa: RUF001 (a dash, as tables have it)
        "free": ["4", "0 cores", "–", "1"],  # noqa: RUF001
        "used_pct": ["60 %", "100 %", "–", "50 %"],  # noqa: RUF001
    }


@pytest.mark.parametrize(
    ("name", "dtype", "values", "shown"),
    [
        ("memory_requests_bytes", "Int64", [2**34, 512, None], ["16 GiB", "512", "–"]),  # noqa: RUF001
        ("cpu_requests_cores", "Float64", [0.1, 4.0], ["0.1", "4"]),
        ("used_pct", "Float64", [12.5, 180.0], ["12.5 %", "180 %"]),
        ("ready", "boolean", [True, False, None], ["yes", "no", "–"]),  # noqa: RUF001
        ("since", TIME, [NOW - timedelta(hours=3), NOW + timedelta(days=5), NOW], ["3 h ago", "in 5 d", "just now"]),
        ("evidence", "string", ["a 1; b 2"], ["a 1\nb 2"]),
        ("resource", "string", ["limits.memory", "fast.storageclass.storage.k8s.io/requests.storage"],
         ["memory limit", "storage of class fast"]),
        ("anything", "float64", [0.123456789, 1e20, np.inf], ["0.123457", "1e+20", "inf"]),
        ("used_pct", "float64", [12.5], ["12.5"]),
        ("used", "Float64", [17179869184.0], ["17,179,869,184"]),
    ],
)  # fmt: skip
def test_a_column_is_shown_by_its_name_and_dtype(name: str, dtype: str, values: list[Any], shown: list[str]) -> None:
    assert texts(column(name, values, dtype)) == {name: shown}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7_200, "2 h ago"), (172_800, "2 d ago"),
     (63_072_000, "2 y ago"), (-59, "in 59 s")],
)  # fmt: skip
def test_an_age_is_in_the_largest_unit_of_which_it_has_two(seconds: int, text: str) -> None:
    assert texts(column("created", [NOW - timedelta(seconds=seconds)], TIME)) == {"created": [text]}


def test_a_time_has_its_exact_value_for_whoever_points_at_it() -> None:
    assert 'title="2026-11-30 12:00:00 UTC"' in html(column("created", [NOW], TIME))


def test_a_percentage_has_a_bar_and_a_full_quota_a_colour() -> None:
    page = html(quota_frame([QUOTA]))

    assert f"{translucent(OK, 0.35)} 60.0%, transparent 60.0%" in page
    assert f"{translucent(FULL, 0.45)} 100.0%" in page


def test_counts_are_not_shown_in_the_units_of_what_they_count() -> None:
    frame = Frame({"tenant": ["a", "a"], "memory_requests_bytes": pd.array([2**34, None], "Int64")})

    assert texts(frame.groupby("tenant").count()) == {"tenant": ["a"], "memory_requests_bytes": ["1"]}


def test_a_slice_a_merge_and_a_copy_are_frames() -> None:
    frame = quota_frame([QUOTA])
    other = Frame({"resource": ["pods"], "note": ["a"]})

    made = (frame.head(1), frame[["used"]], frame.query("used > 1"), frame.merge(other), frame.copy(), other.T)

    assert [type(each) for each in made] == [Frame] * len(made)


def test_a_frame_equals_a_plain_one_in_tests_that_do_not_compare_the_class() -> None:
    frame = quota_frame([QUOTA])

    pd.testing.assert_frame_equal(pd.DataFrame(frame), frame, check_frame_type=False)
    assert "check_frame_type=False" in str(Frame.__doc__)


def test_a_named_index_is_shown_and_the_numbers_of_rows_are_not() -> None:
    frame = Frame({"used_pct": pd.array([50.0], "Float64")}, index=pd.Index(["vision"], name="tenant"))

    assert texts(frame) == {"tenant": ["vision"], "used_pct": ["50 %"]}
    assert texts(frame.reset_index(drop=True)) == {"used_pct": ["50 %"]}


def test_columns_without_a_value_and_repeated_ones_are_named_instead_of_shown() -> None:
    frame = Frame({name: pd.array(["a"], "string") for name in ("tenant", "namespace", *"bcdefgh")})
    frame["i"] = pd.array([None], "string")

    shown = shown_of(frame, NOW, max_rows=None, max_columns=None)

    assert [column.heading for column in shown.columns] == ["tenant", *"bcdefgh"]
    assert shown.notes == ("Without a value here: i.", "Not repeated: namespace (as tenant).")


def test_a_selection_of_few_columns_is_shown_whole() -> None:
    assert texts(column("creator", [None], "string")) == {"creator": ["–"]}  # noqa: RUF001


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_escaped_in_cells_headings_and_sentences(text: str) -> None:
    frame = Frame({"name": pd.array([text], dtype="string"), text: pd.array([text], dtype="string")})
    empty = Frame({"name": pd.array([], dtype="string")})
    empty.attrs = {"empty": text, "incomplete": {text: text}}

    for page in (html(frame), html(empty)):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\x1b" not in page
        assert "mathjax_ignore" in page
    assert "\x1b" not in repr(frame) + repr(empty)


def test_a_text_of_a_megabyte_is_cut() -> None:
    assert texts(column("message", ["x" * 1_000_000], "string")) == {"message": ["x" * 1_999 + "…"]}


def test_rows_and_columns_beyond_the_options_of_pandas_are_named() -> None:
    frame = Frame({name: pd.array(["x"] * 500, "string") for name in "abc"})

    with pd.option_context("display.max_rows", 20, "display.max_columns", 2):
        page = html(frame)
        text = repr(frame)

    assert page.count("<tr>") == 21
    assert "The first 20 of 500 rows." in page
    assert "More columns: c." in page
    assert text.splitlines()[21:] == ["", "The first 20 of 500 rows."]


def test_the_options_of_pandas_for_html_and_for_a_summary_apply() -> None:
    frame = quota_frame([QUOTA])

    with pd.option_context("display.notebook_repr_html", False):  # noqa: FBT003 (pandas' names and values)
        assert html(frame) == "None"
    with pd.option_context("display.large_repr", "info", "display.max_rows", 1):
        assert "RangeIndex: 4 entries" in repr(frame)


def test_a_large_frame_has_at_most_200_kilobytes_of_html() -> None:
    frame = Frame({name: pd.array(["&" * 300] * 1_000, "string") for name in "abcdefgh"})

    with pd.option_context("display.max_rows", None):
        page = html(frame)

    assert len(page.encode()) < 200_000
    assert "of these rows fit on the page." in page


@pytest.mark.parametrize("frame", [quota_frame([]), pods_frame([]), nodes_frame([])])
def test_a_frame_without_rows_is_a_sentence(frame: pd.DataFrame) -> None:
    frame.attrs["empty"] = "Nothing is wrong with vision."

    assert repr(frame) == "Nothing is wrong with vision."
    assert "<p>Nothing is wrong with vision.</p>" in html(frame)


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (("chatbot", "recsys", "speech"), " Covers these namespaces only: chatbot, recsys, speech."),
        (tuple("abcdefghijk"), " Covers 11 namespaces only."),
        ("cluster", ""),
        ((), ""),
    ],
)
def test_a_filter_that_leaves_no_rows_says_what_was_covered(scope: object, covers: str) -> None:
    frame = column("name", ["vision"], "string")
    frame.attrs["scope"] = scope

    assert repr(frame[frame["name"] == "other"]) == f"No rows.{covers}"


@pytest.mark.parametrize(
    ("scope", "which", "covers"),
    [
        (("chatbot", "speech"), "that you may read", "Covers only the namespaces that you may read: chatbot, speech."),
        (["vision"], "of this connection", "Covers only the namespaces of this connection: vision."),
        (
            tuple("abcdefghijkl"),
            "that you may read",
            "Covers only the namespaces that you may read: a, b, c, d, e, f, g, h, i, j and 2 more.",
        ),
    ],
)
def test_a_frame_of_a_part_of_the_cluster_says_so_in_its_last_line(scope: object, which: str, covers: str) -> None:
    frame = column("name", ["vision", "speech"], "string")
    frame.attrs |= {"scope": scope, "partial": which, "incomplete": {"Pod": "may not list Pod in vision"}}

    for shown in (frame, frame.head(1)):
        with pd.option_context("display.width", 200):
            assert repr(shown).splitlines()[-1] == covers
        assert html(shown).endswith(f"<p>{covers}</p></div>")


def test_totals_of_a_part_of_the_cluster_name_who_knows_all_of_them() -> None:
    frame = column("team", ["cv"], "string")
    frame.attrs |= {"scope": ("vision",), "partial": "that you may read", "asked": "the platform team"}

    with pd.option_context("display.width", 200):
        assert repr(frame).splitlines()[-1] == (
            "Covers only the namespaces that you may read: vision. Totals of the whole cluster may be higher: ask the "
            "platform team."
        )


@pytest.mark.parametrize("attrs", [{"scope": "cluster"}, {"scope": ("vision",)}, {"scope": 1, "partial": "x"}])
def test_a_frame_of_what_was_named_says_nothing_of_it(attrs: dict[str, object]) -> None:
    frame = column("name", ["vision"], "string")
    frame.attrs |= attrs

    assert "Covers" not in repr(frame) + html(frame)


def test_an_incomplete_answer_says_so_below() -> None:
    frame = column("name", [], "string")
    frame.attrs["incomplete"] = {"Pod": "may not list Pod in vision"}

    assert repr(frame) == "No rows.\nIncomplete, Pod: may not list Pod in vision"


@pytest.mark.parametrize(
    "frame",
    [
        Frame(),
        Frame({"a": [1]}).T,
        Frame({("a", "b"): [1]}),
        Frame([[1, 2]], columns=["a", "a"]),
        Frame([["cores", 1.0, "cores"]], columns=["unit", "used", "unit"]),
        Frame({"a": [[1], {"b": 2}, None]}),
        Frame({"a": pd.Categorical(["x"])}, index=pd.MultiIndex.from_tuples([("b", 1)])),
        Frame({"used_pct": ["a"], "resource": [1], "state": [None], "hard": [0]}),
        Frame({"used": pd.array([1.0], "Float64"), "unit": [3]}),
        Frame({"at": pd.to_datetime(["2026-01-01"]), "since": pd.to_datetime(["x"], utc=True, errors="coerce")}),
        Frame({"a": pd.period_range("2026", periods=1), "b": pd.interval_range(0, 1), "c": pd.to_timedelta([5])}),
        Frame({"count": [1]}, index=["count"]),
    ],
    ids=range(12),
)
def test_any_frame_is_shown(frame: Frame) -> None:
    assert isinstance(repr(frame), str)
    assert isinstance(html(frame), str)


ODD_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes()
    | st.sampled_from([pd.NA, pd.NaT, np.nan, np.array([1, 2]), np.array([]), np.array([[1], [2]]), np.ma.masked,
                       pd.Series([1, None]), pd.Index([1, 2]), pd.array([1, None], "Int64"), object, len]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    | st.tuples(inner) | st.builds(lambda value: Frame({"x": [value]}), inner),
    max_leaves=5,
)  # fmt: skip


@given(
    values=st.lists(ODD_VALUES, min_size=1, max_size=4),
    names=st.sets(st.sampled_from(["x", "cause", "resource", "state", "namespace", "wall"]), min_size=1),
    left_out=st.sampled_from([[], ["used_pct"], ["used_pct", "share_pct"]]),
)
@settings(max_examples=60, deadline=None)
@example(values=[np.array([1, 2])], names={"x"}, left_out=[])
@example(values=[pd.Series([1, 2])], names={"x"}, left_out=[])
@example(values=[Frame({"x": [np.array([1, 2])]})], names={"x"}, left_out=[])
@example(values=[[1], {"a": 1}], names={"resource", "state"}, left_out=[])
@example(values=[[1], {"a": 1}], names={"resource", "namespace"}, left_out=["used_pct"])
@example(values=[[1], np.array([1, 2])], names={"state"}, left_out=["used_pct", "share_pct"])
@example(values=[False, b""], names={"resource"}, left_out=[])
def test_no_odd_value_keeps_a_frame_from_being_shown(values: list[Any], names: set[str], left_out: list[str]) -> None:
    array = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        array[row] = value
    others = {"resource": "pods", "state": "pass", "check": "a", "wall": "b", "workload": "c", "namespace": "d"}
    frame = Frame({**others, **dict.fromkeys(names, array), "used_pct": 1.0, "share_pct": 1.0}).drop(columns=left_out)

    assert isinstance(repr(frame), str)
    assert isinstance(html(frame), str)


def test_an_array_of_missing_values_is_no_missing_value() -> None:
    assert texts(Frame({"x": [np.array([1, 2]), np.array([np.nan]), np.nan, pd.NaT]})) == {
        "x": ["[1 2]", "[nan]", "–", "–"]  # noqa: RUF001
    }


def with_creators(*reasons: str | None) -> Frame:
    """A frame of many columns whose `creator` is missing where there is a reason."""
    frame = Frame({name: pd.array(["a"] * len(reasons), "string") for name in "abcdefgh"})
    frame["creator"] = pd.array([None if reason else "ada@example.com" for reason in reasons], "string")
    return frame.assign(creator_reason=pd.array(reasons, "string"))


def test_the_reason_of_a_missing_value_is_beside_its_dash() -> None:
    frame = with_creators("no metadata names a person", None)

    assert "creator_reason" not in texts(frame)
    assert "– <small>no metadata names a person</small></td>" in html(frame)  # noqa: RUF001
    assert "– (no metadata names a person)" in repr(frame)  # noqa: RUF001


def test_a_column_of_reasons_alone_is_shown_and_a_missing_one_is_no_reason() -> None:
    frame = with_creators("no metadata names a person", "no metadata names a person")
    frame["status"] = frame["status_reason"] = pd.array([None, None], "string")

    assert repr(frame).count("– (no metadata names a person)") == 2  # noqa: RUF001
    assert "Without a value here: status." in repr(frame)


def test_a_long_reason_is_wrapped_on_a_page() -> None:
    reason = "the server counts more than the objects that exist"

    assert f'class="wrapped quiet" title="&lt;NA&gt;: not known, or not applicable">– <small>{reason}' in html(  # noqa: RUF001
        with_creators(reason)
    )


def test_a_frame_of_5000_rows_is_shown_in_a_fifth_of_a_second() -> None:
    columns = {name: pd.array(["train-6889fcfbcc-2dlk9"] * 5_000, "string") for name in "abcdefghijklmnop"}
    times = pd.Series([NOW] * 5_000, dtype=TIME)
    amounts = {f"{name}_bytes": pd.array([2**34] * 5_000, "Int64") for name in "abcdef"}
    frame = Frame({**columns, **amounts, "created": times})

    page = html(frame)
    started = process_time()
    for _ in range(3):
        html(frame)
    seconds = (process_time() - started) / 3

    assert len(page.encode()) < 200_000
    assert seconds < 0.2


def test_a_frame_is_read_from_parquet_as_it_was_written() -> None:
    pytest.importorskip("pyarrow", reason="`make test-lowest` installs it")
    frame = quota_frame([QUOTA]).assign(since=pd.Series([NOW] * 4, dtype=TIME))
    frame.attrs = {"scope": "cluster", "incomplete": {"Pod": "may not list Pod"}}
    file = io.BytesIO()

    frame.to_parquet(file)

    read = pd.read_parquet(file)
    pd.testing.assert_frame_equal(read, pd.DataFrame(frame))
    assert read.attrs == frame.attrs

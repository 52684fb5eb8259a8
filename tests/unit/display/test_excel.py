"""Frames as Excel files: times without a zone, and texts that Excel does not compute."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from tenantkit.display.frame import Frame


def written(frame: Frame, *, index: bool = False) -> list[tuple[object, ...]]:
    book = io.BytesIO()
    frame.to_excel(book, index=index)
    return [*openpyxl.load_workbook(book).active.iter_rows(values_only=True)]


def test_times_are_in_utc_without_a_zone() -> None:
    at = pd.to_datetime(["2026-11-30T12:00:00+02:00", ""])
    frame = Frame({"since": at, "used": pd.array([1.5, None], "Float64")})

    assert written(frame) == [("since", "used"), (datetime(2026, 11, 30, 10), 1.5), (None, None)]  # noqa: DTZ001
    assert isinstance(frame["since"].dtype, pd.DatetimeTZDtype)


@pytest.mark.parametrize("dtype", ["string", "object", "category"])
def test_a_text_is_never_a_formula_and_has_no_control_characters(dtype: str) -> None:
    frame = Frame({"message": pd.Series(["=1+1", "\x1b[31mred", "a\nb", None], dtype=dtype)})

    assert written(frame) == [("message",), ("'=1+1",), (" [31mred",), ("a\nb",), (None,)]


def test_an_index_of_times_or_of_several_levels_is_written() -> None:
    at = pd.to_datetime(["2026-11-30T12:00:00Z"])
    by_time = Frame({"used": [1]}, index=pd.Index(at, name="since"))
    by_both = Frame({"used": [1]}, index=pd.MultiIndex.from_arrays([["=a"], at], names=["tenant", "since"]))

    noon = datetime(2026, 11, 30, 12)  # noqa: DTZ001 (Excel has no zones)
    assert written(by_time, index=True) == [("since", "used"), (noon, 1)]
    assert written(by_both, index=True) == [("tenant", "since", "used"), ("'=a", noon, 1)]


FORMULAS = ["=1+1", "{=1+1}", "a"]


def test_a_heading_and_the_name_of_an_index_are_texts_too() -> None:
    pivoted = Frame([[1, 2, 3]], columns=FORMULAS, index=pd.Index(["{=x}"], name="=name"))
    levels = pd.MultiIndex.from_product([["=b"], ["{=c}", "d\x01"]], names=["=up", "=down"])

    assert written(pivoted, index=True) == [("'=name", "'=1+1", "'{=1+1}", "a"), ("'{=x}", 1, 2, 3)]
    assert written(Frame([[1, 2]], columns=levels, index=pd.Index(["e"])), index=True)[:2] == [
        ("'=up", "'=b", None),
        ("'=down", "'{=c}", "d "),
    ]


@pytest.mark.parametrize("letter", ["\ufffe", "\uffff", "\ud800", "\x0b"])
def test_a_letter_that_the_file_format_lacks_becomes_a_space(letter: str) -> None:
    assert written(Frame({"x": pd.Series([f"a{letter}b"], dtype=object)})) == [("x",), ("a b",)]


def test_times_among_other_values_are_in_utc_without_a_zone() -> None:
    at = pd.Timestamp("2026-11-30T12:00:00+02:00")
    frame = Frame({"x": pd.Series([at, at.to_pydatetime(), "a", pd.NaT, None], dtype=object)})

    ten = datetime(2026, 11, 30, 10)  # noqa: DTZ001 (Excel has no zones)
    assert written(frame) == [("x",), (ten,), (ten,), ("a",), (None,), (None,)]


def test_columns_of_one_name_and_frames_without_rows_are_written() -> None:
    assert written(Frame([["a", "=b"]], columns=["x", "x"])) == [("x", "x"), ("a", "'=b")]
    assert written(Frame({"x": pd.array([], "string")})) == [("x",)]

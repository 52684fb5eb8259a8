"""Quantities, parsed and formatted as on the API server."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.rules.quantities import (
    add_quantities,
    canonical_quantity,
    check_quantity,
    format_quantity,
    parse_quantity,
    same_quantity,
    stored_quantity,
)
from tests.unit.strategies import any_text, quantities, quantity_like, signed_quantities

if TYPE_CHECKING:
    from tenantkit.rules.quantities import Family

Row: TypeAlias = list[str | None]

ROWS: list[Row] = json.loads((Path(__file__).parent / "data" / "quantities.json").read_text(encoding="utf-8"))["rows"]
RULE = "use a number, optionally with a suffix (n u m k M G T P E Ki Mi Gi Ti Pi Ei) or an exponent (e3)"


def read_as_the_server_does(text: str) -> Row:
    try:
        return [
            text,
            stored_quantity(text) if text == text.strip() else canonical_quantity(text),
            canonical_quantity(text),
            stored_quantity(text, rounded_to_milli=True),
        ]
    except ValueError:
        return [text, None, None, None]


def test_texts_are_accepted_refused_and_formatted_as_on_the_api_server() -> None:
    assert [read_as_the_server_does(str(row[0])) for row in ROWS] == ROWS


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", Fraction(1, 2)),
        ("1.5Gi", Fraction(3 * 2**29)),
        ("1e3", Fraction(1000)),
        ("-2k", Fraction(-2000)),
        ("0.1", Fraction(1, 10)),
        ("0.1n", Fraction(1, 10**9)),
        ("-0.1n", Fraction(-1, 10**9)),
        ("9Ei", Fraction(2**63 - 1)),
        ("-9Ei", Fraction(-(2**63) + 1)),
        ("9223372036854775808", Fraction(2**63)),
        (4, Fraction(4)),
        (0.5, Fraction(1, 2)),
        (1e22, Fraction(10**22)),
        (np.float64(0.5), Fraction(1, 2)),
        (np.int64(5), Fraction(5)),
    ],
)
def test_a_quantity_has_an_exact_value(text: str | float, value: Fraction) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("1K", "1k"),
        ("16gi", "16Gi"),
        ("16GB", "16G"),
        ("16GiB", "16Gi"),
        ("1 Gi", "1Gi"),
        (" 1", "1"),
        ("1_000", "1000"),
        ("4 cores", "4"),
        ("", "500m"),
        ("m", "500m"),
        ("Ki", "500m"),
        ("-", "500m"),
        (".", "500m"),
        ("NaN", "500m"),
        ("9" * 300, "500m"),
        (True, "500m"),
        (None, "500m"),
        (float("nan"), "500m"),
        (float("inf"), "500m"),
    ],
)
def test_an_invalid_quantity_is_refused_with_a_valid_example(wrong: object, near: str) -> None:
    assert check_quantity(wrong) == f"{RULE}, for example {near!r}"


def test_a_refused_quantity_is_in_the_message() -> None:
    with pytest.raises(ValueError, match="is not a quantity") as caught:
        parse_quantity("1K")
    assert str(caught.value) == f"'1K' is not a quantity: {RULE}, for example '1k'"


def test_a_float_from_an_inexact_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a quantity") as caught:
        parse_quantity(0.1 + 0.2)
    assert str(caught.value) == (
        "0.30000000000000004 is not a quantity: use text such as '300m', since 0.30000000000000004 has more decimal "
        "places than a quantity can have"
    )


def test_a_float_close_to_zero_is_refused_with_the_smallest_quantity() -> None:
    assert (
        check_quantity(5e-324) == "use text such as '1n', since 5e-324 has more decimal places than a quantity can have"
    )


@pytest.mark.parametrize("huge", ["1e101", "1e999999999", "1" * 101, "1" + "0" * 90 + "E", "1e-1000"])
def test_huge_numbers_are_refused_without_computing_them(huge: str) -> None:
    assert check_quantity(huge) == "use a number below 10^100 and an exponent of -999 or more"


def test_a_number_too_large_to_print_is_refused_by_its_size() -> None:
    with pytest.raises(ValueError, match="is not a quantity") as caught:
        parse_quantity(10**5000)
    assert str(caught.value) == "a number of 16610 bits is not a quantity: use a number below 10^100"


@pytest.mark.parametrize(
    ("value", "family", "text"),
    [
        (Fraction(0), "binary", "0"),
        (Fraction(3, 2), "decimal", "1500m"),
        (Fraction(1, 3), "decimal", "333333334n"),
        (Fraction(-1, 3), "decimal", "-333333334n"),
        (1024, "decimal", "1024"),
        (1024, "binary", "1Ki"),
        (1023, "binary", "1023"),
        (1000, "binary", "1k"),
        (Fraction(2049, 2), "binary", "1024500m"),
        (2**70, "binary", "1024Ei"),
        (10**21, "decimal", "1000E"),
        (10**21, "exponent", "1e21"),
        (12_000_000, "exponent", "12e6"),
        (5, "exponent", "5"),
    ],
)
def test_a_value_is_formatted_with_the_largest_suffix_without_a_fraction(
    value: Fraction | int, family: Family, text: str
) -> None:
    assert format_quantity(value, family=family) == text


def test_a_suffix_that_the_server_would_lose_is_kept() -> None:
    assert (stored_quantity("1000E"), canonical_quantity("1000E")) == ("1", "1000E")


def test_surrounding_spaces_are_removed_as_when_the_server_reads_json() -> None:
    assert stored_quantity(" 1Gi\n") == "1Gi"


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        ((), "0"),
        (("500m", "1"), "1500m"),
        (("0", "1Gi", "1Gi"), "2Gi"),
        (("1Gi", "1G"), "2073741824"),
        (("1", "1Ki"), "1025"),
        (("1e3", "1k"), "2e3"),
        (("1Gi", "-1Gi", "1k"), "1k"),
    ],
)
def test_a_sum_is_formatted_in_the_family_of_its_first_term(terms: tuple[str, ...], total: str) -> None:
    assert add_quantities(*terms) == total


@pytest.mark.parametrize(
    ("first", "second", "same"), [("1", "1000m", True), ("1Gi", "1024Mi", True), ("1Gi", "1G", False), (2, "2", True)]
)
def test_quantities_are_compared_by_value(first: str | int, second: str, same: bool) -> None:  # noqa: FBT001
    assert same_quantity(first, second) is same


@given(text=signed_quantities)
def test_canonical_form_keeps_the_value_and_is_its_own_canonical_form(text: str) -> None:
    once = canonical_quantity(text)
    assert (parse_quantity(once), canonical_quantity(once)) == (parse_quantity(text), once)


@given(value=st.integers(-(2**63) + 1, 2**63 - 1), family=st.sampled_from(("decimal", "binary", "exponent")))
def test_a_formatted_value_is_parsed_as_the_same_value(value: int, family: Family) -> None:
    assert parse_quantity(format_quantity(value, family=family)) == value


@given(text=signed_quantities)
def test_the_text_from_the_server_is_parsed_as_the_same_value(text: str) -> None:
    if abs(parse_quantity(text)) < 10**21:
        assert same_quantity(stored_quantity(text), text)


@given(text=quantities)
def test_a_resource_list_rounds_up_to_milli_and_never_down(text: str) -> None:
    value = parse_quantity(text)
    if value < 10**21:
        listed = parse_quantity(stored_quantity(text, rounded_to_milli=True))
        assert (listed * 1000).denominator == 1
        assert value <= listed < value + Fraction(1, 1000)


@given(text=quantity_like | any_text)
def test_every_text_is_parsed_or_refused_with_a_valid_example(text: str) -> None:
    reason = check_quantity(text)
    if reason is None:
        assert canonical_quantity(text)
    elif ", for example " in reason:
        assert check_quantity(reason.rsplit(", for example ")[1].strip("'")) is None

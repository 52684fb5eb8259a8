"""Tables in the sandbox: ages, cells for all columns, and the Accept header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import RESOURCES
from tenantkit.sandbox.apimachinery.schema import load
from tenantkit.sandbox.endpoints.negotiation import ResponseForm, negotiated_form
from tenantkit.sandbox.printers.cells import since
from tenantkit.sandbox.printers.tables import table_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


# the values of apimachinery's pkg/util/duration/duration_test.go, and values around its limits
@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-2), "<invalid>"),
        (timedelta(seconds=-1.9), "0s"),
        (timedelta(seconds=-0.5), "0s"),
        (timedelta(), "0s"),
        (timedelta(seconds=1.9), "1s"),
        (timedelta(seconds=70), "70s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(seconds=120), "2m"),
        (timedelta(seconds=190), "3m10s"),
        (timedelta(minutes=9, seconds=59), "9m59s"),
        (timedelta(minutes=10, seconds=59), "10m"),
        (timedelta(minutes=70), "70m"),
        (timedelta(minutes=179, seconds=59), "179m"),
        (timedelta(hours=3), "3h"),
        (timedelta(hours=3, minutes=10), "3h10m"),
        (timedelta(hours=7, minutes=59), "7h59m"),
        (timedelta(hours=8, minutes=10), "8h"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=2), "2d"),
        (timedelta(days=2, hours=3), "2d3h"),
        (timedelta(days=7, hours=23), "7d23h"),
        (timedelta(days=8, hours=1), "8d"),
        (timedelta(days=729), "729d"),
        (timedelta(days=730), "2y"),
        (timedelta(days=731), "2y1d"),
        (timedelta(days=8 * 365 - 1), "7y364d"),
        (timedelta(days=8 * 365 + 100), "8y"),
    ],
    ids=str,
)
def test_an_age_has_at_most_two_units(age: timedelta, text: str) -> None:
    assert since((NOW - age).isoformat(), NOW) == text


def test_the_age_of_a_missing_time_is_unknown() -> None:
    assert since(None, NOW) == since("", NOW) == "<unknown>"


def test_each_kind_that_can_be_listed_has_a_cell_for_each_column() -> None:
    listed = [resource for resource in RESOURCES if "list" in resource.verbs]
    assert {resource.qualified for resource in listed} == load("tables.json")["columns"].keys()
    for resource in listed:
        table = table_of(resource, {"metadata": {}}, NOW, object_of=lambda _: None)
        assert len(table["rows"][0]["cells"]) == len(table["columnDefinitions"]), resource.qualified


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", ResponseForm()),
        ("*/*", ResponseForm()),
        ("application/json; as=Table ;v=v1;g=meta.k8s.io", ResponseForm("Table", "meta.k8s.io/v1")),
        (f"application/json;q=0.9,{TABLE};q=1", ResponseForm("Table", "meta.k8s.io/v1")),
        (f"{TABLE};q=much,application/json;q=0.1", ResponseForm()),
        (f"application/yaml,{TABLE}", ResponseForm("Table", "meta.k8s.io/v1")),
    ],
)
def test_accept_headers_of_real_clients_are_parsed(accept: str, form: ResponseForm) -> None:
    assert negotiated_form(accept, has_table=True) == form


@pytest.mark.parametrize(
    "accept", [TABLE, "application/json;as=Chart;v=v1;g=meta.k8s.io", "application/yaml", "*", "application/*"]
)
def test_a_header_without_a_possible_form_is_refused(accept: str) -> None:
    with pytest.raises(ApiError) as refused:
        negotiated_form(accept, has_table=False)
    assert refused.value.code == 406

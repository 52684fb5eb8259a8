"""Frames on the command line: a table for people, JSON with everything, and what could not be read."""

from __future__ import annotations

import json

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from tenantkit.cli.reading import filter_options, frame_json, frame_table, print_frame, reader_options
from tenantkit.frames.kit.schema import TIME, frame_of_rows

FRAME = frame_of_rows(
    [
        ("vision", "requests.memory", 2.0**34, None, "bytes", "2026-11-30T10:00:00Z"),
        ("speech", "pods", 3.0, 15.0, "count", None),
    ],
    {
        "tenant": "string",
        "resource": "string",
        "used": "Float64",
        "used_pct": "Float64",
        "unit": "string",
        "since": TIME,
    },
)


def test_a_table_has_the_named_columns_with_units() -> None:
    assert frame_table(FRAME[["tenant", "resource", "used", "unit"]]).splitlines() == [
        "tenant  resource                    used",
        "vision  memory (requests.memory)  16 GiB",
        "speech  pods                           3",
    ]


def test_rows_that_need_no_attention_are_folded_unless_the_table_is_whole() -> None:
    rows = [("vision", f"count/x{number}", 1.0, 10.0, 10.0, "ok") for number in range(4)]
    rows.append(("vision", "pods", 20.0, 20.0, 100.0, "full"))
    columns = {"tenant": "string", "resource": "string", "used": "Float64", "hard": "Float64"}
    frame = frame_of_rows(rows, {**columns, "used_pct": "Float64", "state": "string"})

    assert "count/x3" not in frame_table(frame)
    assert "4 more rows are far from a limit." in frame_table(frame)
    assert "count/x3" in frame_table(frame, is_whole=True)


def test_json_has_every_column_in_base_units_and_missing_values_as_null() -> None:
    frame = FRAME.copy()
    frame.attrs |= {"scope": ("vision", "speech"), "incomplete": {"Node": "may not be listed"}}

    assert frame_json(frame) == {
        "rows": [
            {
                "tenant": "vision",
                "resource": "requests.memory",
                "used": 2.0**34,
                "used_pct": None,
                "unit": "bytes",
                "since": "2026-11-30T10:00:00Z",
            },
            {
                "tenant": "speech",
                "resource": "pods",
                "used": 3.0,
                "used_pct": 15.0,
                "unit": "count",
                "since": None,
            },
        ],
        "scope": ["vision", "speech"],
        "incomplete": {"Node": "may not be listed"},
    }


def test_an_empty_frame_is_a_sentence_with_what_could_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    frame = FRAME.head(0)
    frame.attrs |= {"incomplete": {"Node": "dana may not list nodes"}, "empty": "Nothing is wrong with vision."}

    assert print_frame("table", frame) == 0

    assert capsys.readouterr().out == "Nothing is wrong with vision.\nIncomplete, Node: dana may not list nodes\n"


def test_an_empty_frame_as_json_has_no_rows(capsys: pytest.CaptureFixture[str]) -> None:
    print_frame("json", FRAME.head(0))

    assert json.loads(capsys.readouterr().out) == {"rows": [], "scope": [], "incomplete": {}}


def test_an_odd_frame_is_json_too() -> None:
    frame = pd.DataFrame({"links": [["a", None]], "labels": [{"app": "ai"}]})

    assert frame_json(frame)["rows"] == [{"links": ["a", None], "labels": {"app": "ai"}}]


@click.command()
@filter_options
def shown(*, filters: dict[str, object]) -> int:
    """Print the filters."""
    click.echo(json.dumps(filters))
    return 0


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ([], {"tenant": None, "namespaces": None, "label_selector": None}),
        (["--tenant", "vision"], {"tenant": "vision", "namespaces": None, "label_selector": None}),
        (
            ["-n", "vision,speech", "--namespaces", "lab", "-l", "app=ai"],
            {"tenant": None, "namespaces": ["vision", "speech", "lab"], "label_selector": "app=ai"},
        ),
    ],
)
def test_options_become_the_filters_of_a_reader(words: list[str], filters: dict[str, object]) -> None:
    assert json.loads(CliRunner().invoke(shown, words).output) == filters


def test_a_tenant_and_namespaces_together_are_refused() -> None:
    done = CliRunner().invoke(shown, ["--tenant", "vision", "-n", "speech"])

    assert (done.exit_code, "exclude each other" in done.output) == (2, True)


@click.command()
@click.option("--workload")
@reader_options
def read(*, filters: dict[str, object], workload: str | None) -> int:
    """Print the tenant."""
    click.echo(f"{filters['tenant']} {workload}")
    return 0


@pytest.mark.parametrize("words", [["speech"], ["--tenant", "speech"]])
def test_a_reader_takes_its_tenant_also_as_an_argument(words: list[str]) -> None:
    assert CliRunner().invoke(read, words).output == "speech None\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["speech", "--tenant", "vision"], "TENANT, --tenant and --namespaces exclude each other: use one of them"),
        (["speech", "-n", "vision"], "TENANT, --tenant and --namespaces exclude each other: use one of them"),
        (["Job/train"], "'Job/train' is a workload: use --workload Job/train"),
    ],
)
def test_a_wrong_argument_of_a_reader_is_an_error_with_a_right_form(words: list[str], said: str) -> None:
    done = CliRunner().invoke(read, words)

    assert (done.exit_code, said in done.output) == (2, True)


def test_the_scope_of_a_whole_cluster_is_one_word() -> None:
    frame = pd.DataFrame()
    frame.attrs["scope"] = "cluster"
    assert frame_json(frame)["scope"] == "cluster"

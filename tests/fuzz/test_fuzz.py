"""A short run of the fuzzer; `python -m tests.fuzz` makes long ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import engines
from tests.fuzz.connection import Connection
from tests.fuzz.draw import SORTS, draw
from tests.fuzz.engine import Engine
from tests.fuzz.known import ACCEPTED_5XX, REFUSED
from tests.fuzz.runs import USERS, Run

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEED, _ON_BOTH, _ON_SANDBOX = 1, 400, 600


def run_of(run: Run, numbers: Iterable[int]) -> str:
    """The findings of a run, as text."""
    try:
        run.begin()
        for number in numbers:
            run.take(_SEED, number)
    finally:
        run.close()
    return "\n".join(map(str, run.findings))


@pytest.mark.controlplane
@pytest.mark.timeout(600)
def test_odd_requests_get_the_same_status_from_both_engines() -> None:
    with engines.controlplane() as real, engines.sandbox() as sandbox:
        run = Run(Engine(Connection.to(sandbox, USERS)), Engine(Connection.to(real, USERS)))
        assert not run_of(run, range(_ON_BOTH))


@pytest.mark.timeout(300)
def test_the_sandbox_answers_odd_requests_soon_and_without_an_error_of_its_own() -> None:
    with engines.sandbox() as sandbox:
        assert not run_of(Run(Engine(Connection.to(sandbox, USERS))), range(_ON_SANDBOX))


def test_a_request_depends_on_its_seed_and_number_only() -> None:
    first = [draw(7, number) for number in range(50)]

    assert [draw(7, number) for number in reversed(range(50))] == first[::-1]
    assert [draw(8, number) for number in range(50)] != first


def test_a_report_shows_a_request_as_a_command() -> None:
    shown = draw(1, 0).as_curl()

    assert shown.startswith("curl -X ")
    assert "https://SERVER/" in shown


def test_every_sort_of_request_is_drawn_and_every_exception_has_a_reason() -> None:
    methods = {draw(1, number).method for number in range(400)}

    assert {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"} <= methods
    assert all(SORTS.values())
    assert all(known.reason for known in REFUSED)
    assert all(ACCEPTED_5XX.values())

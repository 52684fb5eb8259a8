"""The sandbox and the real control plane give the same answers to random requests, drawn from grammar.py.

This is a short run; `python -m tests.differential` makes long ones, and reports all differences instead of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.contract import engines
from tests.differential.exchange import Exchange
from tests.differential.grammar import OPERATIONS, USERS
from tests.differential.runs import Run
from tests.differential.steps import draw_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_RUNS, _STEPS = 12, 30
_chances = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def exchanges() -> Iterator[tuple[Exchange, Exchange]]:
    """A connection to the real control plane, and one to the sandbox."""
    with engines.controlplane() as real, engines.sandbox() as sandbox:
        yield Exchange.to(real, USERS), Exchange.to(sandbox, USERS)


@pytest.mark.controlplane
@pytest.mark.timeout(600)
def test_random_requests_get_the_same_answers_and_leave_the_same_objects(exchanges: tuple[Exchange, Exchange]) -> None:
    class Requests(RuleBasedStateMachine):
        runs = 0

        def __init__(self) -> None:
            super().__init__()
            Requests.runs += 1
            self.run = Run(*exchanges, name=f"ci{Requests.runs:04}")
            assert not self.run.begin()

        @rule(operation=st.sampled_from(sorted(OPERATIONS)), chance=_chances)
        def ask(self, operation: str, chance: Random) -> None:
            step = draw_step(chance, operation)
            different = self.run.take(step)
            assert not different, "\n".join([str(step), *map(str, different)])

        def teardown(self) -> None:
            try:
                different = self.run.end()
                assert not different, "\n".join(map(str, different))
            finally:
                self.run.clear()

    short = settings(
        max_examples=_RUNS,
        stateful_step_count=_STEPS,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # shrinking would take minutes: `python -m tests.differential --minimise` does that
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Requests, settings=short)

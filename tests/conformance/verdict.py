"""Judges the sandbox by two runs of the same tests; pure, so that the rules are tested without either engine.

Every test that passes on the real control plane must pass on the sandbox, except those of a list: each with the feature
that it needs and that the sandbox refuses. The list may only shrink: a listed test that passes fails the run, and so
does an unlisted test that fails. A test that fails on the real control plane proves nothing and must be left out, with
a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAY_BE_REFUSED = 1 / 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended, and why if it failed."""

    passed: bool
    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many of the tests pass on both, and the problems that fail the run."""

    both: int
    asked: int
    problems: tuple[str, ...]

    @property
    def figure(self) -> str:
        """The figure in the README."""
        return f"{self.both} of Kubernetes' own {self.asked} tests"


def judge(
    real: Mapping[str, Outcome], sandbox: Mapping[str, Outcome], refused: Mapping[str, str], *, whole: bool = True
) -> Verdict:
    """Compare the runs.

    Args:
        real: the outcomes on the real control plane, by the test's name.
        sandbox: the outcomes of the same tests on the sandbox.
        refused: the feature that the sandbox refuses, by the name of the test that needs it.
        whole: whether all tests were run, so that the list may name no other test.
    """
    problems = [
        f"fails on the real engine, leave it out: {name}: {it.why}" for name, it in real.items() if not it.passed
    ]
    asked = {name for name, it in real.items() if it.passed}
    passed = {name for name in asked if name in sandbox and sandbox[name].passed}
    problems += [f"was not run on the sandbox: {name}" for name in sorted(asked - set(sandbox))]
    problems += [
        f"fails on the sandbox: {name}: {sandbox[name].why}"
        for name in sorted(asked & set(sandbox))
        if not sandbox[name].passed and name not in refused
    ]
    problems += [
        f"passes now, remove it from the list ({refused[name]}): {name}" for name in sorted(passed & set(refused))
    ]
    if whole:
        problems += [f"is on the list and is not a test: {name}" for name in sorted(set(refused) - set(real))]
        if len(refused) > MAY_BE_REFUSED * len(asked):
            problems.append(f"the list is too long: {len(refused)} of {len(asked)}, at most a fifth may be refused")
    return Verdict(len(passed), len(asked), tuple(problems))

"""What two runs of the same tests say about the sandbox: pure, so that the rules are tested without either engine.

All that passes on the real one passes on the sandbox, but for a written list: each test with the feature that it needs
and that the sandbox refuses. The list may only shrink: who is on it and passes fails the run, as does who is not on it
and fails. A test that fails on the real one says nothing about the sandbox and is to be left out, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAY_BE_REFUSED = 1 / 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended: in words that say why, when it failed."""

    passed: bool
    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many of the tests pass on both, and what is to be done before the run passes."""

    both: int
    asked: int
    problems: tuple[str, ...]

    @property
    def figure(self) -> str:
        """The sentence for the README."""
        return f"{self.both} of {self.asked}"


def judge(
    real: Mapping[str, Outcome], sandbox: Mapping[str, Outcome], refused: Mapping[str, str], *, whole: bool = True
) -> Verdict:
    """Compare the runs.

    Args:
        real: the outcomes on the real control plane, by the test's name.
        sandbox: the same tests' there.
        refused: the feature that the sandbox refuses, by the name of the test that needs it.
        whole: whether all tests were run, so that the list is to name none that was not.
    """
    problems = [f"fails on the real one, leave it out: {name}: {it.why}" for name, it in real.items() if not it.passed]
    asked = {name for name, it in real.items() if it.passed}
    passed = {name for name in asked if name in sandbox and sandbox[name].passed}
    problems += [f"was not run on the sandbox: {name}" for name in sorted(asked - set(sandbox))]
    problems += [
        f"fails on the sandbox: {name}: {sandbox[name].why}"
        for name in sorted(asked & set(sandbox))
        if not sandbox[name].passed and name not in refused
    ]
    problems += [
        f"passes now, take it off the list ({refused[name]}): {name}" for name in sorted(passed & set(refused))
    ]
    if whole:
        problems += [f"on the list, and no test: {name}" for name in sorted(set(refused) - set(real))]
        if len(refused) > MAY_BE_REFUSED * len(asked):
            problems.append(f"the list is too long: {len(refused)} of {len(asked)}, of which a fifth may be refused")
    return Verdict(len(passed), len(asked), tuple(problems))

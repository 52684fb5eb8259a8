"""Long runs of the differential test: `python -m tests.differential --steps 5000 --seed 1`.

Each distinct difference is reported once, with the steps that lead to it (`--minimise`: only those that are needed). A
run continues after a difference as long as both engines hold the same objects.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.contract import engines
from tests.differential.exchange import Exchange
from tests.differential.grammar import USERS
from tests.differential.runs import PATIENCE_S, Run, replay
from tests.differential.steps import Step, draw_step

if TYPE_CHECKING:
    from tests.differential.comparison import Difference

_TRIES = 40  # attempts to shorten one sequence


@dataclass(slots=True)
class Search:
    """The steps so far, and the first difference of each group with the steps up to it."""

    real: Exchange
    sandbox: Exchange
    seed: int
    patience_s: float
    steps: int = 0
    runs: int = 0
    found: dict[str, tuple[Difference, list[Step]]] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def run(self, length: int) -> None:
        """One run of at most that many steps."""
        chance = Random(f"{self.seed}:{self.runs}")  # noqa: S311 (chance that can be had again)
        run, taken = self._next(), list[Step]()
        try:
            self._note(run.begin(), taken)
            for _ in range(length):
                step = draw_step(chance)
                taken.append(step)
                self.steps += 1
                different = run.take(step)
                self._note(different, taken)
                if run.apart:
                    return
            self._note(run.end(), taken)
        finally:
            run.clear()

    def minimised(self, group: str) -> list[Step]:
        """Fewer steps that show a difference of the group."""
        steps, tries = list(self.found[group][1]), 0
        size = max(len(steps) // 2, 1)
        while tries < _TRIES:
            for start in range(0, len(steps), size):
                shorter = steps[:start] + steps[start + size :]
                tries += 1
                if any(item.group == group for item in replay(self._next(), shorter)):
                    steps = shorter
                    break
            else:
                if size == 1:
                    break
                size = max(size // 2, 1)
        return steps

    def _next(self) -> Run:
        self.runs += 1
        return Run(self.real, self.sandbox, f"run{self.seed}x{self.runs:04}", self.patience_s)

    def _note(self, different: list[Difference], taken: list[Step]) -> None:
        for item in different:
            self.times[item.group] = self.times.get(item.group, 0) + 1
            if item.group not in self.found:
                self.found[item.group] = (item, list(taken))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.differential", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=50, help="steps of a run")
    parser.add_argument("--minimise", action="store_true", help="show only the steps that a difference needs")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds until a difference is reported")
    parser.add_argument("--kubeconfig", type=Path, help="of a running control plane: python -m tests.controlplane")
    options = parser.parse_args()
    with ExitStack() as stack:
        running = engines.OwnEngine("controlplane", options.kubeconfig) if options.kubeconfig else None
        real = running or stack.enter_context(engines.controlplane())
        sandbox = stack.enter_context(engines.sandbox())
        search = Search(Exchange.to(real, USERS), Exchange.to(sandbox, USERS), options.seed, options.patience)
        began = time.monotonic()
        while search.steps < options.steps:
            search.run(min(options.length, options.steps - search.steps))
        took = time.monotonic() - began
        for group, (difference, steps) in sorted(search.found.items()):
            shown = search.minimised(group) if options.minimise else steps[-1:]
            lines = [f"== {group} ({search.times[group]} times)", *(f"  {step}" for step in shown), f"  {difference}"]
            sys.stdout.write("\n".join(lines) + "\n")
        found = len(search.found)
        sys.stdout.write(f"seed {search.seed}: {search.steps} steps, {found} distinct differences, {took:.0f} s\n")
    return 1 if search.found else 0


if __name__ == "__main__":
    sys.exit(main())

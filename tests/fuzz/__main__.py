"""Long runs of the fuzzer: `python -m tests.fuzz --seed 1 --requests 20000`.

Sends odd requests to the real control plane and to the sandbox, each in the same state of both. Prints every request
that the sandbox answers with another status, with a server error of its own, or later than after two seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.contract import engines
from tests.fuzz.connection import Connection
from tests.fuzz.draw import draw
from tests.fuzz.engine import Engine
from tests.fuzz.runs import USERS, WAITS_S, Run

_TOLD_EVERY = 1000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="the number of the first request")
    parser.add_argument("--only", type=int, nargs="+", help="send only the requests of these numbers")
    parser.add_argument("--show", action="store_true", help="print the requests instead of sending them")
    parser.add_argument(
        "--sandbox-only", action="store_true", help="without a control plane: server errors and slow answers"
    )
    parser.add_argument("--kubeconfig", type=Path, help="of a running control plane: python -m tests.controlplane")
    parser.add_argument("--once", action="store_true", help="report a difference without asking again")
    asked = parser.parse_args()
    numbers = asked.only or range(asked.start, asked.start + asked.requests)
    if asked.show:
        sys.stdout.writelines(f"#{number} {draw(asked.seed, number).as_curl()}\n" for number in numbers)
        return 0
    with ExitStack() as stack:
        sandbox = Engine(Connection.to(stack.enter_context(engines.sandbox()), USERS))
        real = None
        if not asked.sandbox_only:
            running = engines.OwnEngine("controlplane", asked.kubeconfig) if asked.kubeconfig else None
            real = Engine(Connection.to(running or stack.enter_context(engines.controlplane()), USERS))
        run = Run(sandbox, real, waits_s=() if asked.once else WAITS_S)
        stack.callback(run.close)
        began = time.monotonic()
        run.begin()
        for count, number in enumerate(numbers, 1):
            if count % _TOLD_EVERY == 0:
                sys.stderr.write(f"{count} requests, {time.monotonic() - began:.0f} s\n")
            if finding := run.take(asked.seed, number):
                sys.stdout.write(f"{finding}\n")
                sys.stdout.flush()
        took_s = time.monotonic() - began
    for reason, times in sorted(run.known.items()):
        sys.stdout.write(f"known, {times} times: {reason}\n")
    found, unsteady = len(run.findings), run.unsteady
    sys.stdout.write(
        f"seed {asked.seed}: {len(numbers)} requests, {found} findings, {unsteady} unsteady, {took_s:.0f} s\n"
    )
    return 1 if run.findings else 0


if __name__ == "__main__":
    sys.exit(main())

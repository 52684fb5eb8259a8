"""Starts a control plane, prints the path of its kubeconfig, and runs until it is stopped.

It runs in a process of its own, so that the control plane ends with the process that started it, however that one ends:
the tests hold the other end of its standard input (`--while-stdin-open`), and the system closes it even if they are
killed. If this process itself is killed, the kernel kills each component. Rejected alternative: handlers in the test
run, which neither SIGKILL nor a crash calls.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from tenantkit.exceptions import TenantKitError
from tests.controlplane.components import ControlPlaneNotBuiltError, NotReadyError, running
from tests.controlplane.processes import ComponentDied

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

_LOOK_S = 0.5
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--while-stdin-open", action="store_true", help="end when standard input does")
    parser.add_argument("--nodes", action="store_true", help="with a scheduler, and with kwok: pods run on each Node")
    parser.add_argument("--sample", action="store_true", help="with the sample platform on it; needs --nodes")
    asked = parser.parse_args()
    if asked.sample and not asked.nodes:
        parser.error("--sample needs --nodes: its pods are to run")
    return asked


def main() -> int:
    asked = _asked()
    until_stdin_closes: bool = asked.while_stdin_open
    for number in _ENDING:
        signal.signal(number, _end)

    def check() -> None:
        if until_stdin_closes and _at_end_of_stdin(0):
            raise SystemExit(0)

    try:
        with running(check, nodes=asked.nodes) as (credentials, components):
            try:
                if asked.sample:
                    _fill(credentials.kubeconfig)
                _announce(str(credentials.kubeconfig), for_people=not until_stdin_closes)
                while not (until_stdin_closes and _at_end_of_stdin(_LOOK_S)):
                    for component in components:
                        component.check_alive()
                    if not until_stdin_closes:
                        select.select([], [], [], _LOOK_S)
            finally:
                for number in _ENDING:  # a second Ctrl-C must not leave half of it behind
                    signal.signal(number, signal.SIG_IGN)
    except (ControlPlaneNotBuiltError, NotReadyError, ComponentDied, TenantKitError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _fill(kubeconfig: Path) -> None:
    from tenantkit.cluster.connection.connect import connect
    from tenantkit.sample.fill import fill_sample

    with connect(kubeconfig=kubeconfig) as cluster:
        fill_sample(cluster)


def _announce(kubeconfig: str, *, for_people: bool) -> None:
    sys.stdout.write(f"{kubeconfig}\n")
    sys.stdout.flush()
    if for_people:
        sys.stderr.write(f"The control plane runs until Ctrl-C. In another terminal: export KUBECONFIG={kubeconfig}\n")


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


def _at_end_of_stdin(wait_s: float) -> bool:
    readable, _, _ = select.select([0], [], [], wait_s)
    return bool(readable) and os.read(0, 4096) == b""


if __name__ == "__main__":
    sys.exit(main())

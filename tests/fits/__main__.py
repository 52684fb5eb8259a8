"""Compares the answers of `fits` with what really happens: `python -m tests.fits --requests 1000 --seed 1`.

It starts a separate control plane with a scheduler and stand-ins for kubelets, unless it gets the kubeconfig of one
without nodes.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tenantkit.cluster.connection.connect import connect
from tests.controlplane.controlplane import ControlPlane
from tests.fits.truth import compare

_SHOWN = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fits", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kubeconfig", type=Path, help="default: a separate control plane")
    parser.add_argument("--context")
    chosen = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        place, context = chosen.kubeconfig, chosen.context
        if place is None:
            place, context = stack.enter_context(ControlPlane(nodes=True)).kubeconfig, "controlplane-admin"
        cluster = stack.enter_context(connect(kubeconfig=place, context=context))
        found = compare(cluster, requests=chosen.requests, seed=chosen.seed)
    sys.stdout.write("\n\n".join(found.wrong) + "\n" if found.wrong else "")
    for reason, count in found.maybes.most_common(_SHOWN):
        sys.stdout.write(f"maybe, {count} times: {reason}\n")
    sys.stdout.write(f"{found} in {time.monotonic() - began:.0f} s\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

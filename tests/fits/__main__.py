"""Compares what `fits` says with what really happens: `python -m tests.fits --requests 1000 --seed 1`.

The server needs a scheduler and stand-ins for kubelets, and should have no nodes of its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tenantkit.cluster.config import connect
from tests.fits.truth import compare


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fits", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context")
    chosen = parser.parse_args()
    began = time.monotonic()
    with connect(kubeconfig=chosen.kubeconfig, context=chosen.context) as cluster:
        found = compare(cluster, requests=chosen.requests, seed=chosen.seed)
    sys.stdout.write("\n\n".join(found.wrong) + "\n" if found.wrong else "")
    for reason, count in found.maybes.most_common(10):
        sys.stdout.write(f"maybe, {count} times: {reason}\n")
    sys.stdout.write(f"{found} in {time.monotonic() - began:.0f} s\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

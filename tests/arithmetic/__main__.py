"""The quota's arithmetic against the real server's: `python -m tests.arithmetic --pods 2000 --seed 1`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tenantkit.cluster.connection.connect import connect
from tests.arithmetic.comparison import compare
from tests.controlplane.controlplane import ControlPlane


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.arithmetic", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--kubeconfig", type=Path, help="default: a separate control plane, as `make controlplane` builds it"
    )
    parser.add_argument("--context")
    chosen = parser.parse_args()
    if chosen.kubeconfig:
        return run(chosen.kubeconfig, chosen.context, chosen.pods, chosen.seed)
    with ControlPlane() as plane:
        return run(plane.kubeconfig, "controlplane-admin", chosen.pods, chosen.seed)


def run(kubeconfig: Path, context: str | None, pods: int, seed: int) -> int:
    began = time.monotonic()
    with connect(kubeconfig=kubeconfig, context=context) as cluster:
        found = compare(cluster, pods=pods, seed=seed)
    sys.stdout.write("\n".join([*found.differences, f"{found} in {time.monotonic() - began:.0f} s"]) + "\n")
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())

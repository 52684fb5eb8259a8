"""Plan and apply of 100 tenants against `kubectl`, on one server, the same objects, in one run.

`python benchmarks/provisioning.py --kubeconfig FILE`: any test cluster; the figures in docs/benchmarks.md are of the real control plane that
`make controlplane` builds. Neither side waits for quotas to be counted: kubectl can't.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import tenantkit as tk
from tenantkit.manifests.tenant import make_tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.cluster.cluster import Cluster

KUBECTL = str(Path(sys.executable).with_name("kubectl"))


def tenants(prefix: str, count: int) -> list[tk.Tenant]:
    """Tenants of 14 objects each, as `make_tenant` makes them."""
    return [
        tk.Tenant(
            name=f"{prefix}-{number}",
            team=f"team-{number % 10}",
            owners=["dana@example.com", "kim@example.com"],
            editors=["group:ml"],
            viewers=["group:guests"],
            size="small",
            routes=[tk.Route(service="web", port=80, path=f"/{path}") for path in ("a", "b", "c", "d")],
        )
        for number in range(count)
    ]


def requests_of_plan(cluster: Cluster, wanted: Sequence[tk.Tenant]) -> int:
    """How many requests a plan makes."""
    before = cluster.request_count
    tk.plan(cluster, wanted)
    return cluster.request_count - before


def kubectl(kubeconfig: str, *words: str) -> float:
    """Seconds of one kubectl command; `diff` exits with 1 when there are differences."""
    start = time.perf_counter()
    done = subprocess.run([KUBECTL, "--kubeconfig", kubeconfig, *words], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1} or (done.returncode == 1 and words[0] != "diff"):
        raise SystemExit(f"kubectl {' '.join(words)}: {done.stderr}")
    return time.perf_counter() - start


@contextmanager
def written(wanted: Sequence[tk.Tenant], platform: tk.Platform) -> Iterator[str]:
    """The same objects as a file for kubectl."""
    items = [manifest for tenant in wanted for manifest in make_tenant(tenant, platform)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tenants.json")
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        yield str(file)


def main() -> int:
    """Print each figure; 1 when one misses what is to be reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--context")
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    with tk.connect(kubeconfig=options.kubeconfig, context=options.context) as cluster:
        return measure(cluster, options.kubeconfig, options.count)


def measure(cluster: Cluster, kubeconfig: str, count: int) -> int:
    """Both sides, one after the other, on the same server."""
    platform = tk.Platform()
    tk.install(cluster, platform, progress=False)
    ours, theirs = tenants("ours", count), tenants("theirs", count)
    with written(theirs, platform) as file:
        kubectl_apply = kubectl(kubeconfig, "apply", "--server-side", "-f", file)
    start = time.perf_counter()
    tk.apply(cluster, tk.plan(cluster, ours), progress=False, ready_timeout_s=0)
    our_apply = time.perf_counter() - start
    with written(ours, platform) as file:
        kubectl_diff = kubectl(kubeconfig, "diff", "--server-side", "--field-manager", "tenantkit", "-f", file)
    start = time.perf_counter()
    again = tk.plan(cluster, ours)
    our_plan = time.perf_counter() - start
    one, many = requests_of_plan(cluster, ours[:1]), requests_of_plan(cluster, ours)
    pages = many - one
    objects = sum(len(make_tenant(tenant, platform)) for tenant in ours)
    print(f"{count} tenants, {objects} objects")
    print(
        f"apply   tenantkit {our_apply:6.2f} s   kubectl apply --server-side {kubectl_apply:6.2f} s   {kubectl_apply / our_apply:5.1f} x"
    )
    print(
        f"plan    tenantkit {our_plan:6.2f} s   kubectl diff --server-side  {kubectl_diff:6.2f} s   {kubectl_diff / our_plan:5.1f} x"
    )
    print(f"requests of a plan: {one} for one tenant, {many} for {count} ({pages} more are pages of 500)")
    reached = not again.has_changes and kubectl_apply >= 3 * our_apply
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

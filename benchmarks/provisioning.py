"""Plan and apply of 100 tenants against `kubectl`: the same objects, the same server, in turn, three rounds.

Runs on the control plane that `make controlplane` builds; a cluster's own speed would drown the difference. Neither
side waits for quotas to be counted, since kubectl can't.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tenantkit as tk
from tenantkit.manifests.tenant import make_tenant
from tests.controlplane.controlplane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster

COUNT = 100
ROUNDS = 3
CONTEXT = "controlplane-admin"
KUBECTL = str(Path(sys.executable).with_name("kubectl"))
APPLY_REACH, PLAN_REACH = 3, 50


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of one round."""

    our_apply: float
    kubectl_apply: float
    our_plan: float
    kubectl_diff: float


def tenants(prefix: str) -> list[tk.Tenant]:
    """100 tenants of 14 objects each."""
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
        for number in range(COUNT)
    ]


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def kubectl(kubeconfig: Path, *words: str) -> None:
    """One kubectl command; `diff` exits with 1 when there are differences."""
    command = [KUBECTL, "--kubeconfig", str(kubeconfig), "--context", CONTEXT, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1} or (done.returncode == 1 and words[0] != "diff"):
        raise SystemExit(f"kubectl {' '.join(words)}: {done.stderr}")


def written(wanted: Sequence[tk.Tenant], folder: str) -> str:
    """The same objects as a file for kubectl."""
    items = [manifest for tenant in wanted for manifest in make_tenant(tenant, tk.Platform())]
    file = Path(folder, f"{wanted[0].name}.json")
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return str(file)


def one_round(cluster: Cluster, kubeconfig: Path, number: int, folder: str) -> Round:
    """Both sides, one after the other."""
    ours, theirs = tenants(f"ours-{number}"), tenants(f"theirs-{number}")
    ours_file, theirs_file = written(ours, folder), written(theirs, folder)
    return Round(
        kubectl_apply=seconds(lambda: kubectl(kubeconfig, "apply", "--server-side", "-f", theirs_file)),
        our_apply=seconds(lambda: tk.apply(cluster, tk.plan(cluster, ours), progress=False, ready_timeout_s=0)),
        kubectl_diff=seconds(
            lambda: kubectl(kubeconfig, "diff", "--server-side", "--field-manager", "tenantkit", "-f", ours_file)
        ),
        our_plan=seconds(lambda: tk.plan(cluster, ours)),
    )


def requests_of_plan(cluster: Cluster, wanted: Sequence[tk.Tenant]) -> int:
    """How many requests a plan makes."""
    before = cluster.request_count
    tk.plan(cluster, wanted)
    return cluster.request_count - before


def main() -> int:
    """Print each figure; 1 when one misses what is to be reached."""
    with (
        ControlPlane() as plane,
        tk.connect(kubeconfig=plane.kubeconfig, context=CONTEXT) as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        tk.install(cluster, progress=False)
        one = requests_of_plan(cluster, tenants("ours-0")[:1])
        rounds = [one_round(cluster, plane.kubeconfig, number, folder) for number in range(ROUNDS)]
        many = requests_of_plan(cluster, tenants("ours-0"))
    return report(rounds, one, many)


def report(rounds: Sequence[Round], one: int, many: int) -> int:
    """The medians and their ratios."""
    apply_ratio = statistics.median(each.kubectl_apply / each.our_apply for each in rounds)
    plan_ratio = statistics.median(each.kubectl_diff / each.our_plan for each in rounds)
    for name in ("our_apply", "kubectl_apply", "our_plan", "kubectl_diff"):
        print(f"{name:14} " + " ".join(f"{getattr(each, name):6.2f}" for each in rounds) + " s")
    print(f"apply of {COUNT} new tenants: {apply_ratio:.1f} x faster, to reach: {APPLY_REACH}")
    print(f"plan with nothing to do: {plan_ratio:.0f} x faster, to reach: {PLAN_REACH}")
    print(f"requests of a plan: {one} for one tenant, {many} for {COUNT} (lists come in pages of 500)")
    return int(apply_ratio < APPLY_REACH or plan_ratio < PLAN_REACH)


if __name__ == "__main__":
    sys.exit(main())

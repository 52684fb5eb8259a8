"""Plan and apply of 100 tenants against `kubectl`: the same objects, on the same server, in turn.

Runs on the control plane that `make controlplane` builds, a fresh one each round. Neither side waits for quotas to be
counted, since kubectl can't. Measured on the bare loopback, where the server's processor time limits every client, and
with a round trip of 5 ms to the server, as to a cluster in the same city.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

import tenantkit as tk
from benchmarks.distance import relay
from benchmarks.figures import Figures
from tenantkit.manifests.tenant import make_tenant
from tests.controlplane.controlplane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster

COUNT = 100
ROUNDS = 3
CONTEXT = "controlplane-admin"
KUBECTL = str(Path(sys.executable).with_name("kubectl"))
APPLY_TARGET, PLAN_TARGET = 3, 50
ROUND_TRIP_MS = 5


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
    """How long the call takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def kubectl(kubeconfig: Path, *words: str) -> None:
    """Run one kubectl command; `diff` exits with 1 if there are differences."""
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


def one_round(cluster: Cluster, kubeconfig: Path, folder: str) -> Round:
    """Measure both sides, one after the other."""
    ours, theirs = tenants("ours"), tenants("theirs")
    ours_file, theirs_file = written(ours, folder), written(theirs, folder)
    return Round(
        kubectl_apply=seconds(lambda: kubectl(kubeconfig, "apply", "--server-side", "-f", theirs_file)),
        our_apply=seconds(lambda: tk.apply(cluster, tk.plan(cluster, ours), progress=False, timeout_s=0)),
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
    """Print each figure; returns 1 if one misses its target over a network. On loopback there is no target."""
    near, requests = rounds_at(0)
    far, _ = rounds_at(ROUND_TRIP_MS)
    print(f"requests of a plan: {requests[0]} for one tenant, {requests[1]} for {COUNT} (lists come in pages of 500)")
    figures = Figures()
    apply_ratio, plan_ratio = report("loopback, where no target applies", near)
    print(f"apply of {COUNT} new tenants: {apply_ratio:.1f} x faster")
    print(f"plan with nothing to do: {plan_ratio:.0f} x faster")
    apply_ratio, plan_ratio = report(f"{ROUND_TRIP_MS} ms away", far)
    figures.show(f"apply of {COUNT} new tenants: {apply_ratio:.1f} x faster", apply_ratio, at_least=APPLY_TARGET)
    figures.show(f"plan with nothing to do: {plan_ratio:.0f} x faster", plan_ratio, at_least=PLAN_TARGET)
    return figures.exit_code


def rounds_at(round_trip_ms: float) -> tuple[list[Round], tuple[int, int]]:
    """Rounds at that distance, and the numbers of requests of a plan for one tenant and for all."""
    rounds, requests = [], (0, 0)
    for _ in range(ROUNDS):  # a fresh server each, since on a fuller one a plan reads more pages, unlike kubectl
        with ControlPlane() as plane, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            kubeconfig = plane.kubeconfig
            if round_trip_ms:
                kubeconfig = moved(kubeconfig, Path(folder), stack, round_trip_ms)
            cluster = stack.enter_context(tk.connect(kubeconfig=kubeconfig, context=CONTEXT))
            tk.install_platform(cluster, progress=False)
            one = requests_of_plan(cluster, tenants("ours")[:1])
            rounds.append(one_round(cluster, kubeconfig, folder))
            requests = (one, requests_of_plan(cluster, tenants("ours")))
    return rounds, requests


def moved(kubeconfig: Path, folder: Path, stack: ExitStack, round_trip_ms: float) -> Path:
    """A kubeconfig for the same server at that distance."""
    config = yaml.safe_load(kubeconfig.read_text())
    for each in config["clusters"]:
        url = urlsplit(each["cluster"]["server"])
        port = stack.enter_context(relay(url.port or 443, one_way_ms=round_trip_ms / 2))
        each["cluster"]["server"] = f"https://127.0.0.1:{port}"
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file


def report(where: str, rounds: Sequence[Round]) -> tuple[float, float]:
    """Print the times; the medians of how many times faster tenantkit applies and plans."""
    apply_ratio = statistics.median(each.kubectl_apply / each.our_apply for each in rounds)
    plan_ratio = statistics.median(each.kubectl_diff / each.our_plan for each in rounds)
    print(where)
    for name in ("our_apply", "kubectl_apply", "our_plan", "kubectl_diff"):
        print(f"{name:14} " + " ".join(f"{getattr(each, name):6.2f}" for each in rounds) + " s")
    return apply_ratio, plan_ratio


if __name__ == "__main__":
    sys.exit(main())

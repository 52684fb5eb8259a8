"""A server with many pods, and a client that changes them, each in its own process: `python -m tests.kernel.crowd`.

Each line on the standard input is answered by one line. The process ends when its standard input ends.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.connect import connect
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.manifest import ref_of
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Self

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

NAMESPACES = 20
PHASES = ("Running", "Pending")
_ROOT = Path(__file__).parents[2]
_STEP = 7  # visits all pods, but not in order
_AT_ONCE = 16
_SLOW_S = 60
_PAD = "x" * 3000  # pods of real clusters have 6 KB


def namespace(number: int) -> Manifest:
    labels = {MANAGED_BY_LABEL: MANAGED_BY, TENANT_LABEL: f"crowd-{number}", TEAM_LABEL: f"unit-{number % 7}"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"crowd-{number}", "labels": labels}}


def pod(number: int) -> Manifest:
    wants = {"cpu": "100m", "memory": "64Mi"}
    container = {"name": "main", "image": "registry.example.ai/model:1", "resources": {"requests": wants}}
    metadata = {
        "name": f"model-{number // 8:04d}-7d9f5c8b6d-{number:05d}",
        "namespace": f"crowd-{number % NAMESPACES}",
        "annotations": {"example.ai/config": _PAD},
        "labels": {"app.kubernetes.io/name": f"model-{number // 8}"},
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def fill(cluster: Cluster, count: int) -> None:
    """Create pods, once their namespaces have a service account."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(cluster.create, map(namespace, range(NAMESPACES))))
        list(pool.map(lambda number: _wait_for_account(cluster, f"crowd-{number}"), range(NAMESPACES)))
        list(pool.map(cluster.create, map(pod, range(count))))


def _wait_for_account(cluster: Cluster, namespace: str) -> None:
    events = cluster.watch("ServiceAccount", namespace=namespace, name="default", timeout_s=_SLOW_S)
    assert next(iter(events), None) is not None, namespace


def change(cluster: Cluster, count: int, per_second: float, stop: threading.Event) -> float:
    """Change pods in turn until stopped, as kubelets do; return how many were changed per second."""
    start = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sent: list[Future[Manifest]] = []
        while not stop.wait(max(0.0, start + len(sent) / per_second - time.monotonic())):
            turn = len(sent)
            patch = [{"op": "replace", "path": "/status/phase", "value": PHASES[turn // count % 2]}]
            which = ref_of(pod(turn * _STEP % count))
            sent.append(pool.submit(cluster.patch_json, which, patch, subresource="status"))
    for each in sent:
        each.result()
    return len(sent) / (time.monotonic() - start)


def _serve(count: int) -> None:
    """Run a sandbox with many pods; answer each line with the number of open watches."""
    with Sandbox(runs_pods=False) as box, connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as cluster:
        fill(cluster, count)
        _print(str(box.kubeconfig))
        for _ in sys.stdin:
            _print(str(len(box._handlers._watches)))


def _change(kubeconfig: Path, context: str, count: int, per_second: float) -> None:
    """Change pods until the standard input ends, and print how many were changed per second."""
    stop = threading.Event()
    with connect(kubeconfig=kubeconfig, context=context) as cluster, ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change, cluster, count, per_second, stop)
        _print("changing")
        sys.stdin.read()
        stop.set()
        _print(f"{changing.result():.1f}")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class CrowdProcess:
    """A running process of this module."""

    def __init__(self, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kernel.crowd", *words],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.first = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self) -> str:
        """Send a line and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._read()

    def end(self) -> str:
        """End the process and return its last output; a second call returns nothing."""
        if self._process.poll() is not None:
            return ""
        last, _ = self._process.communicate(timeout=_SLOW_S)
        assert self._process.returncode == 0
        return last.strip()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the process has ended"
        return line


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kernel.crowd", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--count", type=int, required=True, help="number of pods")
    parser.add_argument(
        "--kubeconfig", type=Path, help="change pods on this cluster; default: create them on a new sandbox"
    )
    parser.add_argument("--context", help="context of the kubeconfig")
    parser.add_argument("--per-second", type=float, default=50.0, help="changes per second")
    arguments = parser.parse_args()
    if arguments.kubeconfig is None:
        _serve(arguments.count)
    else:
        _change(arguments.kubeconfig, arguments.context, arguments.count, arguments.per_second)


if __name__ == "__main__":
    main()

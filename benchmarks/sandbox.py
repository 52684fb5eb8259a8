"""The sandbox beside the real control plane: its first answer, its memory, and the pace of lists and applies.

Each sandbox is a process of its own, as the control plane is. `python benchmarks/sandbox.py`; exits with 1 if a figure
misses its target.
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tenantkit as tk
from benchmarks.figures import Figures
from tests.controlplane.controlplane import ControlPlane
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster

STARTS, FIRST_ANSWER_TARGET_S = 9, 0.3
OBJECTS, MEMORY_TARGET_MB = 10_000, 300
PODS, APPLIES, ROUNDS, PACE_TARGET = 5_000, 1_000, 3, 2
AT_ONCE = 8
START_S = 30
FIRST_ANSWER = """
import time
import tenantkit as tk, tenantkit.cluster.connection.connect, tenantkit.sandbox.server
start = time.perf_counter()
with tk.Sandbox() as box, tk.connect(kubeconfig=box.kubeconfig) as cluster:
    cluster.get("Namespace", "default")
    print(time.perf_counter() - start)
"""


@contextmanager
def sandbox_process() -> Iterator[tuple[Path, int]]:
    """A sandbox's kubeconfig and process id."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder, "kubeconfig")
        command = [sys.executable, "-m", "tenantkit", "sandbox", "--kubeconfig", str(kubeconfig)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: kubeconfig.exists() or process.poll() is not None, timeout_s=START_S, poll_s=0.01)
            if process.poll() is not None:
                raise RuntimeError("the sandbox did not start")
            yield kubeconfig, process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def first_answer_s() -> float:
    """Seconds from call to first answer, without imports: the median of fresh interpreters."""
    runs = [subprocess.run([sys.executable, "-c", FIRST_ANSWER], capture_output=True, text=True) for _ in range(STARTS)]  # noqa: PLW1510 (float() tells)
    return statistics.median(float(run.stdout) for run in runs)


def config_map(number: int, step: int) -> dict[str, Any]:
    """One of many small objects."""
    metadata = {"name": f"map-{number:05d}", "namespace": "default", "labels": {"step": str(step)}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": "value", "step": str(step)}}


def pod(number: int) -> dict[str, Any]:
    """A pod of a training job."""
    amounts = {"cpu": "500m", "memory": "1Gi"}
    container = {"name": "main", "image": "trainer:1.0", "resources": {"requests": amounts, "limits": amounts}}
    metadata = {"name": f"pod-{number:05d}", "namespace": "default", "labels": {"app": "trainer"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def many(act: Callable[[Any], object], items: list[dict[str, Any]]) -> float:
    """How long all calls take, with several in parallel."""
    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(act, items):
            pass
    return time.perf_counter() - start


def resident_mb(pid: int) -> float:
    """The resident memory of a process."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def memory_mb() -> float:
    """The memory of a sandbox with many objects."""
    with sandbox_process() as (kubeconfig, pid), tk.connect(kubeconfig=kubeconfig) as cluster:
        many(cluster.create, [config_map(number, 0) for number in range(OBJECTS)])
        return resident_mb(pid)


def pace(cluster: Cluster) -> tuple[float, float]:
    """Seconds of a list of many pods, and of many applies."""
    many(cluster.create, [pod(number) for number in range(PODS)])
    lists, applies = [], []
    for step in range(ROUNDS):
        start = time.perf_counter()
        assert len(cluster.list("Pod", namespace="default")) == PODS
        lists.append(time.perf_counter() - start)
        applies.append(many(cluster.apply, [config_map(number, step) for number in range(APPLIES)]))
    return statistics.median(lists), statistics.median(applies)


def main() -> int:
    """Print each figure beside its target; returns 1 if one misses it."""
    answer, memory = first_answer_s(), memory_mb()
    with sandbox_process() as (kubeconfig, _), tk.connect(kubeconfig=kubeconfig) as cluster:
        ours = pace(cluster)
    with ControlPlane() as plane, tk.connect(kubeconfig=plane.kubeconfig, context="controlplane-admin") as cluster:
        theirs = pace(cluster)
    figures = Figures()
    figures.show(f"call to first answer  {answer:9.3f} s", answer, at_most=FIRST_ANSWER_TARGET_S)
    figures.show(f"{OBJECTS} objects         {memory:9.0f} MB", memory, at_most=MEMORY_TARGET_MB)
    for what, mine, its in zip((f"list of {PODS} pods", f"{APPLIES} applies"), ours, theirs, strict=True):
        text = f"{what:22} {mine:8.2f} s, real {its:.2f} s: {mine / its:.2f} x"
        figures.show(text, mine / its, at_most=PACE_TARGET)
    return figures.exit_code


if __name__ == "__main__":
    sys.exit(main())

"""However a test run ends, its control plane and its files are removed.

Each test starts another pytest that holds a control plane for ever, and then ends it by a signal.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplane.components import NAMES, NODE_NAMES
from tests.controlplane.controlplane import ControlPlane, ControlPlaneError
from tests.controlplane.processes import processes_of
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see which processes are there"),
]

ROOT = Path(__file__).parents[2]
WITHIN_S = 30.0
# a shell that starts the tests in the background ignores SIGINT in them, and a child inherits that
A_RUN_THAT_HOLDS_ONE = """
import signal
import threading
from tests.controlplane.controlplane import ControlPlane

signal.signal(signal.SIGINT, signal.default_int_handler)

def test_holds_a_control_plane():
    with ControlPlane(nodes=True) as plane:
        print(plane.kubeconfig, flush=True)
        threading.Event().wait()
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A pytest that holds a control plane until it is killed."""
    file = tmp_path / "test_holds.py"
    file.write_text(A_RUN_THAT_HOLDS_ONE)
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


def kubeconfig_of(run: subprocess.Popen[str]) -> Path:
    assert run.stdout is not None
    for line in run.stdout:
        if line.strip().endswith("kubeconfig"):
            return Path(line.strip())
    raise AssertionError("the run ended before it had a control plane")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_no_control_plane(run: subprocess.Popen[str], how: signal.Signals) -> None:
    folder = kubeconfig_of(run).parent
    assert {*NAMES, *NODE_NAMES} <= set(processes_of(folder))
    run.send_signal(how)
    eventually(lambda: not processes_of(folder), timeout_s=WITHIN_S)
    eventually(lambda: not folder.exists(), timeout_s=WITHIN_S)


def test_only_its_owner_may_read_a_kubeconfig_and_it_is_removed_with_the_rest() -> None:
    with ControlPlane() as plane:
        assert plane.kubeconfig.stat().st_mode & 0o777 == 0o600
        folder = plane.kubeconfig.parent
    assert not folder.exists()
    assert processes_of(folder) == {}


def test_a_scheduler_and_kwok_start_only_on_request() -> None:
    with ControlPlane() as plane:
        assert not {*NODE_NAMES} & set(processes_of(plane.kubeconfig.parent))


def test_a_component_that_dies_is_reported_with_its_last_lines() -> None:
    plane = ControlPlane().__enter__()
    folder = plane.kubeconfig.parent
    os.kill(processes_of(folder)["etcd"], signal.SIGKILL)
    eventually(lambda: not folder.exists(), timeout_s=WITHIN_S)
    with pytest.raises(ControlPlaneError, match=r"etcd ended with exit code -9; its last lines:\n.+"):
        plane.close()
    assert processes_of(folder) == {}


def test_components_do_not_outlive_their_supervisor() -> None:
    plane = ControlPlane(nodes=True).__enter__()
    folder = plane.kubeconfig.parent
    os.kill(plane.supervisor_id, signal.SIGKILL)
    eventually(lambda: not processes_of(folder), timeout_s=WITHIN_S)
    with pytest.raises(ControlPlaneError):
        plane.close()
    shutil.rmtree(folder)  # the supervisor, which would do it, was killed

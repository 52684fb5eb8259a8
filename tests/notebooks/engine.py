"""Run notebooks with nbval, in a kernel of this environment that is connected to a cluster as the provisioner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbval.plugin import get_sanitize_patterns

from tenantkit.cluster.connection.connect import connect
from tenantkit.lab.kernel_kubeconfig import KernelKubeconfig
from tenantkit.sample.fill import fill_sample
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHANGES = "tests.notebooks.changes"  # the plugin, as pytest imports it
_SANITIZE = Path(__file__).with_name("sanitize.cfg")
_TIMEOUT_S = 110
_CELL_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one run of a notebook."""

    code: int
    printed: str
    changes: dict[str, Any]


def read_notebook(path: Path) -> Any:
    """The notebook as plain data."""
    return json.loads(path.read_text(encoding="utf-8"))


def sanitizing_patterns() -> dict[str, str]:
    """What nbval replaces in outputs before it compares them, with what it is replaced by."""
    return dict(get_sanitize_patterns(_SANITIZE.read_text()))


@contextmanager
def lab_environment(folder: Path, notebook: Path) -> Iterator[dict[str, str]]:
    """The environment of a kernel in `tenantkit lab`, with its own sandbox, and the sample if the notebook reads it."""
    with Sandbox() as box:
        if "tk.connect()" in notebook.read_text(encoding="utf-8"):  # others start a sandbox of their own
            with connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as cluster:
                fill_sample(cluster)
        yield kernel_environment(box.kubeconfig, "sandbox-provisioner", folder)


def kernel_environment(kubeconfig: Path, context: str | None, folder: Path) -> dict[str, str]:
    """The environment of a kernel that is connected to a cluster, without this user's settings."""
    folders = {
        name: str(folder / name.lower()) for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    python = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    access = KernelKubeconfig(kubeconfig, context, folder)
    return {"PATH": os.environ["PATH"], "KUBECONFIG": str(access.path), "PYTHONPATH": python, **folders}


def run_nbval(notebook: Path, environment: dict[str, str], folder: Path, *options: str) -> Run:
    """Run a notebook's cells with nbval, in a pytest without this suite's settings."""
    settings, results = folder / "pytest.ini", folder / "changes.json"
    settings.write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-c", str(settings), "--rootdir", str(folder), "-p", "no:cacheprovider"]
    command += ["--nbval-current-env", f"--nbval-cell-timeout={_CELL_TIMEOUT_S}", "--color=no"]
    command += [f"--nbval-sanitize-with={_SANITIZE}", *options, str(notebook)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment | {"NOTEBOOK_CHANGES": str(results)},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    changes = json.loads(results.read_text()) if results.is_file() else {}
    return Run(done.returncode, done.stdout + done.stderr, changes)

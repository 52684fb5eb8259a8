"""`tenantkit lab` as a process that never outlives the process that started it, in a folder that holds all it writes.

It is asked to end, as by Ctrl-C, since its kernels end with it; killed, by its process id, only if it does not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/lab\S*[?&]token=(\w+)")
_START_S = 60
_END_S = 20


class LabDied(Exception):
    """It ended, or gave no address in time; with all that it printed."""


class Lab:
    """A running lab with a sandbox of its own.

    Args:
        folder: empty; its settings, its notebooks and its temporary files go there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        _settle(folder / "config")
        self._lines: list[str] = []
        self._told = threading.Event()
        words = ("lab", "--no-browser", "--port", "0")
        self._process = subprocess.Popen(
            [*_dying_with_parent(), sys.executable, "-m", "tenantkit", *words, "--folder", str(self.notebooks)],
            cwd=folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="lab-output")
        self._reader.start()
        try:
            self._told.wait(_START_S)
            self.url, self.token = self._address()
        except BaseException:
            self.end()
            raise

    @property
    def kubeconfig(self) -> Path:
        """Of its sandbox, with a context for each persona."""
        (found,) = self.temporary.glob("tenantkit-sandbox-*/kubeconfig*")
        return found

    @property
    def printed(self) -> str:
        """All that it printed until now."""
        return "".join(self._lines)

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> int:
        """End it, and return its exit code once it is gone; again: the same."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join()
        return code

    def _environment(self) -> dict[str, str]:
        """Nothing of this user's settings, and nothing of a cluster that these might name."""
        own = {name: str(self.folder / name.lower()) for name in ("HOME", "IPYTHONDIR", "JUPYTER_DATA_DIR")}
        own |= {"JUPYTER_CONFIG_DIR": str(self.folder / "config"), "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime")}
        python = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        return {"PATH": os.environ["PATH"], "PYTHONPATH": python, "TMPDIR": str(self.temporary), **own}

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.append(line)
                if _ADDRESS.search(line):
                    self._told.set()
        self._told.set()  # it has ended: nothing more to wait for

    def _address(self) -> tuple[str, str]:
        found = _ADDRESS.search(self.printed)
        if found is None:
            raise LabDied(f"tenantkit lab gave no address within {_START_S} s:\n{self.printed}")
        return found[1], found[2]


def _settle(config: Path) -> None:
    """The user's own settings: a page that tells when its kernel is idle."""
    config.mkdir()
    settings = {"LabApp": {"expose_app_in_browser": True}}
    (config / "jupyter_lab_config.json").write_text(json.dumps(settings))


def _dying_with_parent() -> list[str]:
    """A killed pytest ends the lab, too, where the system can see to that."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []

"""`tenantkit lab` as a process that ends with the tests, and writes only into its own folder.

It ends as by Ctrl-C, so that its kernels end, too. It is killed only if it does not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import uuid
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from tests.eventually import eventually

# Jupyter Server logs these when a page closes while a message to it is on its way.
PAGE_CLOSED = {"tornado.websocket.WebSocketClosedError", "tornado.iostream.StreamClosedError: Stream is closed"}
KERNEL_ENDED = {"KeyboardInterrupt"}  # Jupyter interrupts a kernel before it ends it, perhaps while the kernel starts
ROOT = Path(__file__).parents[2]
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/lab\S*[?&]token=(\w+)")
_NOTEBOOK = {
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
_START_S = 100
_END_S = 100  # with many kernels on a busy machine
_CONNECT_S = 60


class LabDied(Exception):
    """The lab ended, or printed no address or did not end in time; the message holds its output."""


class Lab:
    """A running lab with its own sandbox.

    Args:
        folder: an empty folder for its settings, notebooks and temporary files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        _write_settings(folder / "config")
        self._lines: list[str] = []
        self._has_address = threading.Event()
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
            self._has_address.wait(_START_S)
            self.url, self.token = self._address()
            eventually(self._is_listening)  # Jupyter Server prints its address before it binds the port
        except BaseException:
            self.end()
            raise

    @property
    def kubeconfig(self) -> Path:
        """Of its sandbox, with a context for each user."""
        (path,) = self.temporary.glob("tenantkit-sandbox-*/kubeconfig*")
        return path

    @property
    def printed(self) -> str:
        """The output until now."""
        return "".join(self._lines)

    @property
    def pid(self) -> int:
        return self._process.pid

    def write_notebook(self, *sources: str) -> str:
        """Write a notebook with these code cells; return its name."""
        name = f"scratch-{uuid.uuid4().hex[:8]}.ipynb"
        cells: list[dict[str, object]] = [
            {
                "cell_type": "code",
                "source": source,
                "id": f"c{at}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for at, source in enumerate(sources)
        ]
        (self.notebooks / name).write_text(json.dumps({**_NOTEBOOK, "cells": cells}))
        return name

    def kernels(self) -> set[str]:
        """The identifiers of its kernels."""
        return set(self._kernel_states())

    def end_kernels(self, *, but: set[str]) -> None:
        """End all other kernels: unused ones take time and memory, and make the lab end late.

        A kernel that is told to end while it starts may end with a traceback of its own, so this waits for its start.
        """
        eventually(lambda: self._have_started(but), timeout_s=_CONNECT_S)
        for kernel in self.kernels() - but:
            address = f"{self.url}/api/kernels/{kernel}?token={self.token}"
            answer = urllib3.request("DELETE", address, timeout=_CONNECT_S)
            assert answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND), answer.data

    def _have_started(self, but: set[str]) -> bool:
        starting = {kernel for kernel, state in self._kernel_states().items() if state == "starting"} - but
        assert not starting, starting
        return True

    def _kernel_states(self) -> dict[str, str]:
        answer = urllib3.request("GET", f"{self.url}/api/kernels?token={self.token}", timeout=_CONNECT_S)
        return {it["id"]: it["execution_state"] for it in answer.json()}

    def end(self) -> int:
        """End the lab and return its exit code; a second call returns the same.

        Raises:
            LabDied: it did not end in time, and was killed.
        """
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise LabDied(f"tenantkit lab did not end within {_END_S} s:\n{self.printed}") from None
        finally:
            self._reader.join()

    def _is_listening(self) -> bool:
        place = urlsplit(self.url)
        try:
            with socket.create_connection((place.hostname, place.port), timeout=_CONNECT_S):
                return True
        except ConnectionRefusedError:
            return False

    def _environment(self) -> dict[str, str]:
        """An environment without this user's settings, which may name a cluster."""
        folders = {name: str(self.folder / name.lower()) for name in ("HOME", "IPYTHONDIR", "JUPYTER_DATA_DIR")}
        folders |= {
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
        }
        python = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        return {"PATH": os.environ["PATH"], "PYTHONPATH": python, "TMPDIR": str(self.temporary), **folders}

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.append(line)
                if _ADDRESS.search(line):
                    self._has_address.set()
        self._has_address.set()  # the lab has ended: there is nothing to wait for

    def _address(self) -> tuple[str, str]:
        address = _ADDRESS.search(self.printed)
        if address is None:
            raise LabDied(f"tenantkit lab printed no address within {_START_S} s:\n{self.printed}")
        return address[1], address[2]


def _write_settings(config: Path) -> None:
    """Write settings with which a page of JupyterLab or Notebook 7 exposes whether its kernel is idle."""
    config.mkdir()
    settings = {app: {"expose_app_in_browser": True} for app in ("LabApp", "JupyterNotebookApp")}
    (config / "jupyter_lab_config.json").write_text(json.dumps(settings))


def _dying_with_parent() -> list[str]:
    """The command that ends the lab when pytest is killed, if the system has it."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def exceptions_in(printed: str) -> set[str]:
    """The last line of each traceback: the exception and its message."""
    exceptions = set()
    for block in printed.split("Traceback (most recent call last):\n")[1:]:
        lines = [line for line in block.splitlines() if line.strip()]
        indent = len(lines[0]) - len(lines[0].lstrip()) - 2 if lines else 0
        last = next((line for line in lines if len(line) - len(line.lstrip()) <= indent), "(not complete)")
        exceptions.add(last.strip())
    return exceptions

"""One component of the control plane as a process that never outlives the process that started it.

It is killed and not terminated: its data is in a folder that is deleted too, so there is nothing to save, and on
SIGTERM kube-apiserver waits for its watches. Its output goes to a file; errors show its last lines.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PR_SET_PDEATHSIG = 1
_SHOWN_LOG_LINES = 20


class ComponentDied(Exception):
    """A component ended by itself; the message has its name, its exit code and its last lines."""


class Component:
    """A running process; errors call it by its `name`."""

    def __init__(self, command: Sequence[str | Path], *, log: Path) -> None:
        self.name = log.stem
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - nothing here has threads
            )

    def check_alive(self) -> None:
        """Raise if it has ended, since waiting for it would be in vain."""
        code = self._process.poll()
        if code is not None:
            raise ComponentDied(f"{self.name} ended with exit code {code}; its last lines:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines that it wrote."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_SHOWN_LOG_LINES:])

    def kill(self) -> None:
        """Kill it, and return once it has ended."""
        self._process.kill()
        self._process.wait()


def processes_of(folder: Path) -> dict[str, int]:
    """The running programs that lie in that folder or were started with it: process ids by name."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_text(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended in the meantime
        if any(str(folder) in word for word in words):
            found[Path(words[0]).name] = int(place.name)
    return found


def _die_with_parent() -> Callable[[], object] | None:
    """What the child process runs before the command; safe because the supervisor has a single thread."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

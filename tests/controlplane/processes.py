"""One component of the control plane as a process that never outlives the process that started it.

It is killed, not asked: its data lies in a folder that goes with it, so there is nothing to save, and kube-apiserver
asked politely waits for its watches. Its output goes to a file, whose end is what an error shows.
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
    """A component ended by itself: which, how, and the last lines that it wrote."""


class Component:
    """A running process; `name` is what errors call it."""

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
        """Raise when it has ended: whoever waits for it would wait in vain."""
        code = self._process.poll()
        if code is not None:
            raise ComponentDied(f"{self.name} ended with exit code {code}; its last lines:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines that it wrote."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_SHOWN_LOG_LINES:])

    def kill(self) -> None:
        """End it, and return once it is gone."""
        self._process.kill()
        self._process.wait()


def processes_of(folder: Path) -> dict[str, int]:
    """The running programs that were started with that folder: process id by name."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            program, *words = (place / "cmdline").read_text(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if any(str(folder) in word for word in words):
            found[Path(program).name] = int(place.name)
    return found


def _die_with_parent() -> Callable[[], object] | None:
    """What the child does before it becomes the command; safe here because the supervisor has one thread only."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

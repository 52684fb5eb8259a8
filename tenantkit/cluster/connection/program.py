"""Run a program, show what it says while it runs, and return what it answers.

Its stderr is read here and written to `sys.stderr` by the thread that waits, so that a notebook shows it in the cell;
on a terminal the program has the terminal itself. A grandchild that keeps the pipes open (a browser) is not waited for.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OUTPUT_LIMIT = 1 << 20
_GRACE_S = 0.5  # what a program wrote last is in the pipe when it has ended
_TICK_S = 0.1
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended by itself."""

    code: int
    output: bytes = field(repr=False)


def run_program(
    command: Sequence[str], environment: Mapping[str, str], *, uses_stdin: bool, timeout_s: float
) -> Ended | str:
    """Run a program to its end.

    Args:
        command: its path and arguments.
        environment: its variables.
        uses_stdin: whether it reads our standard input; else it has none.
        timeout_s: seconds.

    Returns:
        What it answered, or how it failed, in words that quote nothing of it.
    """
    own = sys.__stderr__
    has_terminal = own is not None and sys.stderr is own and own.isatty()
    try:
        process = subprocess.Popen(  # noqa: S603 (the user's kubeconfig names it)
            [_encoded(part) for part in command],
            env={name: _encoded(value) for name, value in environment.items()},
            stdin=None if uses_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if has_terminal else subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        return f"can't be run: {getattr(error, 'strerror', None) or 'its arguments or variables are not valid'}"
    try:
        return _Reader(process).read(time.monotonic() + timeout_s) or f"did not end within {timeout_s:.0f} s"
    finally:
        if process.poll() is None:  # also after Ctrl-C
            process.kill()
            process.wait()


def _encoded(text: str) -> str | bytes:
    """UTF-8, whatever the locale says, where the system takes bytes."""
    return text.encode("utf-8", "surrogateescape") if os.name == "posix" else text


class _Reader:
    """The pipes of a program."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._pieces: queue.SimpleQueue[tuple[IO[bytes], bytes]] = queue.SimpleQueue()
        self._open = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
        self._output = bytearray()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for pipe in self._open:
            threading.Thread(target=self._forward, args=(pipe,), daemon=True, name="tenantkit-plug-in").start()

    def _forward(self, pipe: IO[bytes]) -> None:
        with pipe:
            while piece := os.read(pipe.fileno(), _CHUNK_BYTES):
                self._pieces.put((pipe, piece))
        self._pieces.put((pipe, b""))

    def read(self, deadline: float) -> Ended | str | None:
        """What it answered; None if it is still running at the deadline."""
        patience = deadline
        while self._open and time.monotonic() < patience:
            with contextlib.suppress(queue.Empty):
                self._take(*self._pieces.get(timeout=_TICK_S))
            if len(self._output) > OUTPUT_LIMIT:
                return f"wrote more than {OUTPUT_LIMIT >> 20} MiB"
            if patience == deadline and self._process.poll() is not None:
                patience = min(deadline, time.monotonic() + _GRACE_S)
        try:
            code = self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None
        return Ended(code, bytes(self._output))

    def _take(self, pipe: IO[bytes], piece: bytes) -> None:
        if not piece:
            self._open.remove(pipe)
        if pipe is self._process.stdout:
            self._output += piece
        else:
            _show(self._decoder.decode(piece, not piece))


def _show(text: str) -> None:
    if text and sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # closed: there is nobody to show it to
            sys.stderr.write(text)
            sys.stderr.flush()

"""A real kernel, as a notebook has it: runs cells one after the other, and returns what they print."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

_ROOT = Path(__file__).parents[2]
_SLOW_S = 100


class CellFailed(Exception):
    """A cell raised an exception; the message is its traceback."""


class Kernel:
    """A kernel process that ends with the context manager.

    It listens on sockets in a folder of its own: another process may take a port between its choice and its use.
    """

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="kernel-")
        self._manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{self._folder.name}/socket")
        self._manager.start_kernel(cwd=str(_ROOT), env={**os.environ, "PYTHONPATH": str(_ROOT)})
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=_SLOW_S)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        provisioner: Any = self._manager.provisioner
        return int(provisioner.pid)

    def run(self, source: str, *, cell: str = "", shown: Callable[[str], object] = str) -> str:
        """Run a cell, and return what it printed or the text of its value.

        Args:
            source: the cell.
            cell: its identifier in a notebook.
            shown: called with each piece that it prints, at once.
        """
        content = {"code": source, "silent": False, "store_history": False, "allow_stdin": False}
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self._client.shell_channel.send(message)
        return self._read(message["header"]["msg_id"], shown)

    def response_time_s(self, source: str = "1 + 1") -> float:
        """The seconds between sending a cell and receiving its value."""
        start = time.perf_counter()
        self.run(source)
        return time.perf_counter() - start

    def _read(self, number: str, shown: Callable[[str], object]) -> str:
        printed = ""
        while True:
            message = self._client.get_iopub_msg(timeout=_SLOW_S)
            if message["parent_header"].get("msg_id") != number:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                raise CellFailed("\n".join(content["traceback"]))
            if kind == "stream":
                printed += content["text"]
                shown(content["text"])
            if kind in ("execute_result", "display_data"):
                printed += content["data"]["text/plain"]
            if kind == "status" and content["execution_state"] == "idle":
                self._client.get_shell_msg(timeout=_SLOW_S)
                return printed.strip()

    def _end(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        self._folder.cleanup()

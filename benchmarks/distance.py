"""A TCP relay that adds the delay of a network, so that a local server is as far away as a real cluster.

Clients and servers on one loopback have no network between them. The kernel's own delay (netem) would be simpler, but
not every machine has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def relay(port: int, *, one_way_ms: float) -> Iterator[int]:
    """A loopback port that forwards to another one and back, with a delay of `one_way_ms` milliseconds each way.

    It runs in a process of its own, so that it costs neither side's interpreter anything.
    """
    command = [sys.executable, __file__, str(port), str(one_way_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


class _Way(asyncio.Protocol):
    """One end of a connection: received data leaves at the other end, in order, after the delay."""

    def __init__(self, delay_s: float, port: int | None) -> None:
        self.delay_s, self.port = delay_s, port
        self.other: asyncio.Transport | None = None
        self.waiting: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.port is not None:
            self.task = asyncio.get_running_loop().create_task(self._connect(self.port))

    async def _connect(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        transport, back = await loop.create_connection(lambda: _Way(self.delay_s, None), "127.0.0.1", port)
        back.other, self.other = self.transport, transport
        while self.waiting:
            transport.write(self.waiting.popleft())

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self.delay_s, self._pass_on, data)

    def _pass_on(self, data: bytes) -> None:
        if self.other is None:
            self.waiting.append(data)
        else:
            self.other.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        if self.other is not None:
            asyncio.get_running_loop().call_later(self.delay_s, self.other.close)


async def _serve(port: int, one_way_ms: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Way(one_way_ms / 1000, port), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))

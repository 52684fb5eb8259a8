"""The open connections of the sandbox, until their sockets are closed, and the limits of the headers on them.

aiohttp forgets a connection once it has started to close it, but TLS then waits for the client without a time limit. A
server in a thread of the user's process must close all its sockets when it stops. aiohttp also waits without limit for
the headers of a request, and limits neither their total size nor their number as Go does.

Source: net/http of Go 1.26 (DefaultMaxHeaderBytes); apiserver's pkg/server/secure_serving.go, 1.37 (ReadHeaderTimeout).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

HEADERS_WITHIN_S = 32.0
HEADER_LIMIT_BYTES = 1024 * 1024
_BUFFER_BYTES = 256 * 1024  # what may arrive with the headers
_HEADERS_END = b"\r\n\r\n"
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Connection: close\r\n\r\n431 Request Header Fields Too Large"
)
_CLOSE_S = 1.0  # a few iterations of the event loop are enough; this limits the wait


class Connections:
    """The open connections of one server.

    Args:
        serve: returns the protocol that serves a new client.
    """

    def __init__(self, serve: Callable[[], asyncio.Protocol]) -> None:
        self._serve = serve
        self._sockets: dict[asyncio.Transport, socket.socket] = {}
        self._headers: dict[asyncio.Transport, _Headers] = {}
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    def new(self) -> asyncio.Protocol:
        """The protocol of a new client, for `asyncio`."""
        return _Connection(self._serve(), self)

    def opened(self, transport: asyncio.Transport) -> None:
        """A client has finished its handshake."""
        self._sockets[transport] = transport.get_extra_info("socket")  # not available once it is closing
        self._headers[transport] = _Headers(transport)
        self._all_closed.clear()

    def closed(self, transport: asyncio.Transport) -> None:
        """A client's socket is closed."""
        del self._sockets[transport]
        self._headers.pop(transport).stop()
        if not self._sockets:
            self._all_closed.set()

    def received(self, transport: asyncio.Transport, data: bytes) -> bool:
        """A client has sent data; False if the connection is closed because of it."""
        return self._headers[transport].received(data)

    def answered(self, transport: asyncio.BaseTransport | None) -> None:
        """A request on that connection has been answered; what comes next are headers."""
        headers = self._headers.get(cast("asyncio.Transport", transport))
        if headers is not None:
            headers.expect()

    async def abort(self) -> None:
        """Abort all connections, and return once their sockets are closed."""
        for transport, sock in list(self._sockets.items()):
            transport.abort()
            # `abort` has no effect on a TLS transport that was closed twice, so close its socket.
            with suppress(OSError):  # already closed by the client
                sock.shutdown(socket.SHUT_RDWR)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._all_closed.wait()


class _Headers:
    """The headers that one client is sending: their size and their time are limited."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._deadline: asyncio.TimerHandle | None = None
        self.expect()
        self._start()  # also for a client that sends nothing at all

    def expect(self) -> None:
        """Count what comes next as headers."""
        self.stop()
        self._is_expected, self._size, self._tail = True, 0, b""

    def received(self, data: bytes) -> bool:
        """Count data; False if there is too much of it, and the connection is closed."""
        if not self._is_expected:
            return True
        if self._deadline is None:
            self._start()
        if _HEADERS_END in self._tail + data:
            self._is_expected = False
            self.stop()
        self._size += len(data)
        self._tail = data[1 - len(_HEADERS_END) :]
        if self._size <= HEADER_LIMIT_BYTES + _BUFFER_BYTES:
            return True
        self.stop()
        self._transport.write(_TOO_LARGE)
        self._transport.close()
        return False

    def stop(self) -> None:
        """Stop the clock."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _start(self) -> None:
        self._deadline = asyncio.get_running_loop().call_later(HEADERS_WITHIN_S, self._transport.abort)


class _Connection(asyncio.Protocol):
    """A protocol that reports when its socket opens and closes."""

    def __init__(self, inner: asyncio.Protocol, connections: Connections) -> None:
        self._inner, self._connections = inner, connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.opened(self._transport)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)
        self._connections.closed(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._connections.received(self._transport, data):
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

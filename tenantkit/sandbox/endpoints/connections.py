"""The open connections of the sandbox, until their sockets are closed.

aiohttp forgets a connection once it has started to close it, but TLS then waits for the client without a time limit. A
server in a thread of the user's process must close all its sockets when it stops.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_CLOSE_S = 1.0  # a few iterations of the event loop are enough; this limits the wait


class Connections:
    """The open connections of one server.

    Args:
        serve: returns the protocol that serves a new client.
    """

    def __init__(self, serve: Callable[[], asyncio.Protocol]) -> None:
        self._serve = serve
        self._sockets: dict[asyncio.Transport, socket.socket] = {}
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    def new(self) -> asyncio.Protocol:
        """The protocol of a new client, for `asyncio`."""
        return _Connection(self._serve(), self)

    def opened(self, transport: asyncio.Transport) -> None:
        """A client has finished its handshake."""
        self._sockets[transport] = transport.get_extra_info("socket")  # not available once it is closing
        self._all_closed.clear()

    def closed(self, transport: asyncio.Transport) -> None:
        """A client's socket is closed."""
        del self._sockets[transport]
        if not self._sockets:
            self._all_closed.set()

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
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

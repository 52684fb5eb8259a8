"""Who is connected to the sandbox, until each has let go of its socket.

aiohttp forgets a connection once it has asked for its end; TLS then waits for the client's goodbye, for as long as the
client likes. A server in a thread of somebody's process must be gone when it says so, with every socket.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_LET_GO_S = 1.0  # A few turns of the loop do; this ends the waiting should one socket never close.


class Connections:
    """The open connections of one server.

    Args:
        serve: makes the protocol that talks to a new client.
    """

    def __init__(self, serve: Callable[[], asyncio.Protocol]) -> None:
        self._serve = serve
        self._sockets: dict[asyncio.Transport, socket.socket] = {}
        self._none_left = asyncio.Event()
        self._none_left.set()

    def new(self) -> asyncio.Protocol:
        """The protocol of a client that has just connected; what `asyncio` asks for."""
        return _Connection(self._serve(), self)

    def opened(self, transport: asyncio.Transport) -> None:
        """A client is through its handshake."""
        self._sockets[transport] = transport.get_extra_info("socket")  # once it is closing, it no longer tells
        self._none_left.clear()

    def closed(self, transport: asyncio.Transport) -> None:
        """A client's socket is closed."""
        del self._sockets[transport]
        if not self._sockets:
            self._none_left.set()

    async def abort(self) -> None:
        """Cut everybody off, and return once the sockets are closed."""
        for transport, its_socket in list(self._sockets.items()):
            transport.abort()
            # A TLS transport that was closed twice no longer hears `abort`: its socket does.
            with suppress(OSError):  # the client was quicker
                its_socket.shutdown(socket.SHUT_RDWR)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LET_GO_S):
                await self._none_left.wait()


class _Connection(asyncio.Protocol):
    """A protocol, and known as open for as long as it has its socket."""

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

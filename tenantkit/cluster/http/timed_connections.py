"""Connections whose answers have a total time and a total size.

A socket's own timeout is for each piece, so that a head or a body of one byte a second never ends, and a header, a
chunk or a line may be endless. So each read is checked against one deadline and one budget of bytes. Rejected
alternative: a thread that closes the socket in time, which costs more than a small request.
"""

from __future__ import annotations

import http.client
import io
import math
import time
from typing import TYPE_CHECKING, Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    import socket

    from urllib3 import BaseHTTPResponse

_Manager = TypeVar("_Manager", bound=urllib3.PoolManager)

_TRANSFER_BYTES = 1 << 20  # of heads and chunk sizes, beside the content


class TooLargeError(OSError):
    """More bytes arrived than allowed."""


class Allowance:
    """The time and the bytes that an answer has left.

    Args:
        sock: the connection's socket.
        seconds: until its end.
    """

    def __init__(self, sock: socket.socket, seconds: float | None) -> None:
        self.sock = sock
        self._silence_s = math.inf if seconds is None else seconds
        self._deadline = time.monotonic() + self._silence_s
        self._bytes = self._limit = _TRANSFER_BYTES

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._deadline

    def within(self, seconds: float) -> None:
        """The rest of the answer must come within that time."""
        self._deadline, self._silence_s = time.monotonic() + seconds, math.inf

    def silence(self, seconds: float) -> None:
        """The rest of the answer has no deadline, and each pause in it may be that long."""
        self._deadline, self._silence_s = math.inf, seconds

    def allow(self, content_bytes: int) -> None:
        """From now on, so many bytes may come."""
        self._limit = content_bytes
        self._bytes = content_bytes + _TRANSFER_BYTES

    def before_read(self) -> None:
        """Set the socket's timeout for the next piece."""
        left = min(self._silence_s, self._deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError("the answer did not arrive in time")
        self.sock.settimeout(None if left == math.inf else left)

    def after_read(self, count: int) -> None:
        """Count the bytes of a piece."""
        self._bytes -= count
        if self._bytes < 0:
            raise TooLargeError(f"{self._limit >> 20} MiB")


def allowance_of(response: BaseHTTPResponse) -> Allowance | None:
    """The allowance of a response whose content is still to come."""
    found = getattr(getattr(response, "connection", None), "allowance", None)
    return found if isinstance(found, Allowance) else None


def use_timed_connections(manager: _Manager) -> _Manager:
    """The manager, which opens connections of this module from now on."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


class _Reader(io.RawIOBase):
    """The bytes of a socket, within an allowance."""

    def __init__(self, raw: io.RawIOBase, allowance: Allowance) -> None:
        self._raw, self._allowance = raw, allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._allowance.before_read()
        count: int | None = self._raw.readinto(buffer)
        self._allowance.after_read(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, allowance: Allowance, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock.makefile("rb", buffering=0), allowance))


class _Timed:
    """A connection of which each answer has its own allowance."""

    allowance: Allowance | None = None

    if TYPE_CHECKING:
        timeout: float | None

    def response_class(self, sock: socket.socket, *_: object, **options: Any) -> _Response:
        self.allowance = Allowance(sock, self.timeout)
        return _Response(sock, self.allowance, **options)


class _Connection(_Timed, HTTPConnection):  # type: ignore[misc]  # a factory where the base has a class
    pass


class _TlsConnection(_Timed, HTTPSConnection):  # type: ignore[misc]  # likewise
    def connect(self) -> None:
        super().connect()
        # urllib3 would warn at each request; `urllib3_transport` says once that the certificate is not verified.
        self.is_verified = True


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection

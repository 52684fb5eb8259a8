"""The transport protocol: a request to an API server, and its answer. Code above it is tested without a network.

A request is answered or raises TransportError with a reason. urllib3 and its exceptions stay in `urllib3_transport`.
Rejected alternative: to replace urllib3 itself in tests, where each test would have to know its exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

from tenantkit.exceptions import Portable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ConnectionFailure = Literal[
    "certificate",  # the server's certificate is not trusted
    "client certificate",  # the server does not accept the client's
    "not tls",  # the server does not speak TLS
    "dns",
    "refused",
    "unreachable",
    "connect timeout",
    "timeout",  # connected, and then no answer in time
    "reset",  # connected, and then closed
    "proxy",
    "busy",  # every connection of the pool was in use
    "garbled",
    "too large",
]
TOO_LARGE: Final = "too large"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The server's address, and the settings of its connections.

    Args:
        server: `https://host:port`, with a path behind a gateway; without a slash at the end.
        authority: trusted authorities, PEM. None: those that this machine trusts.
        certificate: client certificate, PEM. Its content, so that a renewed file makes another endpoint.
        key: its key, PEM.
        verify: False only if the kubeconfig sets `insecure-skip-tls-verify`.
        tls_server_name: the name that the certificate must have, if it is not the host's.
        proxy: `http://host:port`. It may hold a password, so it is in no repr.
        may_compress: False if the kubeconfig sets `disable-compression`.
    """

    server: str
    authority: bytes | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    verify: bool = True
    tls_server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)
    may_compress: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `headers` carry the credentials and are in no repr."""

    method: str
    path: str
    timeout_s: float
    body: bytes | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray = field(repr=False)


class Stream(Protocol):
    """An answer that is read while it arrives: a watch."""

    status: int
    headers: Mapping[str, str]

    def lines(self) -> Iterator[bytes]:
        """Each line when it is whole; ends with the stream.

        Raises:
            TransportError: it was cut off, or was silent for longer than the request's timeout.
        """

    def read(self) -> bytes | bytearray:
        """All that is left: for an error's body."""

    def shut(self) -> None:
        """Let a blocked `lines` in another thread end now."""

    def close(self) -> None:
        """Give the connection up."""


class Transport(Protocol):
    """Sends requests, from any number of threads."""

    def send(self, request: Request) -> Answer:
        """The whole answer.

        Raises:
            TransportError: there was none.
        """

    def stream(self, request: Request) -> Stream:
        """The answer's head at once, its body as it comes.

        Raises:
            TransportError: there was none.
        """

    def configure(self, endpoint: Endpoint) -> None:
        """Use other certificates from now on."""

    def close(self) -> None:
        """End all connections; may be called twice."""


class TransportError(Portable):
    """The server gave no answer; `reason` says how it failed, `detail` is the failing layer's message."""

    def __init__(self, reason: ConnectionFailure, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: ConnectionFailure = reason
        self.detail = detail


class UnfinishedLine(TransportError):
    """A stream ended as it should, but within a line; `rest` is what there is of it."""

    def __init__(self, reason: ConnectionFailure, detail: str = "", rest: bytes = b"") -> None:
        super().__init__(reason, detail)
        self.rest = rest

"""The seam: bytes to an API server and bytes back. What is above it needs no network to be tested.

A request is answered, or there is `TransportError` with the kind of trouble; urllib3 and its exceptions stay in
`urllib3_transport`. Turned down: a seam at urllib3 itself, where each test would have to know its exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ConnectionFailure = Literal[
    "certificate",  # the server's certificate is not to be trusted
    "client certificate",  # the server does not want ours
    "not tls",  # what answers speaks no TLS
    "dns",
    "refused",
    "unreachable",
    "connect timeout",
    "timeout",  # connected, and then no answer in time
    "reset",  # connected, and then cut off
    "proxy",
    "busy",  # every connection of the pool was in use
    "garbled",
]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server is, and what its connections need.

    Args:
        server: `https://host:port`, with a path where a gateway has one; without a slash at the end.
        ca_file: whom to trust; None: whom this machine trusts.
        cert_file: client certificate, PEM.
        key_file: its key, PEM.
        verify: False only where the kubeconfig says `insecure-skip-tls-verify`.
        tls_server_name: the name that the certificate must have, where it isn't the host's.
        proxy: `http://host:port`, perhaps with a password: in no repr.
    """

    server: str
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    tls_server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `headers` carry the credentials and are in no repr."""

    method: str
    path: str
    timeout_s: float
    body: bytes | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray = field(repr=False)


class Stream(Protocol):
    """An answer that is read while it comes: a watch."""

    status: int
    headers: Mapping[str, str]

    def lines(self) -> Iterator[bytes]:
        """Each line when it is whole; ends with the stream.

        Raises:
            TransportError: it was cut off, or was silent for longer than the request's timeout.
        """

    def read(self) -> bytes:
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


class TransportError(Exception):
    """The server gave no answer; `trouble` says how it failed, `detail` in the failing layer's words."""

    def __init__(self, trouble: ConnectionFailure, detail: str = "") -> None:
        super().__init__(f"{trouble}: {detail}" if detail else trouble)
        self.trouble: ConnectionFailure = trouble
        self.detail = detail

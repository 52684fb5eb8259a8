"""A place for one kubeconfig: API servers with and without TLS, and a proxy, that record what arrives."""

from __future__ import annotations

import base64
import contextlib
import json
import select
import socket
import ssl
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.unit.cluster.server import Authority, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.cluster.server import Handler, Server

COMPARED = ("authorization", "impersonate-", "proxy-authorization")  # beginnings of header names


@dataclass(frozen=True)
class Arrived:
    """What a request was, as far as kubectl and tenantkit must agree."""

    scheme: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    server_name: str | None = None
    client: str | None = None  # the common name of the client's certificate


@dataclass
class Stage:
    """The servers, and the values that kubeconfigs refer to as `@name@`."""

    folder: Path
    authority: Authority
    secure: Server
    plain: Server
    proxy: Server
    arrived: list[Arrived] = field(default_factory=list)

    @cached_property
    def values(self) -> dict[str, str]:
        certificate, key = self.authority.client("dana")
        ports = {"@port@": self.secure, "@plainport@": self.plain, "@proxyport@": self.proxy}
        return {
            "@https@": self.secure.url,
            "@http@": self.plain.url,
            "@proxy@": self.proxy.url,
            **{name: str(server.server_address[1]) for name, server in ports.items()},
            "@ca@": encoded(self.authority.ca.cert_pem.bytes()),
            "@cert@": encoded(_read(certificate)),
            "@key@": encoded(_read(key)),
            "@certtext@": json.dumps(_read(certificate).decode()),
            "@keytext@": json.dumps(_read(key).decode()),
            "@folder@": str(self.folder),
            "@python@": sys.executable,
        }

    def filled(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(name, value)
        return text

    def taken(self) -> list[Arrived]:
        """What arrived since the last call."""
        found, self.arrived[:] = list(self.arrived), []
        return found


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A stage whose servers listen inside the context."""
    authority = Authority(folder)
    tls = authority.server("127.0.0.1", "localhost", "api.test")
    tls.verify_mode = ssl.CERT_OPTIONAL
    authority.ca.configure_trust(tls)
    tls.sni_callback = _keep_server_name
    arrived: list[Arrived] = []

    def answer(handler: Handler) -> None:
        arrived.append(_arrived(handler))
        handler.send({"gitVersion": "v1.37.2"})

    def tunnel(handler: Handler) -> None:
        arrived.append(_arrived(handler))
        _tunnel(handler)

    with serving(answer, tls) as secure, serving(answer) as plain, serving(tunnel) as proxy:
        yield Stage(folder, authority, secure, plain, proxy, arrived)


def _keep_server_name(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    connection.seen_server_name = name  # type: ignore[attr-defined]


def _arrived(handler: Handler) -> Arrived:
    secure = isinstance(handler.connection, ssl.SSLSocket)
    headers = sorted(
        (name.lower(), value) for name, value in handler.headers.items() if name.lower().startswith(COMPARED)
    )
    return Arrived(
        "https" if secure else "http",
        handler.command,
        handler.path,
        tuple(headers),
        (getattr(handler.connection, "seen_server_name", None) or "").lower() or None,
        _common_name(handler.connection) if secure else None,
    )


def _common_name(connection: ssl.SSLSocket) -> str | None:
    subject: Any = (connection.getpeercert() or {}).get("subject", ())
    return next((value for pairs in subject for name, value in pairs if name == "commonName"), None)


def _tunnel(handler: Handler) -> None:
    """Answer CONNECT to any host with this machine, and copy bytes in both directions until one side ends."""
    port = handler.path.rpartition(":")[2]
    handler.close_connection = True
    with socket.create_connection(("127.0.0.1", int(port))) as upstream:
        handler.send_response(200)
        handler.end_headers()
        other = {handler.connection: upstream, upstream: handler.connection}
        with contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select(list(other), [], [], 10)
                pieces = [(other[source], source.recv(1 << 16)) for source in ready]
                if not pieces or not all(content for _, content in pieces):
                    return
                for target, content in pieces:
                    target.sendall(content)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 (a path of the authority's, as text)
        return file.read()

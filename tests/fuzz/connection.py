"""A connection that sends any bytes: clients' libraries refuse or correct most of what the fuzzer is for."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import orjson

from tests.contract.tokens import tokens_of
from tests.fuzz.request import Request, packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.contract.engines import Engine

http.client._MAXHEADERS = 1000  # type: ignore[attr-defined]  # an answer may have hundreds of warnings
_TIMEOUT_S = 30.0
_AGENT = b"fuzz/1"
CLOSED = 0  # the status of an answer that was none: the server closed the connection


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, its body, and the seconds until both were read; status 0 means that there was none."""

    status: int
    body: bytes = b""
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, object]:
        """The body as a JSON object; empty if it is not one."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def message(self) -> str:
        """What the server says about it."""
        return str(self.json().get("message", "")) or self.body[:200].decode(errors="replace")


class Connection:
    """A connection to one server, opened again whenever the server closes it."""

    def __init__(self, server: str, ca: str, tokens: Mapping[str, str]) -> None:
        self._host, self._port = urlsplit(server).hostname or "", urlsplit(server).port or 443
        self._tls = ssl.create_default_context(cadata=ca)
        self._tokens = tokens
        self._socket: ssl.SSLSocket | None = None

    @classmethod
    def to(cls, engine: Engine, users: Iterable[str]) -> Self:
        """A connection with the tokens of users of an engine that the tests started."""
        return cls(*tokens_of(engine, users))

    def token(self, user: str) -> str:
        """The token of a user."""
        return self._tokens[user]

    def ask(self, method: str, target: str, body: object = None, content_type: str = "application/json") -> Answer:
        """The answer to an ordinary request of the admin."""
        headers = (("Content-Type", content_type.encode()),) if body is not None else ()
        return self.send(
            Request(0, method, target, headers=headers, body=orjson.dumps(body) if body is not None else None)
        )

    def send(self, request: Request) -> Answer:
        """The answer to a request; the body of an endless answer is not read."""
        data = self._wire_form(request)
        began = time.monotonic()
        for is_last in (False, True):
            is_fresh = self._socket is None
            try:
                status, body = self._exchange(data, request)
            except (ConnectionError, TimeoutError, ssl.SSLEOFError, HTTPException):
                self.close()
                if is_last or is_fresh:  # else the server had closed it after the previous answer
                    break
                continue
            return Answer(status, body, time.monotonic() - began)
        return Answer(CLOSED, b"", time.monotonic() - began)

    def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, data: bytes, request: Request) -> tuple[int, bytes]:
        if self._socket is None:
            plain = socket.create_connection((self._host, self._port), timeout=_TIMEOUT_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = self._tls.wrap_socket(plain, server_hostname=self._host)
        try:
            self._socket.sendall(data)
        except (ConnectionError, ssl.SSLEOFError):
            if not request.body:  # a server may answer before it has read a large body, and close
                raise
        answer = HTTPResponse(self._socket, method=request.method)
        answer.begin()
        if request.is_watch and answer.status == 200:
            self.close()
            return answer.status, b""
        body = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, body

    def _wire_form(self, request: Request) -> bytes:
        lines = [f"{request.method} {request.target} HTTP/1.1".encode("utf-8", "surrogateescape")]
        sent = {name.lower() for name, _ in request.headers}
        defaults = {"Host": f"{self._host}:{self._port}".encode(), "User-Agent": _AGENT, "Accept": b"application/json"}
        if request.user:
            defaults["Authorization"] = f"Bearer {self._tokens[request.user]}".encode()
        lines += [name.encode() + b": " + value for name, value in defaults.items() if name.lower() not in sent]
        lines += [name.encode() + b": " + value for name, value in request.headers]
        body = packed(request.body, request.packing) if request.body is not None else b""
        if request.body is not None or request.method in {"POST", "PUT", "PATCH"}:
            lines.append(b"Content-Length: " + str(len(body)).encode())
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

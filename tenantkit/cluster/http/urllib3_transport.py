"""The transport over urllib3, the official client's HTTP library. 16 threads on it are as fast as an asynchronous one.

Redirects are not followed: nothing but the API server is ever contacted. urllib3's retries are off, since they do not
know which requests are safe to repeat (see `retries`). Watches have their own pool, so that they cannot block calls.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import sys
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3 import HTTPHeaderDict
from urllib3.util import Timeout

from tenantkit import __version__
from tenantkit.cluster.http.redaction import without_secrets
from tenantkit.cluster.http.tls import tls_context
from tenantkit.cluster.http.transport import Answer, TransportError
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3 import BaseHTTPResponse

    from tenantkit.cluster.http.transport import ConnectionFailure, Endpoint, Request, Stream

CONNECT_TIMEOUT_S = 5.0  # a far server connects in under a second; a host that drops packets would take minutes
HEAD_TIMEOUT_S = 15.0  # a watch's head arrives at once: no head means a dead connection, not an idle cluster
CONNECTIONS = 32  # more than 16 at once gain nothing; the rest is for a form beside an apply
_CHUNK_BYTES = 1 << 18
_LOOPBACK = ("127.", "localhost", "[::1]")


class Urllib3Transport:
    """Sends requests to one server; thread-safe.

    Args:
        endpoint: the server, and the settings of its TLS.

    Raises:
        ConnectionConfigError: a certificate or key can't be read, or the proxy has an unknown scheme.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._calls = _pool(endpoint, block=True)
        self._streams = _pool(endpoint, block=False)

    def send(self, request: Request) -> Answer:
        """The whole answer, within the request's timeout after connecting."""
        deadline = time.monotonic() + CONNECT_TIMEOUT_S + request.timeout_s
        response = self._open(self._calls, request)
        try:
            body = _whole(response, deadline)
        except _FAILURES as error:
            response.close()
            raise _transport_error(error) from _cause(error)
        except BaseException:
            response.close()  # Ctrl-C: a half-read connection must not be reused
            raise
        finally:
            response.release_conn()
        return Answer(response.status, _headers(response), body)

    def stream(self, request: Request) -> Stream:
        """The answer as it arrives; the timeout is for each silence in it, and the head has its own timeout."""
        lines = _Lines(self._open(self._streams, replace(request, timeout_s=min(HEAD_TIMEOUT_S, request.timeout_s))))
        lines.wait_for(request.timeout_s)
        return lines

    def configure(self, endpoint: Endpoint) -> None:
        """Use other certificates from now on; requests in flight keep theirs."""
        if endpoint != self._endpoint:
            calls, streams = _pool(endpoint, block=True), _pool(endpoint, block=False)
            self._endpoint, self._calls, self._streams = endpoint, calls, streams

    def close(self) -> None:
        """End all connections."""
        self._calls.clear()
        self._streams.clear()

    def _open(self, pool: urllib3.PoolManager, request: Request) -> BaseHTTPResponse:
        """The response with its head read."""
        given = {name for name, _ in request.headers}
        headers = HTTPHeaderDict({name: text for name, text in self._common_headers().items() if name not in given})
        for name, value in request.headers:
            headers.add(name, value)
        try:
            return pool.urlopen(
                request.method,
                self._endpoint.server + request.path,
                body=request.body,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=Timeout(connect=min(CONNECT_TIMEOUT_S, request.timeout_s), read=request.timeout_s),
                pool_timeout=request.timeout_s,
                enforce_content_length=True,
            )
        except _FAILURES as error:
            raise _transport_error(error) from _cause(error)

    def _common_headers(self) -> dict[str, str]:
        host = urlsplit(self._endpoint.server).netloc.rpartition("@")[2]
        # On one machine, compression costs more time than it saves.
        is_plain = host.startswith(_LOOPBACK) or not self._endpoint.may_compress
        encoding = "identity" if is_plain else "gzip"
        return {"User-Agent": f"tenantkit/{__version__}", "Accept": "application/json", "Accept-Encoding": encoding}


class _Lines:
    """A response as lines."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        # Kept from the start: a connection drops its socket once it knows that the server will close it.
        self._socket = getattr(getattr(response, "connection", None), "sock", None)
        self.status: int = response.status
        self.headers: Mapping[str, str] = _headers(response)

    def wait_for(self, silence_s: float) -> None:
        """From now on, allow so many seconds of silence."""
        if self._socket is not None:
            self._socket.settimeout(silence_s)

    def lines(self) -> Iterator[bytes]:
        """Each line once it is complete."""
        rest = b""
        try:
            for chunk in self._response.stream(_CHUNK_BYTES, decode_content=True):
                *complete, rest = (rest + chunk).split(b"\n")
                yield from (line for line in complete if line)
        except _FAILURES as error:
            raise _transport_error(error) from _cause(error)
        if rest.strip():
            raise TransportError("reset", "the stream ended in the middle of a line")

    def read(self) -> bytes:
        """All that is left."""
        try:
            return bytes(self._response.read(decode_content=True))
        except _FAILURES as error:
            raise _transport_error(error) from _cause(error)

    def shut(self) -> None:
        """End a blocked read. An SSLSocket's own shutdown would remove its TLS while it is read."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # already closed
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection: it can't be reused."""
        self._response.close()


_FAILURES = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


def _whole(response: BaseHTTPResponse, deadline: float) -> bytes:
    """The body, until the deadline: each piece may arrive in time, and the whole too late."""
    pieces: list[bytes] = []
    for piece in response.stream(_CHUNK_BYTES, decode_content=True):
        pieces.append(piece)
        if time.monotonic() > deadline:
            raise TransportError("timeout", f"only {sum(map(len, pieces))} bytes of it arrived")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _headers(response: BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _pool(endpoint: Endpoint, *, block: bool) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": CONNECTIONS, "block": block, "socket_options": _socket_options()}
    if endpoint.server.startswith("https:"):
        options["ssl_context"] = tls_context(endpoint)
        if endpoint.tls_server_name:
            options["server_hostname"] = endpoint.tls_server_name
    if endpoint.proxy is None:
        return urllib3.PoolManager(**options)
    proxy = urlsplit(endpoint.proxy)
    if proxy.scheme not in ("http", "https") or not proxy.hostname:
        raise ConnectionConfigError(
            f"the proxy for {endpoint.server} has the scheme {proxy.scheme or 'unknown'!r}: use http:// or https:// "
            "in the kubeconfig's proxy-url or in $HTTPS_PROXY, or list the server in $NO_PROXY"
        )
    if proxy.username is not None:
        secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        options["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=secret)
    host = proxy.netloc.rpartition("@")[2]
    return urllib3.ProxyManager(f"{proxy.scheme}://{host}", **options)


@cache
def _socket_options() -> list[tuple[int, int, int]]:
    """Options that detect a dead peer after about a minute, also while a watch is silent."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if sys.platform == "linux":
        options += [
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        ]
    return options


def _transport_error(error: BaseException) -> TransportError:
    """The TransportError of an exception of urllib3."""
    chain = list(_chain(error))
    return TransportError(_reason(chain), without_secrets(_words(chain[-1])))


def _cause(error: BaseException) -> BaseException | None:
    """An exception for the traceback, unless its text quotes a server that echoes a credential."""
    texts = [str(each) for each in _chain(error)]
    return error if texts == [without_secrets(text) for text in texts] else None


def _reason(chain: list[BaseException]) -> ConnectionFailure:
    """The reason of a failure, from an exception and those that it wraps."""
    kinds = urllib3.exceptions
    text = " ".join(str(error) for error in chain)
    checks: tuple[tuple[ConnectionFailure, bool], ...] = (
        ("proxy", _has(chain, kinds.ProxyError) or "Tunnel connection failed" in text),
        ("certificate", _has(chain, ssl.SSLCertVerificationError)),
        ("client certificate", _has(chain, ssl.SSLError) and "alert" in text.lower().replace("_", " ")),
        ("not tls", "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text or "RECORD_LAYER_FAILURE" in text),
        ("busy", _has(chain, kinds.EmptyPoolError)),
        ("dns", _has(chain, kinds.NameResolutionError) or _has(chain, socket.gaierror)),
        ("connect timeout", _has(chain, kinds.ConnectTimeoutError) and not _has(chain, kinds.NewConnectionError)),
        ("refused", _has(chain, ConnectionRefusedError)),
        ("unreachable", _has(chain, kinds.NewConnectionError)),
        ("timeout", _has(chain, kinds.ReadTimeoutError) or _has(chain, TimeoutError)),
        ("garbled", _has(chain, kinds.DecodeError)),
    )
    return next((reason for reason, is_it in checks if is_it), "reset")


def _has(chain: list[BaseException], kind: type[BaseException]) -> bool:
    return any(isinstance(error, kind) for error in chain)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and then those that it wraps, by cause or, as urllib3 also does, by argument."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = [part for part in current.args if isinstance(part, BaseException)]
        current = inner[0] if inner else current.__cause__


def _words(error: BaseException) -> str:
    """An error in few words, without the object addresses that urllib3 puts in front."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text.rpartition("object at 0x")[2].partition(">: ")[2] or text)[:200] or type(error).__name__

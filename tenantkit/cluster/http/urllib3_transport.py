"""The transport over urllib3, the official client's HTTP library. 16 threads on it are as fast as an asynchronous one.

Redirects are not followed: nothing but the API server is ever contacted. urllib3's retries are off, since they do not
know which requests are safe to repeat (see `retries`). Watches have their own pool, so that they cannot block calls.
"""

from __future__ import annotations

import contextlib
import http
import http.client
import os
import socket
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from urllib3 import HTTPHeaderDict
from urllib3.util import Timeout

from tenantkit import __version__
from tenantkit.cluster.http.forks import Lock, renew_after_fork
from tenantkit.cluster.http.pools import open_pools
from tenantkit.cluster.http.redaction import without_secrets
from tenantkit.cluster.http.timed_connections import TooLargeError, allowance_of
from tenantkit.cluster.http.transport import Answer, TransportError, UnfinishedLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3 import BaseHTTPResponse

    from tenantkit.cluster.http.pools import Pools
    from tenantkit.cluster.http.transport import ConnectionFailure, Endpoint, Request, Stream

CONNECT_TIMEOUT_S = 5.0  # a far server connects in under a second; a host that drops packets would take minutes
HEAD_TIMEOUT_S = 15.0  # a watch's head arrives at once: no head means a dead connection, not an idle cluster
ANSWER_BYTES = 1 << 28  # unpacked, and twice that in memory while it arrives; 50 objects have at most 150 MB
LINE_BYTES = 1 << 25  # an event of a watch holds one object, of at most 3 MB
_ENCODINGS = ("", "identity", "gzip")
_CHUNK_BYTES = 1 << 16  # packed: one chunk of zeros unpacks to 64 MiB in old versions of urllib3
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
        self._lock = Lock()
        self._pools: Pools | None = open_pools(endpoint)
        self._of_parent: list[Pools] = []
        renew_after_fork(self)

    def send(self, request: Request) -> Answer:
        """The whole answer, within the request's timeout after connecting."""
        response = self._open(self._open_pools().calls, request)
        try:
            body = _whole(response)
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
        pool = self._open_pools().streams
        lines = _Lines(self._open(pool, replace(request, timeout_s=min(HEAD_TIMEOUT_S, request.timeout_s))))
        lines.wait_for(request.timeout_s)
        return lines

    def configure(self, endpoint: Endpoint) -> None:
        """Use other certificates from now on; requests in flight keep theirs."""
        if endpoint != self._endpoint:
            pools = open_pools(endpoint)
            self._endpoint, self._pools = endpoint, pools

    def close(self) -> None:
        """End all connections."""
        if self._pools is not None:
            self._pools.calls.clear()
            self._pools.streams.clear()

    def after_fork(self) -> None:
        """Leave the parent's connections to it: close this process's copies, which ends none of them."""
        if self._pools is not None:
            self._pools.abandon()
            self._of_parent.append(self._pools)  # never collected: its own clean-up could wait for a lock
        self._pools = None

    def _open_pools(self) -> Pools:
        with self._lock:
            if self._pools is None:
                self._pools = open_pools(self._endpoint)
            return self._pools

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
        self._allowance = allowance_of(response)
        self._process = os.getpid()
        self.status: int = response.status
        self.headers: Mapping[str, str] = _headers(response)

    def wait_for(self, silence_s: float) -> None:
        """From now on, allow so many seconds of silence."""
        if self._allowance is not None:
            self._allowance.silence(silence_s)

    def lines(self) -> Iterator[bytes]:
        """Each line once it is complete."""
        parts: list[bytes] = []
        for chunk in self._chunks():
            first, *others = chunk.split(b"\n")
            parts.append(first)
            if others:
                *complete, rest = b"".join(parts), *others
                parts = [rest]
                self._allow_line()
                yield from (line for line in complete if line)
            elif sum(map(len, parts)) > LINE_BYTES:
                raise TransportError("too large", f"{LINE_BYTES >> 20} MiB")
        if (rest := b"".join(parts)).strip():
            raise UnfinishedLine("reset", "the stream ended in the middle of a line", rest)

    def read(self) -> bytearray:
        """All that is left."""
        try:
            if self._allowance is not None:
                self._allowance.within(HEAD_TIMEOUT_S)
            return _whole(self._response)
        except _FAILURES as error:
            raise _transport_error(error) from _cause(error)

    def shut(self) -> None:
        """End a blocked read. An SSLSocket's own shutdown would remove its TLS while it is read."""
        if self._allowance is not None and self._is_ours:
            with contextlib.suppress(OSError):  # already closed
                socket.socket.shutdown(self._allowance.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection: it can't be reused."""
        self._response.close()

    @property
    def _is_ours(self) -> bool:
        return os.getpid() == self._process

    def _chunks(self) -> Iterator[bytes]:
        self._allow_line()
        chunks = _content(self._response)
        while True:
            if not self._is_ours:
                raise TransportError("reset", "it belongs to another process")
            try:
                chunk = next(chunks, None)
            except _FAILURES as error:
                raise _transport_error(error) from _cause(error)
            if chunk is None:
                return
            yield chunk

    def _allow_line(self) -> None:
        if self._allowance is not None:
            self._allowance.allow(LINE_BYTES)


_FAILURES = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


def _whole(response: BaseHTTPResponse) -> bytearray:
    """The body, within the time and the size that its answer may take."""
    allowance = allowance_of(response)
    if allowance is not None:
        allowance.allow(ANSWER_BYTES)
    body = bytearray()
    for piece in _content(response):
        body += piece
        if len(body) > ANSWER_BYTES:
            raise TransportError("too large", f"{ANSWER_BYTES >> 20} MiB")
        if allowance is not None and allowance.is_over:  # unpacking takes time, too
            raise TransportError("timeout", f"only {len(body)} bytes of it arrived")
    return body


def _content(response: BaseHTTPResponse) -> Iterator[bytes]:
    """The pieces of the content, unpacked."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise TransportError("garbled", f"its encoding is {encoding[:20]!r}")
    if response.status < http.HTTPStatus.OK:
        raise TransportError("garbled", f"it answered {response.status} and nothing else")
    return iter(response.stream(_CHUNK_BYTES, decode_content=True))


def _headers(response: BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


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
        ("too large", _has(chain, TooLargeError)),
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

"""A transport that fails on demand, in front of a real one: nothing below it is mocked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.cluster.http.transport import Answer, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.http.transport import Endpoint, Request, Stream, Transport

    Fault = Callable[[Request], Answer | None]

_REASONS = {
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
}


def status(code: int) -> Fault:
    """The server answers with a status."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"the test returns {code}",
        "reason": _REASONS[code],
        "code": code,
    }
    return lambda _: Answer(code, {"content-type": "application/json"}, json.dumps(body).encode())


def connection_refused(_request: Request) -> Answer | None:
    """Nothing listens on the port."""
    raise TransportError("refused", "connection refused")


def timed_out(_request: Request) -> Answer | None:
    """Connected, but without an answer in time."""
    raise TransportError("timeout", "no answer within 35 s")


@dataclass
class FaultyTransport:
    """Forwards requests to another transport, except those that `fault` answers.

    Args:
        inner: a real transport.
        fault: called with the number of a request and the request; None: the request is forwarded.
        lost: whether a failing request reaches the server first, so that only its answer is lost.
    """

    inner: Transport
    fault: Callable[[int, Request], Answer | None] = lambda _number, _request: None
    lost: bool = False
    requests: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def put_into(cls, cluster: Cluster) -> FaultyTransport:
        """Send the requests of a cluster through this transport, and retry without a pause."""
        transport = cls(cluster._session._transport)
        cluster._session._transport = transport
        cluster._session.sleep = lambda _: None
        return transport

    def fail_from(self, number: int, fault: Fault, *, lost: bool = False) -> None:
        """Fail every request from this number on, counted from now."""
        with self.lock:
            first = len(self.requests) + number
        self.lost = lost
        self.fault = lambda count, request: fault(request) if count >= first else None

    def heal(self) -> None:
        """Forward every request again."""
        self.fault = lambda _number, _request: None

    def send(self, request: Request) -> Answer:
        return self._through(request) or self.inner.send(request)

    def stream(self, request: Request) -> Stream:
        answer = self._through(request)
        if answer is not None:
            raise TransportError("reset", f"status {answer.status} in a stream")
        return self.inner.stream(request)

    def configure(self, endpoint: Endpoint) -> None:
        self.inner.configure(endpoint)

    def close(self) -> None:
        self.inner.close()

    def _through(self, request: Request) -> Answer | None:
        with self.lock:
            number = len(self.requests)
            self.requests.append(f"{request.method} {request.path}")
        try:
            answer = self.fault(number, request)
        except TransportError:
            if self.lost:
                self.inner.send(request)
            raise
        return answer

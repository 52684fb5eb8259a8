"""A transport that fails when told to, in front of a real one: below it nothing is pretended."""

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
    """The server answers that status."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"the test says {code}",
        "reason": _REASONS[code],
        "code": code,
    }
    return lambda _: Answer(code, {"content-type": "application/json"}, json.dumps(body).encode())


def gone(_request: Request) -> Answer | None:
    """Nobody listens there any more."""
    raise TransportError("refused", "connection refused")


def timed_out(_request: Request) -> Answer | None:
    """Connected, and no answer in time."""
    raise TransportError("timeout", "no answer within 35 s")


@dataclass
class FaultyTransport:
    """Sends on to another transport, but for the requests that `fault` answers.

    Args:
        inner: a real one.
        fault: asked with each request's number and the request; None: sent on.
        lost: whether a failing request reaches the server first, so that only its answer is lost.
    """

    inner: Transport
    fault: Callable[[int, Request], Answer | None] = lambda _number, _request: None
    lost: bool = False
    requests: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def put_into(cls, cluster: Cluster) -> FaultyTransport:
        """Make the requests of a connection go through here, without pauses before its retries."""
        made = cls(cluster._session._transport)
        cluster._session._transport = made
        cluster._session.sleep = lambda _: None
        return made

    def fail_from(self, number: int, fault: Fault, *, lost: bool = False) -> None:
        """From the request of that number on, counted from now, this happens instead."""
        with self.lock:
            first = len(self.requests) + number
        self.lost = lost
        self.fault = lambda count, request: fault(request) if count >= first else None

    def heal(self) -> None:
        """All is well again."""
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

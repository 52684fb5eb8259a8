"""The session: sends every request, with credentials, a timeout, retries, and one reload of credentials after a 401.

It knows HTTP and nothing of kinds. Rejected alternatives: urllib3's Retry, which cannot distinguish a create from an
apply, and the official client's ApiClient, which has no default timeout.
"""

from __future__ import annotations

import itertools
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from tenantkit.cluster.http.errors import Operation, error_of_answer, error_of_body, error_of_transport
from tenantkit.cluster.http.forks import Lock
from tenantkit.cluster.http.liveness import Liveness
from tenantkit.cluster.http.parsing import parse_object
from tenantkit.cluster.http.retries import Retries
from tenantkit.cluster.http.transport import Answer, Request, Stream, TransportError
from tenantkit.cluster.http.warnings import keep_warnings
from tenantkit.exceptions import ConnectionConfigError, TenantKitError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tenantkit.cluster.http.credentials import Credentials, Headers
    from tenantkit.cluster.http.transport import Endpoint, Transport
    from tenantkit.rules.manifest import Manifest

_Reply = TypeVar("_Reply", Answer, Stream)
_GOOD = range(200, 300)
_UNAUTHORIZED = 401
_YEARS = range(1971, 2262)  # those that tables can hold; ages are computed from it
JSON = "application/json"
_LOGGER = logging.getLogger("tenantkit.cluster")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before credentials are added.

    Args:
        method: the HTTP method.
        path: with its query.
        operation: for error messages.
        body: JSON.
        content_type: of the body.
        is_repeatable: whether sending it twice has the same effect as sending it once.
        timeout_s: seconds. None: the connection's timeout.
        accept: the media type of the answer. Default: JSON objects.
        parse: parses the body of a successful answer; raises ValueError if it is not valid.
    """

    method: str
    path: str
    operation: Operation
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
    is_repeatable: bool = False
    timeout_s: float | None = None
    accept: str = JSON
    parse: Callable[[bytes | bytearray], Manifest] = field(default=parse_object, repr=False)


class Session:
    """Sends calls, and raises only errors of tenantkit.exceptions; thread-safe.

    Args:
        transport: sends the bytes.
        credentials: authenticate the user.
        timeout_s: seconds, for a call without a timeout.
        retries: when a request is sent again.
        sleep: passed by tests.
        jitter: a number from 0 to 1; passed by tests.
    """

    def __init__(  # noqa: PLR0913 (the last three have defaults that only tests change)
        self,
        transport: Transport,
        credentials: Credentials,
        *,
        timeout_s: float,
        retries: Retries | None = None,
        sleep: Callable[[float], object] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.server = credentials.endpoint.server
        self.retries = retries or Retries()
        self.sleep = sleep
        self.jitter = jitter
        self.liveness = Liveness(self.is_answering)
        self._transport = transport
        self._credentials = credentials
        self._endpoint = credentials.endpoint
        self.timeout_s = timeout_s
        self._lock = Lock()
        self._requests = 0
        self._date: str | None = None
        self._is_closed = False

    @property
    def credentials(self) -> Credentials:
        """The credentials of its requests."""
        return self._credentials

    @property
    def request_count(self) -> int:
        """How many requests were sent so far, retries among them."""
        return self._requests

    @property
    def server_time(self) -> datetime | None:
        """The Date header of the last answer; None before the first, and where it is not a date of our time."""
        try:
            date = parsedate_to_datetime(self._date or "")
        except (ValueError, TypeError, OverflowError):
            return None
        if date.year not in _YEARS:
            return None
        return date if date.tzinfo is not None else date.replace(tzinfo=UTC)

    def ask(self, call: Call) -> Manifest:
        """Send a call and return the JSON object of the answer.

        Raises:
            ClusterError: the server answered an error, or not at all.
        """
        return self.read(call, self.fetch(call))

    def fetch(self, call: Call) -> Answer:
        """Send a call and return its last answer after retries, successful or not; `read` parses it.

        No attempt begins after the call's timeout, so that a call takes at most twice as long.

        Raises:
            ClusterError: there was no answer.
        """
        deadline = time.monotonic() + (self.timeout_s if call.timeout_s is None else call.timeout_s)
        for attempt in itertools.count(1):
            try:
                answer = self._send(call)
            except TransportError as failure:
                pause = self.retries.after_failure(
                    failure.reason, attempt, self.jitter, is_repeatable=call.is_repeatable
                )
                if pause is None or time.monotonic() + pause > deadline:
                    is_write = call.method != "GET"
                    raise error_of_transport(failure, call.operation, self.server, is_write=is_write) from failure
            else:
                pause = self.retries.after_answer(answer, attempt, self.jitter)
                if pause is None or time.monotonic() + pause > deadline:
                    return answer
            self.sleep(pause)
        raise AssertionError  # the loop never ends by itself

    def read(self, call: Call, answer: Answer) -> Manifest:
        """The object in the answer to that call.

        Raises:
            ClusterError: it is an error, or not an object.
        """
        if answer.status not in _GOOD:
            raise error_of_answer(answer, call.operation, self.server)
        try:
            return call.parse(answer.body)
        except ValueError as error:
            is_write = call.method != "GET"
            raise error_of_body(answer, call.operation, self.server, str(error), is_write=is_write) from None

    def open(self, call: Call) -> Stream:
        """An answer that is read as it arrives; the reader decides about retries.

        Raises:
            ClusterError: the server answered an error, or not at all.
        """
        try:
            stream = self._through(call, self._transport.stream)
            if stream.status in _GOOD:
                return stream
            try:
                answer = Answer(stream.status, stream.headers, stream.read())
            finally:
                stream.close()
        except TransportError as failure:
            raise error_of_transport(failure, call.operation, self.server) from failure
        raise error_of_answer(answer, call.operation, self.server)

    def is_answering(self, timeout_s: float) -> bool:
        """Whether the server answers a small request with any status; it is sent at most twice."""
        call = Call("GET", "/version", Operation("check the connection"), timeout_s=timeout_s)
        for _ in range(2):  # an idle connection may be dead while the server is not
            try:
                self._send(call)
            except TransportError as failure:
                if failure.reason == "busy":
                    return True  # all connections are in use: nothing was sent
            except TenantKitError:
                return True  # closed, or without credentials: the next call reports it
            else:
                return True
        return False

    def close(self) -> None:
        """End all connections; calls from now on are refused. May be called twice."""
        self._is_closed = True
        self._transport.close()

    def _send(self, call: Call) -> Answer:
        return self._through(call, self._transport.send)

    def _through(self, call: Call, send: Callable[[Request], _Reply]) -> _Reply:
        """One request with credentials, and a second one with fresh credentials after a 401."""
        headers, number = self._credentials.headers()
        self._use(self._credentials.endpoint)
        reply = self._counted(send, self._request(call, headers))
        if reply.status != _UNAUTHORIZED:
            return reply
        endpoint = self._credentials.renew(number)
        if endpoint is None:
            return reply
        if not isinstance(reply, Answer):
            reply.close()
        self._use(endpoint)
        headers, _ = self._credentials.headers()
        return self._counted(send, self._request(call, headers))

    def _use(self, endpoint: Endpoint) -> None:
        """Use an endpoint from now on: after a 401, or once a plug-in has renewed its certificate."""
        if endpoint is not self._endpoint:
            self._endpoint = endpoint
            self._transport.configure(endpoint)

    def _counted(self, send: Callable[[Request], _Reply], request: Request) -> _Reply:
        if self._is_closed:
            raise ConnectionConfigError(f"this connection to {self.server} is closed", hint=Hint("{connect_again}"))
        with self._lock:
            self._requests += 1
        reply = _logged(send, request)
        self._date = reply.headers.get("date", self._date)
        keep_warnings(reply.headers)
        return reply

    def _request(self, call: Call, credentials: Headers) -> Request:
        content: Headers = (("Content-Type", call.content_type),) if call.body is not None else ()
        content += (("Accept", call.accept),) if call.accept != JSON else ()
        timeout_s = self.timeout_s if call.timeout_s is None else call.timeout_s
        return Request(call.method, call.path, timeout_s, call.body, credentials + content)


def _logged(send: Callable[[Request], _Reply], request: Request) -> _Reply:
    """Send a request and log what it was, never its headers or a body: these hold tokens and Secrets."""
    start = time.monotonic()
    outcome = "no answer"
    try:
        reply = send(request)
        outcome = str(reply.status)
    finally:
        took_ms = (time.monotonic() - start) * 1000
        _LOGGER.debug("%s %s %s %.0f ms", request.method, request.path, outcome, took_ms)
    return reply

"""A transport that answers from a script, and what the tests of the session share."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from tenantkit.cluster.cluster import Cluster
from tenantkit.cluster.http.credentials import Credentials, Login
from tenantkit.cluster.http.session import Session
from tenantkit.cluster.http.transport import Answer, Endpoint, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tenantkit.cluster.http.transport import Request

SERVER = "https://api.example.ai:6443"


def answer(status: int = 200, body: Any = None, **headers: str) -> Answer:
    """An answer with a JSON body; header names with underscores for hyphens."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Answer(status, {"content-type": "application/json", **named}, orjson.dumps({} if body is None else body))


def status(code: int, reason: str, message: str, **details: Any) -> Answer:
    """An error as an API server answers it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    return answer(code, {**body, "message": message, "details": details})


@dataclass
class Lines:
    """A stream of given lines; a TransportError among them is raised, a function is called."""

    script: list[Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    was_shut: bool = False
    was_closed: bool = False

    def lines(self) -> Iterator[bytes]:
        for line in self.script:
            if callable(line):
                line()
            elif isinstance(line, TransportError):
                raise line
            else:
                yield line if isinstance(line, bytes) else orjson.dumps(line)

    def read(self) -> bytes:
        return orjson.dumps(self.script[0])

    def shut(self) -> None:
        self.was_shut = True

    def close(self) -> None:
        self.was_closed = True


class Script:
    """Answers requests with what was given, in that order, and keeps what was asked.

    `own_rules` answers reviews of the user's own rules in place of the given replies.
    """

    own_rules: Answer | None = None

    def __init__(self, *replies: Any) -> None:
        self.replies = deque(replies)
        self.requests: list[Request] = []
        self.endpoints: list[Endpoint] = []
        self.is_closed = False

    def send(self, request: Request) -> Answer:
        if self.own_rules is not None and urlsplit(request.path).path.endswith("/selfsubjectrulesreviews"):
            self.requests.append(request)
            return self.own_rules
        reply = self._next(request)
        assert isinstance(reply, Answer)
        return reply

    def stream(self, request: Request) -> Lines:
        reply = self._next(request)
        assert isinstance(reply, Lines)
        return reply

    def _next(self, request: Request) -> Any:
        self.requests.append(request)
        reply = self.replies.popleft()
        if callable(reply) and not isinstance(reply, type):
            reply = reply()
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def configure(self, endpoint: Endpoint) -> None:
        self.endpoints.append(endpoint)

    def close(self) -> None:
        self.is_closed = True

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Method and path of each request, without its query."""
        return [(request.method, urlsplit(request.path).path) for request in self.requests]

    def query(self, number: int = -1) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.requests[number].path).query))

    def body(self, number: int = -1) -> Any:
        return orjson.loads(self.requests[number].body or b"null")


def credentials(*tokens: str) -> Credentials:
    """Credentials whose source has another token each time that it is loaded; the last one stays."""
    left = deque(tokens or ["token-1"])

    def load() -> Login:
        token = left.popleft() if len(left) > 1 else left[0]
        return Login(Endpoint(SERVER), lambda: f"Bearer {token}")

    return Credentials(load)


def session(script: Script, *tokens: str, slept: list[float] | None = None) -> Session:
    """A session that notes its pauses instead of sleeping, with no chance in them."""
    pauses = [] if slept is None else slept
    sleep: Callable[[float], object] = pauses.append
    return Session(script, credentials(*tokens), timeout_s=35.0, sleep=sleep, jitter=lambda: 1.0)


def cluster(script: Script, **options: Any) -> Cluster:
    return Cluster._of(session(script), **options)

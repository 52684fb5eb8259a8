"""Credentials: the Authorization header, refreshed in time, and loaded again when the server refuses it.

Sixteen threads that get a 401 load once, since each names the headers that were refused. Credentials that are the same
after loading are not tried again. Credentials that turn out to be for another server are never sent to this one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.cluster.http.forks import Lock
from tenantkit.cluster.http.redaction import keep_secret
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.http.transport import Endpoint

Headers = tuple[tuple[str, str], ...]

FRESH_FOR_S = 10.0  # the client's hook may run a plug-in, which is too slow for each request


@dataclass(frozen=True, slots=True)
class Login:
    """The server and the user of a kubeconfig, a pod or the arguments.

    Args:
        endpoint: the server, with its certificates.
        authorization: returns the Authorization header's value, or None; called at most every ten seconds.
        headers: to send with it: impersonation.
        is_stale: whether the endpoint's certificate has expired, so that the source should be loaded again.
    """

    endpoint: Endpoint
    authorization: Callable[[], str | None] = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    is_stale: Callable[[], bool] = field(default=lambda: False, repr=False)


class Credentials:
    """The headers that authenticate the user; thread-safe.

    Args:
        load: reads the source again: the kubeconfig, the pod's token, the exec plug-in.
        clock: monotonic seconds; passed by tests.
    """

    def __init__(self, load: Callable[[], Login], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._login = load()
        keep_secret(self._login.endpoint.proxy)
        self._clock = clock
        self._lock = Lock()
        self._value: str | None = None
        self._fresh_until: float | None = None
        self._loaded = 0
        self._nothing_new_until: float | None = None

    @property
    def endpoint(self) -> Endpoint:
        """The server that these credentials are for, with its certificates."""
        return self._login.endpoint

    def headers(self) -> tuple[Headers, int]:
        """The headers for the next request, and the number to pass to `renew` if they are refused.

        Raises:
            ConnectionConfigError: the token source failed, or did not return a token.
        """
        with self._lock:
            if self._login.is_stale():
                self._take(self._load())
            if self._fresh_until is None or self._clock() >= self._fresh_until:
                self._refresh()
            return self._headers(), self._loaded

    def renew(self, refused: int) -> Endpoint | None:
        """Load again after a 401, unless another thread just has.

        Args:
            refused: the number that came with the refused headers.

        Returns:
            The endpoint to use from now on, or None if there is nothing new to try.

        Raises:
            ConnectionConfigError: the source is no longer readable.
        """
        with self._lock:
            if refused != self._loaded:
                return self._login.endpoint
            if self._nothing_new_until is not None and self._clock() < self._nothing_new_until:
                return None
            before, headers_before = self._login.endpoint, self._headers()
            self._take(self._load())
            if (self._login.endpoint, self._headers()) == (before, headers_before):
                self._nothing_new_until = self._clock() + FRESH_FOR_S
                return None
            self._loaded += 1
            return self._login.endpoint

    def _take(self, login: Login) -> None:
        """Use a login, unless it is for another server."""
        if login.endpoint.server == self._login.endpoint.server:
            self._login = login
            self._refresh()

    def _refresh(self) -> None:
        self._value = self._login.authorization()
        keep_secret(self._value)
        self._fresh_until = self._clock() + FRESH_FOR_S

    def _headers(self) -> Headers:
        authorization: Headers = (("Authorization", self._value),) if self._value else ()
        return authorization + self._login.headers


def bearer(token: str | Callable[[], str]) -> Callable[[], str | None]:
    """The source of the Authorization header for a token, or for a function that returns one.

    Raises:
        ConnectionConfigError: it is not a token; for a function, when the source is called.
    """
    if not callable(token):
        value = _checked(token)
        return lambda: value

    def call() -> str:
        try:
            value = token()
        except Exception as error:
            # Its text may quote a credential: only the traceback below has it.
            raise ConnectionConfigError(f"the function token= raised {type(error).__name__}") from error
        return _checked(value)

    return call


def _checked(token: object) -> str:
    text = token.strip() if isinstance(token, str) else ""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        what = f"is not a bearer token, but of type {type(token).__name__}"
        if text:
            what = "is not a bearer token: it holds spaces or characters that a header cannot hold"
        elif token is None or isinstance(token, str):
            what = "is empty"
        raise ConnectionConfigError(f"token= {what}; pass a bearer token as text, or a function that returns one")
    return f"Bearer {text}"

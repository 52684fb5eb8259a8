"""Who one is to the server: the Authorization header, kept fresh, and loaded anew once the server refuses it.

Sixteen threads that meet one 401 load once, since each says which headers were refused. What is the same after loading
is not tried again. Credentials that were loaded anew for another server are never sent to this one.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.http.transport import Endpoint

Headers = tuple[tuple[str, str], ...]

FRESH_FOR_S = 10.0  # the client's own hook may run a plug-in: not for each request


@dataclass(frozen=True, slots=True)
class Login:
    """What a kubeconfig, a pod or the arguments say: where to, and as whom.

    Args:
        endpoint: where to, with its certificates.
        authorization: gives the Authorization header's value, or None; asked at most every ten seconds.
        headers: to send beside it: impersonation.
    """

    endpoint: Endpoint
    authorization: Callable[[], str | None] = field(repr=False)
    headers: Headers = field(default=(), repr=False)


class Credentials:
    """The headers that say who asks; thread-safe.

    Args:
        load: reads the source again: the kubeconfig, the pod's token, the exec plug-in.
        clock: monotonic seconds; given by tests.
    """

    def __init__(self, load: Callable[[], Login], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._login = load()
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._fresh_until: float | None = None
        self._loaded = 0
        self._nothing_new_until: float | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where these credentials are for, with its certificates."""
        return self._login.endpoint

    def headers(self) -> tuple[Headers, int]:
        """The headers for the next request, and the number to give to `renew` if they are refused.

        Raises:
            ConnectionConfigError: the token source failed, or gave what is no token.
        """
        with self._lock:
            if self._fresh_until is None or self._clock() >= self._fresh_until:
                self._ask()
            return self._headers(), self._loaded

    def renew(self, refused: int) -> Endpoint | None:
        """Load again after a 401, unless another thread just has.

        Args:
            refused: the number that came with the refused headers.

        Returns:
            The endpoint to use from now on, or None where there is nothing new to try.

        Raises:
            ConnectionConfigError: the source is not readable any more.
        """
        with self._lock:
            if refused != self._loaded:
                return self._login.endpoint
            if self._nothing_new_until is not None and self._clock() < self._nothing_new_until:
                return None
            before, headers_before = self._login.endpoint, self._headers()
            login = self._load()
            if login.endpoint.server == before.server:
                self._login = login
                self._ask()
            if (self._login.endpoint, self._headers()) == (before, headers_before):
                self._nothing_new_until = self._clock() + FRESH_FOR_S
                return None
            self._loaded += 1
            return self._login.endpoint

    def _ask(self) -> None:
        self._value = self._login.authorization()
        self._fresh_until = self._clock() + FRESH_FOR_S

    def _headers(self) -> Headers:
        own: Headers = (("Authorization", self._value),) if self._value else ()
        return own + self._login.headers


def bearer(token: str | Callable[[], str]) -> Callable[[], str | None]:
    """The Authorization header's source for a token, or for a function that gives one.

    Raises:
        ConnectionConfigError: (also later, from the source) what was given is no token.
    """
    if not callable(token):
        value = _checked(token)
        return lambda: value

    def ask() -> str:
        try:
            found = token()
        except Exception as error:
            # Its text may hold what it was given: the traceback below has it, the message doesn't.
            raise ConnectionConfigError(f"token= was asked for a token and raised {type(error).__name__}") from error
        return _checked(found)

    return ask


def _checked(token: object) -> str:
    text = token.strip() if isinstance(token, str) else ""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        what = "nothing" if token in ("", None) else f"a {type(token).__name__} that is no token"
        raise ConnectionConfigError(f"token= gave {what}: give a bearer token, or a function that returns one, as text")
    return f"Bearer {text}"

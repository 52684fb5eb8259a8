"""The pools of connections to one server: how they are opened, and how a forked process leaves them."""

from __future__ import annotations

import logging
import socket
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3

from tenantkit.cluster.http.timed_connections import use_timed_connections
from tenantkit.cluster.http.tls import tls_context
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from tenantkit.cluster.http.transport import Endpoint

CONNECTIONS = 32  # more than 16 at once gain nothing; the rest is for a form beside an apply
_LOGGER = logging.getLogger("tenantkit.cluster")


@dataclass(frozen=True, slots=True)
class Pools:
    """The connections of calls, and of watches, which must not wait for those."""

    calls: urllib3.PoolManager
    streams: urllib3.PoolManager
    queues: tuple[urllib3.HTTPConnectionPool, ...]

    def abandon(self) -> None:
        """Close the idle connections of this process only; a lock that another thread held is freed first."""
        for pool in self.queues:
            if pool.pool is not None:
                pool.pool.mutex._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 (as in CPython's own pools)
                pool.close()


def open_pools(endpoint: Endpoint) -> Pools:
    """Pools without a connection yet.

    Raises:
        ConnectionConfigError: a certificate or key can't be read, or the proxy has an unknown scheme.
    """
    if endpoint.server.startswith("https:") and not endpoint.verify:
        _warn_once(endpoint.server)
    managers = _pool(endpoint, block=True), _pool(endpoint, block=False)
    return Pools(*managers, tuple(manager.connection_from_url(endpoint.server) for manager in managers))


def _pool(endpoint: Endpoint, *, block: bool) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": CONNECTIONS, "block": block, "socket_options": _socket_options()}
    if endpoint.server.startswith("https:"):
        options["ssl_context"] = tls_context(endpoint)
        if endpoint.tls_server_name:
            options["server_hostname"] = endpoint.tls_server_name
    if endpoint.proxy is None:
        return use_timed_connections(urllib3.PoolManager(**options))
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
    return use_timed_connections(urllib3.ProxyManager(f"{proxy.scheme}://{host}", **options))


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


@cache
def _warn_once(server: str) -> None:
    """Through logging: a warning of Python's would stop a program that runs with `-W error`."""
    _LOGGER.warning(
        "the certificate of %s is not verified, as insecure-skip-tls-verify in the kubeconfig says: "
        "others could read and change what is sent",
        server,
    )

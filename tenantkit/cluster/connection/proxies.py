"""The proxy of the environment, by Go's rules, which kubectl follows.

The official client reads the environment only since version 35, and the standard library does not know address ranges
such as `10.0.0.0/8` in $NO_PROXY, which the notebooks of most clusters have.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_for(server: str, proxies: Mapping[str, str] | None = None) -> str | None:
    """The environment's proxy for a server; None if there is none, or if $NO_PROXY names the server.

    Args:
        server: its URL.
        proxies: by scheme; `no` holds the exceptions. Default: $HTTPS_PROXY, $HTTP_PROXY and $NO_PROXY.

    Example:
        >>> proxy_for("https://10.0.0.1:6443", {"https": "http://proxy:3128", "no": "10.0.0.0/8,.svc"})
        >>> proxy_for("https://api.example.ai", {"https": "http://proxy:3128", "no": "10.0.0.0/8,.svc"})
        'http://proxy:3128'
    """
    found = getproxies() if proxies is None else proxies
    parts = urlsplit(server)
    proxy = found.get(parts.scheme)
    if not proxy or _is_bypassed(parts.hostname or "", parts.netloc, found.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_bypassed(host: str, netloc: str, no_proxy: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry.strip().lower(), host.lower(), netloc.lower(), address) for entry in no_proxy.split(","))


def _matches(entry: str, host: str, netloc: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    if not entry:
        return False
    if entry == "*" or entry in (host, netloc):
        return True
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    return host.endswith(entry if entry.startswith(".") else f".{entry}")

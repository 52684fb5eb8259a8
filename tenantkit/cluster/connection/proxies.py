"""The proxy of the environment, by Go's rules, which kubectl follows.

The standard library does not know address ranges such as `10.0.0.0/8` in $NO_PROXY, which the notebooks of most
clusters have, and takes a proxy from the system's settings on some machines.
Source: Go's package golang.org/x/net/http/httpproxy.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_Ip: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
_HOST_AND_PORT = re.compile(r"(?P<host>[^:\[\]]*|\[[^\[\]]*\]):(?P<port>[^:]*)")
_PORT_OF = {"http": "80", "https": "443"}


def proxy_for(server: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The environment's proxy for a server; None if there is none, or if $NO_PROXY names the server.

    Args:
        server: its URL.
        environment: holds $HTTPS_PROXY, $HTTP_PROXY and $NO_PROXY; in lower case they come first. Default: the
            process's.

    Raises:
        ConnectionConfigError: it is not the URL of a proxy.

    Example:
        >>> environment = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "10.0.0.0/8,.svc"}
        >>> proxy_for("https://10.0.0.1:6443", environment)
        >>> proxy_for("https://api.example.ai", environment)
        'http://proxy:3128'
    """
    found = os.environ if environment is None else environment
    parts = urlsplit(server)
    name = f"{parts.scheme}_proxy"
    proxy = _variable(found, name)
    port = str(parts.port or _PORT_OF.get(parts.scheme, ""))
    if not proxy or _is_bypassed(parts.hostname or "", port, _variable(found, "no_proxy")):
        return None
    return checked_proxy(proxy if "://" in proxy else f"http://{proxy}", f"${name.upper()}")


def checked_proxy(url: str, where: str) -> str:
    """A proxy's URL, which is not shown if it is none: it may hold a password.

    Raises:
        ConnectionConfigError: it is none; `where` names its source.
    """
    try:
        parts = urlsplit(url)
        is_valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, is_valid = urlsplit(""), False
    if not is_valid or parts.scheme not in ("http", "https", "socks5") or not url.isprintable() or " " in url:
        raise ConnectionConfigError(f"{where} is not the URL of a proxy: use one like 'http://proxy:3128'")
    if parts.scheme == "socks5":
        raise ConnectionConfigError(f"{where} has the scheme 'socks5', which is not supported: use http:// or https://")
    return url


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _is_bypassed(host: str, port: str, no_proxy: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    return "*" in entries or any(_matches(entry, host.lower(), port, address) for entry in entries if entry)


def _matches(entry: str, host: str, port: str, address: _Ip | None) -> bool:
    network = _network(entry)
    if network is not None:
        return address is not None and address in network
    parts = _HOST_AND_PORT.fullmatch(entry)
    name, wanted_port = (parts["host"].strip("[]"), parts["port"]) if parts else (entry, "")
    if not name or (wanted_port and wanted_port != port):
        return False
    own = _address(name)
    if own is not None or address is not None:
        return own == address
    name = name.removeprefix("*") if name.startswith("*.") else name
    return host.endswith(name if name.startswith(".") else f".{name}") or host == name


def _address(text: str) -> _Ip | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None

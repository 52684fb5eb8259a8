"""A server's address: judged by the scheme that Go's parser finds in it, which is also what kubectl goes by.

`HTTPS://` is `https://`, and `10.0.0.9:8080` is `http://10.0.0.9:8080`: no credentials may be sent there. User names,
passwords and anything else that a plain URL does not have are refused, and no address is shown before it was judged.
Source: Go's packages net/url and k8s.io/client-go/rest (url_utils.go).
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

_URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?([?#].*)?")
_BARE = re.compile(r"(?P<authority>[^/?#]+)/?")
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._~-]+|\[[0-9a-fA-F:.]+(%25[A-Za-z0-9._~-]+)?\])(:(?P<port>[0-9]*))?")
_LAST_PORT = 65535


class AddressError(ValueError):
    """It is not the address of a server; the text does not quote it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address: `url` has no slash at its end."""

    url: str

    @property
    def is_secure(self) -> bool:
        """Whether TLS is used."""
        return self.url.startswith("https://")

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def parse_address(text: str, *, may_be_bare: bool) -> Address:
    """The address in a URL.

    Args:
        text: the URL.
        may_be_bare: `host:port` is taken, too, and means http.

    Raises:
        AddressError: it is none.
    """
    if not text.isascii() or not text.isprintable() or " " in text:
        raise AddressError("not a URL: it holds spaces or characters other than ASCII")
    match = _URL.fullmatch(text)
    if match is None:
        bare = _BARE.fullmatch(text) if may_be_bare else None
        if bare is None:
            raise AddressError("not the URL of an API server: use one like 'https://10.0.0.1:6443'")
        return Address(f"http://{_authority(bare['authority'])}")
    scheme = match["scheme"].lower()
    if scheme not in ("http", "https"):
        raise AddressError("not the URL of an API server: it should begin with https://")
    path = _path(match["path"] or "/")
    return Address(f"{scheme}://{_authority(match['authority'])}" + (f"/{path}" if path else ""))


def _path(text: str) -> str:
    """A path as Go sends it: decoded, without `//` and `..`, and encoded again."""
    return quote(posixpath.normpath(unquote_to_bytes(text)).lstrip(b"/"), safe="$&+,/:;=@")


def _authority(text: str) -> str:
    if "@" in text:
        raise AddressError("not the URL of an API server: it holds a user name or a password")
    match = _AUTHORITY.fullmatch(text)
    if match is None or int(match["port"] or 1) > _LAST_PORT:
        raise AddressError("not the URL of an API server: use one like 'https://10.0.0.1:6443'")
    return match["host"] + (f":{match['port']}" if match["port"] else "")

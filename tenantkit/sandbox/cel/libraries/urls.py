"""URLs: `url('https://ai.example.com/a?b=c').getHost()`.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/urls.go, 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tenantkit.sandbox.apimachinery.go_text import quoted
from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.opaque import URL

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

_ABSOLUTE = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def why_not_url(text: str) -> str:
    """Why a text is not an absolute URL or path, as Go says it; empty if it is one."""
    lead = f"parse {quoted(text)}"
    if not text:
        return f"{lead}: empty url"
    if _CONTROL.search(text):
        return f"{lead}: net/url: invalid control character in URL"
    if not _ABSOLUTE.match(text):
        return f"{lead}: invalid URI for request"
    if bad := _BAD_ESCAPE.search(text):
        return f"{lead}: invalid URL escape {quoted(text[bad.start() : bad.start() + 3])}"
    try:
        _ = urlsplit(text).port
    except ValueError as error:
        return f"{lead}: {error}"
    return ""


def _valid(text: str) -> Any:
    if why := why_not_url(text):
        raise ValueError(f"URL parse error during conversion from string: {why}")
    return URL.value(text)


def _part(function: Callable[[SplitResult], Any]) -> Callable[[Any], Any]:
    return lambda value: function(urlsplit(URL.text(value)))


def _host_name(found: SplitResult) -> str:
    host = found.netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _port(found: SplitResult) -> str:
    return found.netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]


URL_LIBRARY = (
    Overload("url", ["string"], URL, _valid, is_member=False),
    Overload("isURL", ["string"], "bool", lambda text: not why_not_url(text), is_member=False),
    Overload("getScheme", [URL], "string", _part(lambda found: found.scheme)),
    Overload("getHost", [URL], "string", _part(lambda found: found.netloc.rpartition("@")[2])),
    Overload("getHostname", [URL], "string", _part(_host_name)),
    Overload("getPort", [URL], "string", _part(_port)),
    Overload("getEscapedPath", [URL], "string", _part(lambda found: found.path)),
    Overload(
        "getQuery",
        [URL],
        "map(string, list(string))",
        _part(lambda found: parse_qs(found.query, keep_blank_values=True)),
    ),
)

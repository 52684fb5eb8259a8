"""Hosts, paths and ports of routes: what the API server accepts, and what DNS and URLs accept.

Sources: pages "Ingress" and "Service"; in k8s.io/kubernetes, pkg/apis/networking/validation.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote, unquote

from tenantkit.rules.names import LABEL_LIMIT, SUBDOMAIN_LIMIT, is_dns_subdomain, slug, suggest_dns_subdomain

PORT_NAME_LIMIT = 15
PORT_LIMIT = 65535
PATH_LIMIT = 1024  # the limit of the Gateway API; an Ingress has none
_PATH = re.compile(r"/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*")
_SAFE_IN_SEGMENT = "-._~!$&'()*+,;=:@"
_REFUSED_IN_PATH = ("//", "/./", "/../", "%2f", "%2F")
_REFUSED_AT_END = ("/..", "/.")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_IPV4_PARTS = 4
_IPV4_PART_LIMIT = 255


def check_host(value: object, *, wildcard: bool = False) -> str | None:
    """Why a value is not valid as the host of an Ingress or HTTPRoute, with a valid example; None if it is.

    Labels of more than 63 characters are refused: the API server accepts them, but DNS has no such names.

    Args:
        value: a lower-case DNS name without scheme, port or path; not an IP address.
        wildcard: whether a leading `*.` is valid. Default: no, since it claims all hosts below that name.

    Source: page "Ingress", section "Hostname wildcards".

    Example:
        >>> check_host("https://Vision.example.ai/ai")
        "use a DNS name without scheme, port or path, for example 'vision.example.ai'"
    """
    problem = _host_problem(value, wildcard=wildcard)
    return problem and f"{problem}, for example {_suggest_host(value)!r}"


def check_http_path(
    value: object, *, path_type: Literal["Prefix", "Exact", "ImplementationSpecific"] = "Prefix"
) -> str | None:
    """Why a value is not valid as the path of a route, with a valid example; None if it is.

    As strict as an HTTPRoute, and in one point stricter than an Ingress: only characters of a URL's path (RFC 3986) are
    valid, since a space, a query or an unescaped letter never matches a request.

    Args:
        value: an absolute path such as `/ai-service`; `/` matches all paths.
        path_type: as in an Ingress. Prefix and Exact refuse `//`, `/./`, `/../` and an escaped `/`.

    Source: page "Ingress", section "Path types".

    Example:
        >>> check_http_path("ai-service")
        "start with '/', for example '/ai-service'"
    """
    problem = _path_problem(value, exact=path_type != "ImplementationSpecific")
    return problem and f"{problem}, for example {_suggest_path(value)!r}"


def path_key(path: str, path_type: Literal["Prefix", "Exact", "ImplementationSpecific"]) -> tuple[str, bool]:
    """The same for two paths that match the same requests: a Prefix matches by segments, so `/a` is `/a/`.

    A controller may read ImplementationSpecific in either way; it counts as a Prefix here, so that two such routes
    never depend on the controller.

    Source: page "Ingress", section "Path types" (Examples).

    Example:
        >>> path_key("/a", "Prefix") == path_key("/a/", "Prefix"), path_key("/a", "Exact") == path_key("/a/", "Exact")
        (True, False)
    """
    is_exact = path_type == "Exact"
    return (path if is_exact else path.rstrip("/") or "/"), is_exact


def check_port(value: object) -> str | None:
    """Why a value is not the number or name of a Service port, with a valid example; None if it is.

    Args:
        value: an integer from 1 to 65535, or the port's name in its Service (IANA_SVC_NAME): at most 15 lower-case
            letters, digits and '-', with at least one letter.

    Source: page "Service", section "Port definitions".

    Example:
        >>> check_port("80")
        'use the number 80, without quotes'
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return None if 1 <= value <= PORT_LIMIT else f"use a number from 1 to {PORT_LIMIT}, for example 80"
    if not isinstance(value, str):
        return f"use a whole number from 1 to {PORT_LIMIT} or a port's name, for example 80 or 'http'"
    if len(value) <= PORT_NAME_LIMIT and _PORT_NAME.fullmatch(value):
        return None
    if re.fullmatch(r"[0-9]{1,5}", value) and 1 <= int(value) <= PORT_LIMIT:
        return f"use the number {int(value)}, without quotes"
    near = slug(value, limit=PORT_NAME_LIMIT)
    example = near if _PORT_NAME.fullmatch(near) else "http"
    rule = f"use a number from 1 to {PORT_LIMIT}, or a name of at most 15 lower-case letters, digits and '-'"
    return f"{rule}, for example {example!r}"


def _host_problem(value: object, *, wildcard: bool) -> str | None:
    text = value if isinstance(value, str) else ""
    name = text.removeprefix("*.") if wildcard else text
    if len(text) <= SUBDOMAIN_LIMIT and is_dns_subdomain(name):
        if _is_ipv4(name):
            return "use a DNS name, not an IP address"
        if any(len(part) > LABEL_LIMIT for part in name.split(".")):
            return "use at most 63 characters between two dots"
        return None
    if "*" in text:
        return "use '*' only as '*.' in front of a DNS name" if wildcard else "list each host, without '*'"
    if re.search(r"[/:]", text):
        return "use a DNS name without scheme, port or path"
    return "use a DNS name of lower-case letters, digits, '-' and '.', at most 253 characters"


def _path_problem(value: object, *, exact: bool) -> str | None:
    if not isinstance(value, str) or not value:
        return "use an absolute path"
    if not value.startswith("/"):
        return "start with '/'"
    if len(value) > PATH_LIMIT:
        return f"use at most {PATH_LIMIT} characters"
    if not _PATH.fullmatch(value):
        return "leave out spaces, '?' and '#', and percent-encode other characters"
    refused = [part for part in _REFUSED_IN_PATH if part in value]
    refused += [end for end in _REFUSED_AT_END if value.endswith(end)]
    return f"leave out {refused[0]!r}" if exact and refused else None


def _is_ipv4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == _IPV4_PARTS and all(part.isdigit() and int(part) <= _IPV4_PART_LIMIT for part in parts)


def _suggest_host(value: object) -> str:
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", str(value).strip().replace("*", ""))
    near = suggest_dns_subdomain(re.split(r"[/:?#]", bare, maxsplit=1)[0])
    return near if _host_problem(near, wildcard=False) is None else "vision.example.com"


def _suggest_path(value: object) -> str:
    bare = re.split(r"[?#]", str(value).strip(), maxsplit=1)[0] if isinstance(value, str) else ""
    segments = (segment.strip() for segment in unquote(bare[: 4 * PATH_LIMIT]).split("/"))
    kept = [quote(segment, safe=_SAFE_IN_SEGMENT, errors="replace") for segment in segments]
    near = "/" + "/".join(segment for segment in kept if segment not in ("", ".", ".."))
    return near if len(near) > 1 and _path_problem(near, exact=True) is None else "/ai-service"

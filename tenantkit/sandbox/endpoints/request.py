"""API requests, and their attributes as parsed from method, path and query.

Authorization uses only these attributes, so that a user without permission gets 403, not 404, for a resource that does
not exist.

Source: page "Authorization", section "Review your request attributes"; endpoints/request/requestinfo.go, 1.37.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from multidict import MultiDict, MultiMapping

from tenantkit.rules.selectors.field_selectors import parse_field_selector
from tenantkit.rules.selectors.label_selectors import parse_label_selector
from tenantkit.sandbox.apimachinery.errors import ApiError, bad_request
from tenantkit.sandbox.apimachinery.go_text import quoted
from tenantkit.sandbox.apimachinery.json_text import with_replacements
from tenantkit.sandbox.auth.request_info import RequestInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.sandbox.auth.users import User

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})
_INT64_DIGITS = 19
_INTEGER = re.compile(r"[+-]?[0-9]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request; `warnings` go into the response's headers."""

    info: RequestInfo
    user: User
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = ""
    user_agent: str = ""
    warnings: list[str] = field(default_factory=list)


class BadTargetError(Exception):
    """The request's path can't be read: a plain 400 without a Status."""


def parse_target(target: str) -> tuple[str, MultiDict[str]]:
    """The decoded path and query of a request's target; bytes that are not UTF-8 become U+FFFD.

    As in Go, a part of the query with a broken escape is left out, and a path with one is refused.

    Raises:
        BadTargetError: the path has a broken escape.

    Example:
        >>> path, query = parse_target("/api/v1/pods?limit=1&continue=%zz")
        >>> path, dict(query)
        ('/api/v1/pods', {'limit': '1'})
    """
    path, _, rest = target.partition("?")
    if _BAD_ESCAPE.search(path):
        raise BadTargetError
    query = MultiDict[str]()
    for part in rest.split("&"):
        name, _, value = part.partition("=")
        if part and ";" not in part and not _BAD_ESCAPE.search(part):
            query.add(_decoded(name.replace("+", " ")), _decoded(value.replace("+", " ")))
    return _decoded(path), query


def text_of_header(value: str) -> str:
    """A header's value; its bytes that are not UTF-8 become U+FFFD."""
    return with_replacements(value.encode("utf-8", "surrogateescape"))


def values(query: Mapping[str, str], name: str) -> list[str]:
    """All values of one name in a query."""
    return query.getall(name, []) if isinstance(query, MultiMapping) else [query[name]] if name in query else []


def _decoded(text: str) -> str:
    return with_replacements(unquote_to_bytes(text.encode("utf-8", "surrogateescape")))


def parse_request_info(method: str, path: str, query: Mapping[str, str]) -> RequestInfo:
    """The attributes of a request.

    Args:
        method: the HTTP method, in capitals.
        path: the decoded path, without the query.
        query: the query, which can make a list a watch or restrict it to one name.

    Returns:
        The attributes; `resource` is empty for a non-resource path.

    Example:
        >>> parse_request_info("GET", "/api/v1/namespaces/vision/pods", {}).verb
        'list'
    """
    parts = path.strip("/").split("/")
    plain = RequestInfo(method.lower(), path)
    if parts[0] not in {"api", "apis"} or len(parts) < (3 if parts[0] == "api" else 4):
        return plain
    group, version, *rest = parts[1:] if parts[0] == "apis" else ["", *parts[1:]]
    verb, namespace = _VERBS.get(method, ""), ""
    if rest[0] in {"watch", "proxy"}:
        if len(rest) == 1:
            why = "unable to determine kind and namespace from url"
            raise ApiError(code=500, reason="InternalError", message=f"failed to create RequestInfo: {why}")
        verb, rest = rest[0], rest[1:]
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES:  # noqa: PLR2004 (more than namespaces/NAME)
            rest = rest[2:]
    resource, name, subresource = (*rest, "", "")[:3]
    if verb == "get" and not name:
        verb = "watch" if flag(query, "watch") else "list"
        name = _selected_name(query)
    if verb == "delete" and not name:
        verb = "deletecollection"
    return RequestInfo(verb, path, group, version, resource, subresource, namespace, name, unnamed=not resource)


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean of the query, by default False; of the values only `false` and `0` are false, as in Go."""
    return name in query and query[name] != "0" and query[name].lower() != "false"


def number(query: Mapping[str, str], name: str) -> int | None:
    """A whole number of the query, by default None. Raises ApiError 400 if it is invalid."""
    if name not in query:
        return None
    text = query[name]
    if not _INTEGER.fullmatch(text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if len(text.lstrip("+-0")) > _INT64_DIGITS or not -(2**63) <= int(text) < 2**63:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)


def check_name_in_path(name: str) -> None:
    """Raise ApiError 400 for a name that can't be part of a path."""
    why = [f"may not be '{name}'"] if name in {".", ".."} else []
    why += [f"may not contain '{character}'" for character in "/%" if character in name]
    if why:
        raise bad_request(f"Name parameter invalid: {quoted(name)}: {';'.join(why)}")


def _selected_name(query: Mapping[str, str]) -> str:
    """The name that the field selector of a list or watch requires; empty if any part of the query is invalid."""
    try:
        number(query, "limit")
        parse_label_selector(query.get("labelSelector", ""))
        return parse_field_selector(query.get("fieldSelector", "")).exact("metadata.name") or ""
    except (ValueError, ApiError):
        return ""

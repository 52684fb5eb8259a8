"""The URL path of a kind, a name and a namespace; pure.

With an empty name, a path means another request: DELETE of a collection, or a list. So each part is checked before
anything is sent. A missing namespace is also refused: with the connection's namespace as default, as in kubectl, a
mistake could write into a namespace that nobody named.
Source: pages "Kubernetes API Concepts" (Resource URIs) and "Object Names and IDs" (path segment names).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.kinds import Kind

_SAFE = "-._~!$&'()*+,;=:@"


def collection_path(kind: Kind, namespace: str | None = None) -> str:
    """The path of all objects of a kind, in one namespace or, where that is None, in the whole cluster.

    Raises:
        InvalidSpecError: the namespace is not valid, or the kind is not namespaced.

    Example:
        >>> from tenantkit.rules.kinds import kind_of
        >>> collection_path(kind_of("Ingress"), "vision")
        '/apis/networking.k8s.io/v1/namespaces/vision/ingresses'
    """
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    if namespace is None:
        return f"{root}/{kind.plural}"
    if not kind.namespaced:
        raise InvalidSpecError(
            [Problem("namespace", namespace, f"{kind.kind} is not namespaced: leave out the namespace")]
        )
    return f"{root}/namespaces/{_segment('namespace', namespace)}/{kind.plural}"


def object_path(kind: Kind, name: str, namespace: str | None = None, *, subresource: str | None = None) -> str:
    """The path of one object, or of a subresource of it.

    Raises:
        InvalidSpecError: the name or the namespace is not valid, or the namespace is missing.

    Example:
        >>> from tenantkit.rules.kinds import kind_of
        >>> object_path(kind_of("Namespace"), "vision")
        '/api/v1/namespaces/vision'
    """
    path = f"{creation_path(kind, namespace)}/{_segment('name', name)}"
    return f"{path}/{subresource}" if subresource else path


def creation_path(kind: Kind, namespace: str | None = None) -> str:
    """The path for creating an object: its collection, with the namespace if the kind is namespaced.

    Raises:
        InvalidSpecError: the namespace is missing or not valid, or the kind is not namespaced.
    """
    if kind.namespaced and namespace is None:
        reason = f"a {kind.kind} is namespaced: pass its namespace"
        raise InvalidSpecError([Problem("namespace", namespace, reason)])
    return collection_path(kind, namespace)


def with_query(path: str, query: Mapping[str, str | int | bool | None]) -> str:
    """A path with its query; entries that are None or False are left out, True is `true`.

    Example:
        >>> with_query("/api/v1/pods", {"limit": 500, "labelSelector": "a=b", "continue": None})
        '/api/v1/pods?limit=500&labelSelector=a%3Db'
    """
    given = {
        key: "true" if value is True else str(value)
        for key, value in query.items()
        if value is not None and value is not False
    }
    return f"{path}?{urlencode(given)}" if given else path


def _segment(field: str, value: object) -> str:
    """One quoted segment of a path."""
    if not isinstance(value, str) or not value:
        raise InvalidSpecError([Problem(field, value, f"use a {field} that is a non-empty text")])
    if value in (".", "..") or "/" in value or "%" in value or not value.isprintable():
        raise InvalidSpecError([Problem(field, value, "do not use '/', '%', invisible characters, '.' or '..'")])
    return quote(value, safe=_SAFE)

"""The resource that a request is for, if the server has it and its verb there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import method_not_allowed, no_such_resource
from tenantkit.sandbox.apimachinery.resources import find, serves

if TYPE_CHECKING:
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.request_info import RequestInfo


class PageNotFoundError(Exception):
    """The server has nothing at that path: a plain 404 without a Status."""


def is_beyond(info: RequestInfo) -> bool:
    """Whether a path has more or other parts than those of its resource, name and subresource."""
    parts = info.path.strip("/").split("/")
    if parts[2:3] == ["watch"] or parts[3:4] == ["watch"]:
        return False
    has_namespace = info.namespace or parts[2:4] == ["namespaces", ""] or parts[3:5] == ["namespaces", ""]
    in_namespace = ["namespaces", info.namespace] if has_namespace and info.resource != "namespaces" else []
    named = [part for part in (info.resource, info.name, info.subresource) if part]
    prefix = ["apis", info.group, info.version] if info.group else ["api", info.version]
    if info.verb in {"list", "watch"}:
        named = named[:1]  # the name is from a field selector
    return parts != [*prefix, *in_namespace, *named]


def is_unplaced(info: RequestInfo) -> bool:
    """Whether the path names an object in the namespace with the empty name."""
    return bool(info.name) and not info.namespace and "/namespaces//" in info.path


def requested_resource(info: RequestInfo) -> Resource:
    """The resource of a request.

    Raises:
        ApiError: 404, the resource is not served; 405, it does not have the verb at that path.
        PageNotFoundError: the group and version are not served.
    """
    resource = _resource_at(info)
    verbs = resource.verbs
    if info.subresource:
        subresource = resource.subresources.get(info.subresource)
        if subresource is None or not info.name:
            raise no_such_resource()
        verbs = subresource.verbs
    if info.verb not in verbs:
        raise method_not_allowed()
    if _is_everywhere(resource, info) and info.verb not in {"list", "watch"} and not is_unplaced(info):
        raise method_not_allowed()
    is_named = bool(info.name)
    if info.verb == "create" and is_named != bool(info.subresource):
        raise method_not_allowed()
    if info.verb in {"update", "patch"} and not is_named:
        raise method_not_allowed()
    return resource


def _resource_at(info: RequestInfo) -> Resource:
    """The resource at a path, whatever the verb; raises ApiError 404 or PageNotFoundError."""
    if info.path.startswith("//"):
        raise PageNotFoundError
    if is_beyond(info):
        raise no_such_resource()
    try:
        resource = find(info.group, info.version, info.resource)
    except LookupError:
        if serves(info.group, info.version):
            raise no_such_resource() from None
        raise PageNotFoundError from None
    misplaced = info.namespace and not resource.namespaced and resource.plural != "namespaces"
    is_unknown = _is_everywhere(resource, info) and info.name and info.verb not in {"list", "watch"}
    if misplaced or (is_unknown and not is_unplaced(info)):
        raise no_such_resource()
    return resource


def _is_everywhere(resource: Resource, info: RequestInfo) -> bool:
    """Whether the path is that of a namespaced resource in all namespaces."""
    return resource.namespaced and not info.namespace

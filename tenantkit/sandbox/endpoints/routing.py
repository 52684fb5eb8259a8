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


def requested_resource(info: RequestInfo) -> Resource:
    """The resource of a request.

    Raises:
        ApiError: 404, the resource is not served; 405, it does not have the verb at that path.
        PageNotFoundError: the group and version are not served.
    """
    try:
        resource = find(info.group, info.version, info.resource)
    except LookupError:
        if serves(info.group, info.version):
            raise no_such_resource() from None
        raise PageNotFoundError from None
    verbs = resource.verbs
    if info.subresource:
        subresource = resource.subresources.get(info.subresource)
        if subresource is None or not info.name:
            raise no_such_resource()
        verbs = subresource.verbs
    if info.verb not in verbs:
        raise method_not_allowed()
    everywhere = resource.namespaced and not info.namespace
    if everywhere and info.verb not in {"list", "watch"}:
        raise method_not_allowed() if not info.name else no_such_resource()
    misplaced = info.namespace and not resource.namespaced and resource.plural != "namespaces"
    if misplaced:
        raise no_such_resource()
    is_named = bool(info.name)
    if info.verb == "create" and is_named != bool(info.subresource):
        raise method_not_allowed()
    if info.verb in {"update", "patch"} and not is_named:
        raise method_not_allowed()
    return resource

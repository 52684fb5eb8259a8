"""The server's errors: one Status each, in the API server's words.

One exception carries the response's body, and one function per reason writes the message, so that handlers do not
write their own. Rejected alternative: an exception class per status, because nothing here catches them separately.

Source: k8s.io/apimachinery/pkg/api/errors, 1.37; page "Kubernetes API Concepts".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.exceptions import Portable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

# storage paths that differ from the resource's plural
_REGISTRY = {"services": "/services/specs", "ingresses": "/ingress", "nodes": "/minions"}


@dataclass(frozen=True, slots=True)
class Cause:
    """One invalid field; `message` does not include the field's name."""

    field: str
    message: str
    reason: str

    def body(self) -> Manifest:
        """The cause as in a Status, without empty fields."""
        found = {"reason": self.reason, "message": self.message, "field": self.field}
        return {key: value for key, value in found.items() if value}


class ApiError(Portable):
    """A request that is answered with a Status.

    Args:
        code: the HTTP status.
        reason: the Status' reason; empty if the server gives none.
        message: the message for users.
        name: the object's name, if there is one.
        kind: the object's kind, or the plural of its resource, as the server's constructors set it.
        group: the object's API group.
        causes: invalid fields, or fields in conflict.
        retry_after_s: seconds after which to retry.
        empty_details: whether to write `details` even if it is empty, as some of the server's constructors do.
    """

    def __init__(  # noqa: PLR0913 (the fields of a Status)
        self,
        *,
        code: int,
        reason: str,
        message: str,
        name: str = "",
        kind: str = "",
        group: str = "",
        causes: Iterable[Cause] = (),
        retry_after_s: int = 0,
        empty_details: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.name = name
        self.kind = kind
        self.group = group
        self.causes = tuple(causes)
        self.retry_after_s = retry_after_s
        self.empty_details = empty_details

    def status_body(self) -> Manifest:
        """The Status to send."""
        details: Manifest = {"name": self.name, "group": self.group, "kind": self.kind}
        details |= {"causes": [cause.body() for cause in self.causes], "retryAfterSeconds": self.retry_after_s}
        details = {key: value for key, value in details.items() if value}
        body: Manifest = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": self.message} | ({"reason": self.reason} if self.reason else {})
        return body | ({"details": details} if details or self.empty_details else {}) | {"code": self.code}


def not_found(resource: Resource, name: str) -> ApiError:
    """404: the object does not exist."""
    return _of(resource, name, 404, "NotFound", f'{resource.qualified} "{name}" not found')


def already_exists(resource: Resource, name: str, *, is_terminating: bool = False) -> ApiError:
    """409: an object of that name exists, or is being deleted."""
    lead = "object is being deleted: " if is_terminating else ""
    return _of(resource, name, 409, "AlreadyExists", f'{lead}{resource.qualified} "{name}" already exists')


def conflict(resource: Resource, name: str, message: str, *, causes: Iterable[Cause] = ()) -> ApiError:
    """409: the object is not in the state that the request expects."""
    text = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {message}'
    return _of(resource, name, 409, "Conflict", text, causes)


def other_uid(resource: Resource, old: Manifest, uid: str, *, dry_run: bool = False) -> ApiError:
    """409: the request's uid is that of an earlier object of the name; the message is the storage's."""
    metadata = old["metadata"]
    root = ("" if dry_run else "/registry") + _REGISTRY.get(resource.plural, f"/{resource.plural}")
    path = "/".join(part for part in (root, metadata.get("namespace"), metadata["name"]) if part)
    key = f"Key: {path}, ResourceVersion: 0"
    why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata['uid']}"
    message = f"StorageError: invalid object, Code: 4, {key}, AdditionalErrorMsg: {why}"
    return conflict(resource, metadata["name"], message)


def forbidden(resource: Resource, name: str, message: str, *, causes: Iterable[Cause] = ()) -> ApiError:
    """403: refused by the authorizer or an admission plug-in."""
    named = f'{resource.qualified} "{name}"' if name else resource.qualified
    return _of(resource, name, 403, "Forbidden", f"{named} is forbidden: {message}", causes)


def invalid(api_version: str, kind: str, name: str, causes: Iterable[Cause]) -> ApiError:
    """422: the object has invalid fields; all are reported at once."""
    causes = tuple(causes)
    group = api_version.rpartition("/")[0]
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    shown = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    message = f'{kind}{"." if group else ""}{group} "{name}" is invalid: {shown}'
    return ApiError(code=422, reason="Invalid", message=message, name=name, kind=kind, group=group, causes=causes)


def bad_request(message: str) -> ApiError:
    """400: the request can't be read."""
    return ApiError(code=400, reason="BadRequest", message=message)


def resource_expired(message: str) -> ApiError:
    """410: the resource version or continue token is too old."""
    return ApiError(code=410, reason="Expired", message=message)


def no_such_resource() -> ApiError:
    """404: the group and version are served, but not the resource."""
    return _generic(404, "NotFound", "the server could not find the requested resource")


def method_not_allowed() -> ApiError:
    """405: the resource does not have the verb."""
    return _generic(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def unsupported_media_type(
    accepted: str = "application/json, application/yaml, application/vnd.kubernetes.protobuf",
) -> ApiError:
    """415: the body's media type is not supported."""
    message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    return ApiError(code=415, reason="UnsupportedMediaType", message=message)


def not_acceptable() -> ApiError:
    """406: the response can't be written in a media type that the client accepts."""
    return _generic(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json")


def not_convertible(message: str) -> ApiError:
    """406: the object can't be converted to the requested form."""
    return ApiError(code=406, reason="NotAcceptable", message=message)


def unauthorized() -> ApiError:
    """401: the token is unknown."""
    return ApiError(code=401, reason="Unauthorized", message="Unauthorized")


def _of(  # noqa: PLR0913, PLR0917 (the fields of a Status)
    resource: Resource, name: str, code: int, reason: str, message: str, causes: Iterable[Cause] = ()
) -> ApiError:
    group, kind = resource.group, resource.plural
    return ApiError(code=code, reason=reason, message=message, name=name, kind=kind, group=group, causes=causes)


def _generic(code: int, reason: str, message: str) -> ApiError:
    return ApiError(code=code, reason=reason, message=message, empty_details=True)

"""The server's errors: a Status each, in the API server's own words.

One exception carries what becomes the answer's body, and one constructor a reason writes its text, so that no handler
makes up wording of its own. Turned down: an exception class a status, which nothing here would catch apart.

Source: k8s.io/apimachinery/pkg/api/errors, 1.37; page "Kubernetes API Concepts".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

# where the storage keeps what it does not keep under its plural
_REGISTRY = {"services": "/services/specs", "ingresses": "/ingress", "nodes": "/minions"}


@dataclass(frozen=True, slots=True)
class Cause:
    """One wrong field and what is wrong with it; `message` is without the field's name."""

    field: str
    message: str
    reason: str

    def body(self) -> Manifest:
        """The cause as a Status lists it; what is empty is left out."""
        found = {"reason": self.reason, "message": self.message, "field": self.field}
        return {key: value for key, value in found.items() if value}


class ApiError(Exception):
    """A request that ends with a Status.

    Args:
        code: the HTTP status.
        reason: the Status' reason; empty where the server gives none.
        message: the text for people.
        name: of the object, where there is one.
        kind: of the object, or its resource's plural, as the server's constructors have it.
        group: its API group.
        causes: wrong fields, or fields in conflict.
        retry_after_s: when to try again.
        empty_details: write `details` also when nothing is in it, as some of the server's constructors do.
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
        """The Status that is sent."""
        details: Manifest = {"name": self.name, "group": self.group, "kind": self.kind}
        details |= {"causes": [cause.body() for cause in self.causes], "retryAfterSeconds": self.retry_after_s}
        details = {key: value for key, value in details.items() if value}
        body: Manifest = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": self.message} | ({"reason": self.reason} if self.reason else {})
        return body | ({"details": details} if details or self.empty_details else {}) | {"code": self.code}


def not_found(resource: Resource, name: str) -> ApiError:
    """404: no such object."""
    return _of(resource, name, 404, "NotFound", f'{resource.qualified} "{name}" not found')


def already_exists(resource: Resource, name: str, *, is_leaving: bool = False) -> ApiError:
    """409: an object of that name is there, perhaps on its way out."""
    lead = "object is being deleted: " if is_leaving else ""
    return _of(resource, name, 409, "AlreadyExists", f'{lead}{resource.qualified} "{name}" already exists')


def conflict(resource: Resource, name: str, message: str, *, causes: Iterable[Cause] = ()) -> ApiError:
    """409: the object is not as the request supposes."""
    text = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {message}'
    return _of(resource, name, 409, "Conflict", text, causes)


def other_uid(resource: Resource, old: Manifest, uid: str, *, dry_run: bool = False) -> ApiError:
    """The 409 for a body that speaks of an earlier object of the name, as it comes out of the real server's storage."""
    metadata = old["metadata"]
    root = ("" if dry_run else "/registry") + _REGISTRY.get(resource.plural, f"/{resource.plural}")
    path = "/".join(part for part in (root, metadata.get("namespace"), metadata["name"]) if part)
    key = f"Key: {path}, ResourceVersion: 0"
    why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata['uid']}"
    message = f"StorageError: invalid object, Code: 4, {key}, AdditionalErrorMsg: {why}"
    return conflict(resource, metadata["name"], message)


def forbidden(resource: Resource, name: str, message: str, *, causes: Iterable[Cause] = ()) -> ApiError:
    """403: the authoriser or an admission plug-in says no."""
    named = f'{resource.qualified} "{name}"' if name else resource.qualified
    return _of(resource, name, 403, "Forbidden", f"{named} is forbidden: {message}", causes)


def invalid(api_version: str, kind: str, name: str, causes: Iterable[Cause]) -> ApiError:
    """422: the object's fields are wrong, all of them at once."""
    causes = tuple(causes)
    group = api_version.rpartition("/")[0]
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    shown = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    message = f'{kind}{"." if group else ""}{group} "{name}" is invalid: {shown}'
    return ApiError(code=422, reason="Invalid", message=message, name=name, kind=kind, group=group, causes=causes)


def bad_request(message: str) -> ApiError:
    """400: the request can't be read."""
    return ApiError(code=400, reason="BadRequest", message=message)


def gone(message: str) -> ApiError:
    """410: the resource version or continue token is too old."""
    return ApiError(code=410, reason="Expired", message=message)


def no_such_resource() -> ApiError:
    """404: the group and version are served, that resource of theirs is not."""
    return _generic(404, "NotFound", "the server could not find the requested resource")


def method_not_allowed() -> ApiError:
    """405: the resource knows no such verb."""
    return _generic(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def unsupported_media_type(
    accepted: str = "application/json, application/yaml, application/vnd.kubernetes.protobuf",
) -> ApiError:
    """415: the body is in a format that is not read here."""
    message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    return ApiError(code=415, reason="UnsupportedMediaType", message=message)


def not_acceptable() -> ApiError:
    """406: the answer can't be written as the client wants it."""
    return _generic(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json")


def not_convertible(message: str) -> ApiError:
    """406: the answer is not to be had in the form that is asked for."""
    return ApiError(code=406, reason="NotAcceptable", message=message)


def unauthorized() -> ApiError:
    """401: nobody knows that token."""
    return ApiError(code=401, reason="Unauthorized", message="Unauthorized")


def _of(  # noqa: PLR0913, PLR0917 (all of a Status)
    resource: Resource, name: str, code: int, reason: str, message: str, causes: Iterable[Cause] = ()
) -> ApiError:
    group, kind = resource.group, resource.plural
    return ApiError(code=code, reason=reason, message=message, name=name, kind=kind, group=group, causes=causes)


def _generic(code: int, reason: str, message: str) -> ApiError:
    return ApiError(code=code, reason=reason, message=message, empty_details=True)

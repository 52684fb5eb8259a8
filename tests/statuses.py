"""The body of an API server's refusal: a Status object, compared whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def status(code: int, reason: str | None, message: str, details: Manifest | None = None) -> Manifest:
    """The Status of a failure; a reason or details that are None are left out, as the server does."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code}
    optional = {"reason": reason, "details": details}
    return body | {key: value for key, value in optional.items() if value is not None}


def forbidden(plural: str, name: str, why: str, **details: Any) -> Manifest:
    """The Status of a 403 for one object."""
    message = f'{plural} "{name}" is forbidden: {why}'
    return status(403, "Forbidden", message, {"kind": plural, "name": name, **details})

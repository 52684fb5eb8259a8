"""What an API server answers when it refuses: a Status, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def forbidden(plural: str, name: str, why: str, **details: Any) -> Manifest:
    """The Status of a 403: that object is forbidden, and why."""
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "code": 403,
        "reason": "Forbidden",
        "message": f'{plural} "{name}" is forbidden: {why}',
        "details": {"kind": plural, "name": name, **details},
    }

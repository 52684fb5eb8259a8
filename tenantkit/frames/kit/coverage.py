"""Which part of a frame's scope a list covers: a list of a part must not look like a list of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.cluster.visible import Scope


def gap_in(kind: str, covered: Scope, scope: Scope) -> str | None:
    """What a list of a kind leaves out, for `attrs["incomplete"]`; None if it covers all of the frame's scope.

    Example:
        >>> gap_in("Pod", ("speech",), ("speech", "vision"))
        'not allowed to list Pod in vision'
    """
    if covered in ("cluster", scope):
        return None
    if scope == "cluster":
        return f"you may list {kind} only in {', '.join(covered)}"
    missing = sorted({*scope} - {*covered})
    return f"not allowed to list {kind} in {', '.join(missing)}" if missing else None


def gap_in_namespaces(covered: Scope, scope: Scope) -> str | None:
    """The namespaces of the frame's scope whose Namespace may not be read; None if all may be."""
    if covered in ("cluster", scope):
        return None
    missing = ["the whole cluster"] if scope == "cluster" else sorted({*scope} - {*covered})
    return f"may not read namespaces: {', '.join(missing)}" if missing else None

"""Which part of a frame's scope a list covers: a list of a part must not look like a list of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.display.shown import ASKED, PARTIAL
from tenantkit.provision.stored.platform import known_team
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope

_NAMED = 10


def note_scope(frame: pd.DataFrame, cluster: Cluster, scope: Scope, named: Sequence[str] | None) -> None:
    """Set what a frame covers, in `attrs["scope"]`; it shows that where the caller did not name just these namespaces.

    Args:
        frame: as a reader returns it.
        cluster: the connection.
        scope: the part of the cluster that was read.
        named: the namespaces that the caller named, by themselves or by their tenant; None: none.

    Example:
        >>> tk.quota_usage(tk.connect(context="sandbox-owner"), by="team").attrs["partial"]
        'that you may read'
    """
    frame.attrs["scope"] = scope
    if (which := which_part(cluster, scope, named)) is not None:
        frame.attrs[PARTIAL] = which


def note_totals(frame: pd.DataFrame, cluster: Cluster) -> None:
    """Set whom to ask for the totals of the whole cluster, in `attrs["asked"]`, where `note_scope` found only a part.

    RBAC: as `get_platform`, if that is allowed.

    Example:
        >>> owner = tk.connect(context="sandbox-owner")
        >>> tk.quota_usage(owner, by="team").attrs["asked"]
        'the platform team (provisioner@example.com)'
    """
    if PARTIAL in frame.attrs:
        frame.attrs[ASKED] = known_team(cluster)


def which_part(cluster: Cluster, scope: Scope, named: Sequence[str] | None) -> str | None:
    """Which namespaces a scope has, for `attrs["partial"]`; None for the whole cluster, and for those that were named.

    The arguments are those of `note_scope`.
    """
    if scope == "cluster":
        return None
    asked = cluster.namespaces if named is None else named
    if not asked or {*asked} - {*scope}:
        return "that you may read"
    return "of this connection" if named is None else None


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


def note_unreadable(incomplete: dict[str, str], *found: Iterable[object]) -> None:
    """Name the objects of some lists that could not be parsed, in `attrs["incomplete"]` under their kind.

    Example:
        >>> from tenantkit.cluster.requests.unreadable import ObjectList, UnreadableObject
        >>> incomplete = {"Pod": "not allowed to list Pod in vision"}
        >>> note_unreadable(incomplete, ObjectList([], unreadable=[UnreadableObject("Pod", "a", "x", "is not JSON")]))
        >>> incomplete
        {'Pod': "not allowed to list Pod in vision; Pod 'x' in 'a' is not JSON"}
    """
    by_kind: dict[str, list[str]] = {}
    for each in found:
        for unreadable in unreadable_in(each):
            by_kind.setdefault(unreadable.kind, []).append(str(unreadable))
    for kind, texts in by_kind.items():
        before = f"{incomplete[kind]}; " if kind in incomplete else ""
        incomplete[kind] = before + first_of(texts, _NAMED, separator="; ")


def gap_in_namespaces(covered: Scope, scope: Scope) -> str | None:
    """The namespaces of the frame's scope whose Namespace may not be read; None if all may be."""
    if covered in ("cluster", scope):
        return None
    missing = ["the whole cluster"] if scope == "cluster" else sorted({*scope} - {*covered})
    return f"may not read namespaces: {', '.join(missing)}" if missing else None

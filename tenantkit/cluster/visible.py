"""Who one is to the server, what one may do, and what one may see.

The server is asked, never guessed at: a kubeconfig's user name is only a label, and RBAC isn't the only authoriser.
Source: pages "Authorization" (Checking API access) and "Authenticating" (API access to authentication information).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from tenantkit.cluster.arguments import check_is_cluster
from tenantkit.cluster.requests.list import Selection, list_kept
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, Problem
from tenantkit.hints import Hint
from tenantkit.rules.kinds import Kind, kind_of
from tenantkit.rules.selectors import parse_field_selector, parse_label_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

Scope = tuple[str, ...] | Literal["cluster"]

_Kept = TypeVar("_Kept")

_THREADS = 8
_NAME_NAMESPACES = Hint("{name_namespaces}")  # the default namespace, which was tried, is rarely the right one


def list_visible(
    cluster: Cluster,
    kind: str,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
) -> tuple[list[Manifest], Scope]:
    """All objects of a kind that the user may see, and what that covers.

    Args:
        cluster: where.
        kind: a key of `KINDS`.
        namespaces: only these. Default: the connection's `namespaces`; where it has none, the whole cluster, or the
            connection's own namespace where the whole cluster may not be listed.
        label_selector: as the API server writes it.
        field_selector: likewise.

    Returns:
        The objects, and `"cluster"` or the namespaces that could be read: some of those asked for may be missing.

    Raises:
        PermissionDenied: none may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list that kind, for the whole cluster or in each namespace; for Namespace itself, get each.

    Example:
        >>> pods, scope = list_visible(cluster, "Pod")  # doctest: +SKIP
    """
    return keep_visible(
        cluster, kind, _whole, namespaces=namespaces, label_selector=label_selector, field_selector=field_selector
    )


def keep_visible(  # noqa: PLR0913 (what selects objects; all but three are optional)
    cluster: Cluster,
    kind: str | Kind,
    keep: Callable[[Manifest], _Kept],
    *,
    parts: type | None = None,
    metadata_only: bool = False,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
) -> tuple[list[_Kept], Scope]:
    """The same, keeping of each object only what is needed: so a large list is never in memory as a whole.

    Args:
        cluster: where.
        kind: a key of `KINDS`, or where a kind lives that is not in it.
        keep: what to keep of an object; called from several threads, and again where a list is begun again.
        parts: a TypedDict of what `keep` looks at, so that the rest need not be made. Default: whole objects.
        metadata_only: whether to ask the server for no more than the objects' metadata.
        namespaces: as for `list_visible`, and so are the selectors, errors and rights.
        label_selector: likewise.
        field_selector: likewise.

    Returns:
        What was kept, and what it covers.

    Example:
        >>> names, scope = keep_visible(cluster, "Pod", lambda pod: pod["metadata"]["name"])  # doctest: +SKIP
    """
    place = kind if isinstance(kind, Kind) else kind_of(kind)

    def listed(namespace: str | None) -> list[_Kept]:
        if place.kind == "Namespace" and namespace is not None:
            return [keep(found) for found in _namespace(cluster, namespace, label_selector, field_selector)]
        selection = Selection(place, namespace, label_selector, field_selector, parts, metadata_only)
        return list_kept(cluster.session, selection, keep).items

    found, scope = each_visible(cluster, place, listed, namespaces=namespaces)
    return [item for items in found for item in items], scope


def chosen_namespaces(cluster: Cluster, namespaces: Sequence[str] | None) -> tuple[str, ...]:
    """The namespaces that were asked for, each once: else the connection's; empty means all.

    Raises:
        InvalidSpecError: the cluster is none, or they are one text, whose letters are no namespaces.
    """
    check_is_cluster(cluster)
    if isinstance(namespaces, str):
        raise InvalidSpecError([Problem("namespaces", namespaces, f"use a list: [{namespaces!r}]")])
    return tuple(dict.fromkeys(cluster.namespaces if namespaces is None else namespaces))


def each_visible(
    cluster: Cluster, kind: Kind, read: Callable[[str | None], _Kept], *, namespaces: Sequence[str] | None = None
) -> tuple[list[_Kept], Scope]:
    """What is read of the whole cluster at once, or else of each namespace that the user may see.

    Args:
        cluster: where.
        kind: what is read.
        read: reads a namespace, or all (None); called from several threads.
        namespaces: as for `list_visible`, and so are errors and rights.

    Returns:
        One reading of the whole cluster, or one of each namespace; and what that covers.
    """
    is_placed = kind.namespaced or kind.kind == "Namespace"
    asked = chosen_namespaces(cluster, namespaces) if is_placed else ()
    is_told = bool(asked)
    if not asked and namespaces is not None and is_placed:
        return [], ()
    if not asked:
        try:
            return [read(None)], "cluster"
        except PermissionDenied:
            if not is_placed:
                raise
            asked = (cluster.namespace,)

    def tried(namespace: str) -> tuple[_Kept | None, PermissionDenied | None]:
        try:
            return read(namespace), None
        except PermissionDenied as refusal:
            return None, refusal

    with ThreadPoolExecutor(min(_THREADS, len(asked)), thread_name_prefix="tenantkit") as pool:
        readings = list(zip(asked, pool.map(tried, asked), strict=True))
    refusals = [refusal for _, (_, refusal) in readings if refusal is not None]
    if len(refusals) == len(asked):
        raise refusals[0] if is_told else refusals[0].with_hint(_NAME_NAMESPACES)
    found = [(namespace, cast("_Kept", kept)) for namespace, (kept, refusal) in readings if refusal is None]
    return [kept for _, kept in found], tuple(namespace for namespace, _ in found)


def visible_namespaces(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> tuple[str, ...]:
    """The names of the namespaces that the user may see, sorted.

    Args:
        cluster: where.
        namespaces: only these; the default is that of `list_visible`.

    Returns:
        Those that exist and may be read.

    Raises:
        PermissionDenied: none may be read.

    RBAC: list namespaces, or get each.

    Example:
        >>> visible_namespaces(cluster)  # doctest: +SKIP
        ('speech', 'vision')
    """
    found, _ = list_visible(cluster, "Namespace", namespaces=namespaces)
    return tuple(sorted(item["metadata"]["name"] for item in found))


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _namespace(cluster: Cluster, name: str, label_selector: str | None, field_selector: str | None) -> list[Manifest]:
    """A Namespace by get, which its members may where they may not list; selected here, since get selects nothing."""
    try:
        found = cluster.get("Namespace", name)
    except NotFound:
        return []
    fields = {"metadata.name": name, "status.phase": (found.get("status") or {}).get("phase", "")}
    is_selected = parse_label_selector(label_selector or "").matches(
        found["metadata"].get("labels") or {}
    ) and parse_field_selector(field_selector or "").matches(lambda field: str(fields.get(field, "")))
    return [found] if is_selected else []

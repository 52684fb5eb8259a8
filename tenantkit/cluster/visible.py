"""Lists of the objects that the user may see: of the whole cluster, or else of each namespace that may be read.

The server decides what may be read: each list is tried, and refusals are collected. Rejected alternative: to ask for
permissions first, which costs as many requests and can be wrong a moment later.
Source: pages "Authorization" (Checking API access) and "Authenticating" (API access to authentication information).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from tenantkit.cluster.arguments import check_is_cluster
from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.own_namespaces import NAME_NAMESPACES, read_index
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import ObjectList, UnreadableObject
from tenantkit.exceptions import NotFound, PermissionDenied, Unreadable
from tenantkit.rules.kinds import Kind, kind_of
from tenantkit.rules.selectors.field_selectors import parse_field_selector
from tenantkit.rules.selectors.label_selectors import parse_label_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.own_namespaces import OwnTenants
    from tenantkit.rules.manifest import Manifest

Scope = tuple[str, ...] | Literal["cluster"]

_Projected = TypeVar("_Projected")


def list_visible(
    cluster: Cluster,
    kind: str,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
) -> tuple[ObjectList[Manifest], Scope]:
    """All objects of a kind that the user may see, and the namespaces that this covers.

    Args:
        cluster: the connection.
        kind: a key of `KINDS`.
        namespaces: only these. Default: the connection's `namespaces`; if it has none, the whole cluster, or
            `own_namespaces` if the whole cluster may not be listed.
        label_selector: in the API server's syntax.
        field_selector: likewise.

    Returns:
        The objects, and `"cluster"` or the namespaces that could be read, of which some may be missing. Objects that
        cannot be parsed are in the list's `unreadable`.

    Raises:
        PermissionDenied: none may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list that kind, for the whole cluster or in each namespace; for Namespace itself, get each.

    Example:
        >>> pods, scope = list_visible(cluster, "Pod", namespaces=["speech"])
        >>> scope
        ('speech',)
    """
    return project_visible(
        cluster, kind, _whole, namespaces=namespaces, label_selector=label_selector, field_selector=field_selector
    )


def project_visible(  # noqa: PLR0913 (all but three are optional)
    cluster: Cluster,
    kind: str | Kind,
    projection: Callable[[Manifest], _Projected],
    *,
    fields: type | None = None,
    metadata_only: bool = False,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
) -> tuple[ObjectList[_Projected], Scope]:
    """The same, with only a projection of each object, so that a large list is never in memory as a whole.

    Args:
        cluster: the connection.
        kind: a key of `KINDS`, or a Kind that is not in it.
        projection: called from several threads, and again if a list has to start over.
        fields: a TypedDict with the fields that `projection` reads; others are not parsed. Default: whole objects.
        metadata_only: request only the objects' metadata.
        namespaces: as for `list_visible`, and so are the selectors, the errors and the permissions.
        label_selector: likewise.
        field_selector: likewise.

    Returns:
        The projections, and the namespaces that they cover.

    Example:
        >>> names, scope = project_visible(cluster, "Namespace", lambda namespace: namespace["metadata"]["name"])
        >>> "speech" in names, scope
        (True, 'cluster')
    """
    check_filters(label_selector=label_selector)
    place = kind if isinstance(kind, Kind) else kind_of(kind)

    def listed(namespace: str | None) -> ObjectList[_Projected]:
        if place.kind == "Namespace" and namespace is not None:
            found = _namespace(cluster, namespace, label_selector, field_selector)
            return ObjectList(map(projection, found), unreadable=found.unreadable)
        return list_projected(
            cluster,
            place,
            projection,
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            fields=fields,
            metadata_only=metadata_only,
        )

    found, scope = each_visible(cluster, place, listed, namespaces=namespaces)
    return ObjectList(chain(*found), unreadable=chain(*(items.unreadable for items in found))), scope


def chosen_namespaces(cluster: Cluster, namespaces: Sequence[str] | None) -> tuple[str, ...]:
    """These namespaces, else the connection's; empty means all.

    An empty list is passed on, since it may be what another list covered. Readers refuse it by `check_filters`.

    Raises:
        InvalidSpecError: they are not a list of names, or the cluster is not a Cluster.
    """
    check_is_cluster(cluster)
    if namespaces is None:
        return cluster.namespaces
    if isinstance(namespaces, list | tuple) and not namespaces:
        return ()
    return check_filters(namespaces=namespaces).namespaces or ()


def each_visible(
    cluster: Cluster, kind: Kind, read: Callable[[str | None], _Projected], *, namespaces: Sequence[str] | None = None
) -> tuple[list[_Projected], Scope]:
    """The results of reading the whole cluster at once, or else each namespace that the user may see.

    Args:
        cluster: the connection.
        kind: the kind that is read.
        read: reads a namespace, or all (None); called from several threads.
        namespaces: as for `list_visible`, and so are the errors and the permissions.

    Returns:
        One result for the whole cluster, or one for each namespace; and the namespaces that they cover.
    """
    is_namespaced = kind.namespaced or kind.kind == "Namespace"
    names = chosen_namespaces(cluster, namespaces) if is_namespaced else ()
    is_named = bool(names)
    if not names and namespaces is not None and is_namespaced:
        return [], ()
    if not names:
        try:
            return [read(None)], "cluster"
        except PermissionDenied:
            if not is_namespaced:
                raise
            indexed = read_index(cluster).namespaces
            is_named, names = bool(indexed), indexed or cluster.fallback_namespaces

    def tried(namespace: str) -> tuple[_Projected | None, PermissionDenied | None]:
        try:
            return read(namespace), None
        except PermissionDenied as refusal:
            return None, refusal

    readings = list(zip(names, side_by_side(tried, names), strict=True))
    refusals = [refusal for _, (_, refusal) in readings if refusal is not None]
    if len(refusals) == len(names):
        raise refusals[0] if is_named else refusals[0].with_hint(NAME_NAMESPACES)
    found = [(namespace, cast("_Projected", kept)) for namespace, (kept, refusal) in readings if refusal is None]
    return [kept for _, kept in found], tuple(namespace for namespace, _ in found)


def read_existing_own(cluster: Cluster) -> OwnTenants:
    """The user's tenants whose namespaces exist: the index also names those that somebody has deleted by hand.

    Of a deleted namespace, its members have lost the RoleBindings, so that the server denies it to them. A namespace
    exists also if its Namespace cannot be parsed.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: create selfsubjectrulesreviews, as any user may; get each namespace.

    Example:
        >>> read_existing_own(tk.connect(context="sandbox-owner")).namespaces
        ('chatbot', 'recsys', 'speech')
    """

    def exists(namespace: str) -> bool:
        try:
            cluster.get("Namespace", namespace)
        except (NotFound, PermissionDenied):
            return False
        except Unreadable:
            return True
        return True

    index = read_index(cluster)
    existing = dict(zip(index.namespaces, side_by_side(exists, index.namespaces), strict=True))
    return replace(index, tenants=tuple(tenant for tenant in index.tenants if existing[tenant.namespace]))


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _namespace(
    cluster: Cluster, name: str, label_selector: str | None, field_selector: str | None
) -> ObjectList[Manifest]:
    """A Namespace by get, since its members may not list Namespaces. The selectors are applied here."""
    try:
        found = cluster.get("Namespace", name)
    except NotFound:
        return ObjectList()
    except Unreadable as error:
        return ObjectList(unreadable=[UnreadableObject("Namespace", None, name, f"cannot be parsed: {error.what}")])
    fields = {"metadata.name": name, "status.phase": (found.get("status") or {}).get("phase", "")}
    is_selected = parse_label_selector(label_selector or "").matches(
        found["metadata"].get("labels") or {}
    ) and parse_field_selector(field_selector or "").matches(lambda field: str(fields.get(field, "")))
    return ObjectList([found] if is_selected else [])

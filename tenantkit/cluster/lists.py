"""Lists in other forms than whole objects: projections, the server's tables, and the kinds that a server has.

They are functions, since only tenantkit's own readers use them: `Cluster` keeps the methods that users need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tenantkit.cluster.requests import discovery, tables
from tenantkit.cluster.requests import list as lists
from tenantkit.cluster.requests.list import Selection
from tenantkit.cluster.requests.places import place_of
from tenantkit.rules.kinds import KINDS, Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.discovery import ServedKind
    from tenantkit.cluster.requests.tables import Table
    from tenantkit.cluster.requests.unreadable import ObjectList
    from tenantkit.rules.manifest import Manifest

_Projected = TypeVar("_Projected")


def list_projected(  # noqa: PLR0913 (all but three are optional)
    cluster: Cluster,
    kind: str | Kind,
    projection: Callable[[Manifest], _Projected],
    *,
    namespace: str | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
    fields: type | None = None,
    metadata_only: bool = False,
) -> ObjectList[_Projected]:
    """The results of a projection of all objects of a kind, so that a large list is never in memory as a whole.

    Objects that cannot be parsed are in its `unreadable`.

    Args:
        cluster: the connection.
        kind: a key of `KINDS`, or a Kind that is not in it.
        projection: called for each object, and again if the list has to start over.
        namespace: only this one. Default: the whole cluster.
        label_selector: in the API server's syntax.
        field_selector: likewise.
        fields: a TypedDict with the fields that `projection` reads; others are not parsed. Default: all fields.
        metadata_only: request only the objects' metadata.

    Raises:
        PermissionDenied: they may not be listed there.
        NotFound: the server does not have that kind.
        ClusterUnavailable: the server gave no answer.

    RBAC: list that kind, for the whole cluster or in that namespace.
    """
    place = kind if isinstance(kind, Kind) else kind_of(kind)
    selection = Selection(place, namespace, label_selector, field_selector, fields, metadata_only)
    return lists.list_projected(cluster._session, selection, projection).items  # noqa: SLF001 (within the package)


def list_table(
    cluster: Cluster, kind: Kind, *, namespace: str | None = None, label_selector: str | None = None
) -> Table:
    """All objects of a kind as the table that the server makes of them, as `kubectl get` shows it.

    Args:
        cluster: the connection.
        kind: any kind of the server, see `served_kinds`.
        namespace: only this one. Default: the whole cluster.
        label_selector: in the API server's syntax.

    Raises:
        PermissionDenied: they may not be listed there.
        ClusterUnavailable: the server gave no answer.

    RBAC: list that kind, for the whole cluster or in that namespace.
    """
    session = cluster._session  # noqa: SLF001 (within the package)
    return tables.list_table(session, kind, namespace, label_selector=label_selector)


def kind_at(cluster: Cluster, api_version: str, kind: str) -> Kind:
    """The kind of a manifest with its path: a known one, else the server's own.

    Args:
        cluster: the connection.
        api_version: as in the manifest.
        kind: as in the manifest.

    Raises:
        NotFound: the server does not serve that kind.
        ClusterError: its kinds could not be read.

    RBAC: for kinds that are not in `KINDS`, get /api and /apis, which any signed-in user may.
    """
    known = KINDS.get(kind)
    if known is not None and known.api_version == api_version:
        return known
    return place_of(cluster._session, api_version, kind)  # noqa: SLF001 (within the package)


def served_kinds(cluster: Cluster) -> list[ServedKind]:
    """All kinds of the server: the core group first, and of each group its preferred version first.

    Raises:
        PermissionDenied: they may not be read.
        NotFound: the server is older than Kubernetes 1.27.
        ClusterUnavailable: the server gave no answer.

    RBAC: get /api and /apis, which any signed-in user may.
    """
    return discovery.served_kinds(cluster._session)  # noqa: SLF001 (within the package)

"""The tenant and team of each namespace, from its labels, which only the platform writes.

Rejected alternative: the labels of the objects in the namespace, which anybody may write who may write there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import TypedDict

from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import PermissionDenied, Worded
from tenantkit.frames.kit.coverage import gap_in_namespaces, note_unreadable
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias, TypeVar

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest

    _Projected = TypeVar("_Projected")
    NamespaceOwners: TypeAlias = "Mapping[str, NamespaceOwner]"

_Labels = TypedDict("_Labels", {TENANT_LABEL: str, TEAM_LABEL: str}, total=False)  # type: ignore[misc]  # constants


class _Metadata(TypedDict, total=False):
    name: str
    labels: _Labels


class _Fields(TypedDict, total=False):
    metadata: _Metadata


class NamespaceOwner(NamedTuple):
    """A namespace's tenant and team."""

    tenant: str | None
    team: str | None


NO_OWNER = NamespaceOwner(None, None)


def read_namespace_owners(cluster: Cluster, scope: Scope, incomplete: dict[str, str]) -> dict[str, NamespaceOwner]:
    """The tenants' namespaces that the user may read, with tenant and team.

    Args:
        cluster: the connection.
        scope: what the objects cover that these namespaces belong to.
        incomplete: gets an entry `Namespace` with the reason, where some may not be read.

    Raises:
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, or get each; where both are refused, no owner is known.
    """
    return _read(cluster, scope, incomplete, _owner, fields=_Fields)[0]


def read_owners_of(
    objects: Iterable[Manifest],
    cluster: Cluster,
    scope: Scope,
    incomplete: dict[str, str],
    projection: Callable[[Manifest], _Projected],
) -> dict[str, _Projected | None]:
    """What a frame needs of the Namespace of each of these objects, as far as the user may read it.

    Args:
        objects: of any kind with a namespace.
        cluster: the connection.
        scope: what the objects cover.
        incomplete: as for `read_namespace_owners`, and so are the errors and the permissions.
        projection: of a tenant's Namespace; called from several threads.

    Returns:
        The projections by namespace; None: the namespace has no tenant. One that may not be read is missing.
    """
    found, seen = _read(cluster, scope, incomplete, lambda each: (each["metadata"]["name"], projection(each)))
    used = {each["metadata"]["namespace"] for each in objects}
    return {name: found.get(name) for name in used if seen == "cluster" or name in seen}


def _read(
    cluster: Cluster,
    scope: Scope,
    incomplete: dict[str, str],
    projection: Callable[[Manifest], tuple[str, _Projected]],
    *,
    fields: type | None = None,
) -> tuple[dict[str, _Projected], Scope]:
    """The projections of the tenants' Namespaces by name, and the namespaces that they cover."""
    if not scope:
        return {}, ()
    namespaces: Sequence[str] | None = None if scope == "cluster" else scope
    try:
        found, seen = project_visible(
            cluster, "Namespace", projection, fields=fields, namespaces=namespaces, label_selector=TENANT_NAMESPACES
        )
    except PermissionDenied as refusal:
        incomplete["Namespace"] = Worded.of(refusal)
        return {}, ()
    if (gap := gap_in_namespaces(seen, scope)) is not None:
        incomplete["Namespace"] = gap
    note_unreadable(incomplete, found)
    return dict(found), seen


def namespace_owner(namespace: Manifest) -> NamespaceOwner:
    """The tenant and team that a Namespace's labels name."""
    labels = namespace["metadata"].get("labels") or {}
    return NamespaceOwner(labels.get(TENANT_LABEL), labels.get(TEAM_LABEL))


def _owner(namespace: Manifest) -> tuple[str, NamespaceOwner]:
    return namespace["metadata"]["name"], namespace_owner(namespace)

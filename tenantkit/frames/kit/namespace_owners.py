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
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest

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
    if not scope:
        return {}
    namespaces: Sequence[str] | None = None if scope == "cluster" else scope
    try:
        owners, seen = project_visible(
            cluster, "Namespace", _owner, fields=_Fields, namespaces=namespaces, label_selector=TENANT_NAMESPACES
        )
    except PermissionDenied as refusal:
        incomplete["Namespace"] = Worded.of(refusal)
        return {}
    if (gap := gap_in_namespaces(seen, scope)) is not None:
        incomplete["Namespace"] = gap
    note_unreadable(incomplete, owners)
    return dict(owners)


def _owner(namespace: Manifest) -> tuple[str, NamespaceOwner]:
    metadata = namespace["metadata"]
    labels = metadata.get("labels") or {}
    return metadata["name"], NamespaceOwner(labels.get(TENANT_LABEL), labels.get(TEAM_LABEL))

"""Whose each namespace is: as its own labels say, which only the platform writes.

Turned down: the labels of the objects in it, which anybody may write who may write there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import TypedDict

from tenantkit.cluster.visible import keep_visible
from tenantkit.exceptions import PermissionDenied
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.provision.stored import TENANT_NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest

    Owned: TypeAlias = "Mapping[str, Whose]"

_Labels = TypedDict("_Labels", {TENANT_LABEL: str, TEAM_LABEL: str}, total=False)  # type: ignore[misc]  # our own


class _Metadata(TypedDict, total=False):
    name: str
    labels: _Labels


class _Parts(TypedDict, total=False):
    metadata: _Metadata


class Whose(NamedTuple):
    """A namespace's tenant and team."""

    tenant: str | None
    team: str | None


NOBODYS = Whose(None, None)


def read_owned(cluster: Cluster, scope: Scope, unread: dict[str, str]) -> dict[str, Whose]:
    """The tenants' namespaces, as far as they may be read, and whose they are.

    Args:
        cluster: where.
        scope: of what was listed there.
        unread: gets an entry `Namespace`, the reason, where some may not be read.

    Raises:
        ClusterUnavailable: the server gave no answer.

    RBAC: list namespaces, or get each; where that is refused, nothing is known.
    """
    if not scope:
        return {}
    namespaces: Sequence[str] | None = None if scope == "cluster" else scope
    try:
        found, seen = keep_visible(
            cluster, "Namespace", _whose, parts=_Parts, namespaces=namespaces, label_selector=TENANT_NAMESPACES
        )
    except PermissionDenied as refusal:
        unread["Namespace"] = str(refusal)
        return {}
    if seen != scope:
        unseen = "the whole cluster" if namespaces is None else ", ".join(sorted({*namespaces} - {*seen}))
        unread["Namespace"] = f"Namespace may not be read of {unseen}"
    return dict(found)


def _whose(namespace: Manifest) -> tuple[str, Whose]:
    metadata = namespace["metadata"]
    labels = metadata.get("labels") or {}
    return metadata["name"], Whose(labels.get(TENANT_LABEL), labels.get(TEAM_LABEL))

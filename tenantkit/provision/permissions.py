"""The permissions that planning and applying a tenant need, and those that a user is missing.

The server is asked, with one review per permission. A yes is not a promise, since quotas and admission policies decide
later; a no is worth showing before somebody fills in a form. Rejected alternative: a review for each of the fourteen
kinds, since tenantkit's own roles grant them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.manifests.labels import QUOTA_NAME
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster

_Permission = tuple[str, str, str | None]  # verb, kind, name


@dataclass(frozen=True, slots=True)
class MissingPermissions:
    """The permissions that are missing for each task, as text: `create namespaces and create rolebindings`.

    A text is empty where none is missing.

    Args:
        plan: to see what would change.
        grant: to change the platform's part: name, size, owners and the like.
        team: to change the team's part: members and routes.
    """

    plan: str
    grant: str
    team: str


_GRANT_NEW: Sequence[_Permission] = (
    ("create", "Namespace", None),
    ("create", "ResourceQuota", None),
    ("create", "NetworkPolicy", None),
    ("create", "RoleBinding", None),
)
_PLAN_NEW: Sequence[_Permission] = (("list", "Namespace", None),)
_PLAN: Sequence[_Permission] = (
    ("list", "ResourceQuota", None),
    ("list", "NetworkPolicy", None),
    ("list", "RoleBinding", None),
    ("list", "Ingress", None),
)
_TEAM: Sequence[_Permission] = (
    ("create", "RoleBinding", None),
    ("create", "Ingress", None),
)


def missing_permissions(cluster: Cluster, namespace: str | None) -> MissingPermissions:
    """Ask the server what the user may do.

    Args:
        cluster: the cluster.
        namespace: of the existing tenant; None for a new tenant.

    RBAC: create selfsubjectaccessreviews, which any signed-in user may.
    """
    if namespace is None:
        grant = _missing(cluster, _GRANT_NEW, None)
        return MissingPermissions(plan=_missing(cluster, _PLAN_NEW, None), grant=grant, team=grant)
    grant_existing: Sequence[_Permission] = (("patch", "Namespace", namespace), ("patch", "ResourceQuota", QUOTA_NAME))
    return MissingPermissions(
        plan=_missing(cluster, _PLAN, namespace),
        grant=_missing(cluster, grant_existing, namespace),
        team=_missing(cluster, _TEAM, namespace),
    )


def _missing(cluster: Cluster, permissions: Sequence[_Permission], namespace: str | None) -> str:
    """The permissions that are refused, as text: `create namespaces and create resourcequotas`."""
    answers = side_by_side(
        lambda permission: cluster.can(permission[0], permission[1], namespace=namespace, name=permission[2]),
        permissions,
    )
    refused = [
        f"{verb} {kind_of(kind).plural}"
        for (verb, kind, _), is_allowed in zip(permissions, answers, strict=True)
        if not is_allowed
    ]
    where = f" in namespace {namespace!r}" if namespace else ""
    listed = " and ".join([", ".join(refused[:-1]), refused[-1]] if refused[1:] else refused)
    return f"{listed}{where}" if refused else ""

"""What the user may do with a tenant, asked before a button is offered.

Asked from the server, one review a permission; a yes is no promise (quotas and policies have their say later), but a
no is worth telling before somebody has filled in a form. Turned down: asking for each of the fourteen kinds; who may
write these may write the rest, since tenantkit's own roles grant them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.manifests.labels import QUOTA_NAME, SPEC_CONFIG_MAP
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster

_Need = tuple[str, str, str | None]  # verb, kind, name


@dataclass(frozen=True, slots=True)
class Rights:
    """What is refused, each as the permissions that are missing; empty where nothing is.

    Args:
        plan: to see what would change.
        grant: to change the platform's part: the walls.
        team: to change the team's part: people and routes.
    """

    plan: str
    grant: str
    team: str


_GRANT_NEW: Sequence[_Need] = (
    ("create", "Namespace", None),
    ("create", "ResourceQuota", None),
    ("create", "RoleBinding", None),
)
_PLAN_NEW: Sequence[_Need] = (("list", "Namespace", None),)
_PLAN: Sequence[_Need] = (("list", "ConfigMap", None), ("list", "ResourceQuota", None), ("list", "RoleBinding", None))
_TEAM: Sequence[_Need] = (
    ("patch", "ConfigMap", SPEC_CONFIG_MAP),
    ("create", "RoleBinding", None),
    ("create", "Ingress", None),
)


def tenant_rights(cluster: Cluster, namespace: str | None) -> Rights:
    """What the user may do.

    Args:
        cluster: where.
        namespace: of the tenant that is there; None for one that is to be made.

    RBAC: create selfsubjectaccessreviews, which any signed-in user may.
    """
    if namespace is None:
        grant = _missing(cluster, _GRANT_NEW, None)
        return Rights(plan=_missing(cluster, _PLAN_NEW, None), grant=grant, team=grant)
    walls: Sequence[_Need] = (("patch", "Namespace", namespace), ("patch", "ResourceQuota", QUOTA_NAME))
    return Rights(
        plan=_missing(cluster, _PLAN, namespace),
        grant=_missing(cluster, walls, namespace),
        team=_missing(cluster, _TEAM, namespace),
    )


def _missing(cluster: Cluster, needs: Sequence[_Need], namespace: str | None) -> str:
    """The needs that are not granted, as text: `'create namespaces' and 'create resourcequotas'`."""
    answers = side_by_side(lambda need: cluster.can(need[0], need[1], namespace=namespace, name=need[2]), needs)
    refused = [
        f"'{verb} {kind_of(kind).plural}'" for (verb, kind, _), may in zip(needs, answers, strict=True) if not may
    ]
    where = f" in {namespace!r}" if namespace else ""
    return f"{' and '.join(refused)}{where}" if refused else ""

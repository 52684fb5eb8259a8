"""`whoami`: who the API server takes the caller for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.reviews import review

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the server takes the user for.

    Args:
        username: as RBAC would name it: `dana@example.com`, `system:serviceaccount:jupyterhub:jupyter-dana`.
        groups: likewise.
        context: of the kubeconfig; `in-cluster` for a pod's own account, None where the server was given by hand.
        server: the API server's URL.
        is_sandbox: whether it is tenantkit's own.
    """

    username: str
    groups: tuple[str, ...]
    context: str | None
    server: str
    is_sandbox: bool


@takes_cluster
def whoami(cluster: Cluster) -> Identity:
    """Who the server takes you for: the first thing to look at when something is denied.

    Args:
        cluster: where.

    Returns:
        User name and groups in the server's words, and which server that is.

    Raises:
        Unauthorized: it does not know you.
        ClusterUnavailable: it gave no answer.

    RBAC: create selfsubjectreviews, which any signed-in user may. Source: page "Authenticating", SelfSubjectReview.

    Example:
        >>> whoami(cluster).username  # doctest: +SKIP
        'dana@example.com'
    """
    answer = review(cluster.session, "SelfSubjectReview", {}, Operation("ask who I am"))
    found = (answer.get("status") or {}).get("userInfo") or {}
    cluster.user = str(found.get("username") or "")
    groups = tuple(str(group) for group in found.get("groups") or ())
    return Identity(cluster.user, groups, cluster.context, cluster.server, cluster.is_sandbox)

"""`whoami`: the user that the API server sees."""

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
    """The user that the server sees.

    Args:
        username: as in RBAC: `dana@example.com`, `system:serviceaccount:jupyterhub:jupyter-dana`.
        groups: likewise.
        context: of the kubeconfig; `in-cluster` for a pod's own account, None where the server was passed.
        server: the API server's URL.
        is_sandbox: whether the server is tenantkit's sandbox.

    Example:
        >>> whoami(cluster).groups
        ('system:masters', 'system:authenticated')
    """

    username: str
    groups: tuple[str, ...]
    context: str | None
    server: str
    is_sandbox: bool


@takes_cluster
def whoami(cluster: Cluster) -> Identity:
    """The user that the server sees: check it first when something is denied.

    Args:
        cluster: the connection, from `connect`.

    Returns:
        Your user name and groups on the server, and the server itself.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: create selfsubjectreviews, which any signed-in user may. Source: page "Authenticating", SelfSubjectReview.

    Example:
        >>> whoami(cluster).username
        'admin@example.com'
    """
    answer = review(cluster._session, "SelfSubjectReview", {}, Operation("read your user"))  # noqa: SLF001 (within the package)
    found = answer["status"].get("userInfo")
    found = found if isinstance(found, dict) else {}
    cluster.user = str(found.get("username") or "")
    listed = found.get("groups")
    groups = tuple(str(group) for group in listed) if isinstance(listed, list) else ()
    return Identity(cluster.user, groups, cluster.context, cluster.server, cluster.is_sandbox)

"""The user that the API server sees, which a kubeconfig may call by another name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.reviews import user_info

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster


@dataclass(frozen=True, slots=True)
class User:
    """The user that the server sees.

    Args:
        username: as in RBAC: `dana@example.com`, `system:serviceaccount:jupyterhub:jupyter-dana`.
        groups: likewise.
        context: of the kubeconfig; `in-cluster` for a pod's own account, None where the server was passed.
        server: the API server's URL.
        is_sandbox: whether the server is tenantkit's sandbox.
    """

    username: str
    groups: tuple[str, ...]
    context: str | None
    server: str
    is_sandbox: bool


def read_user(cluster: Cluster) -> User:
    """The user that the server sees, in one request.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: create selfsubjectreviews, which any signed-in user may. Source: page "Authenticating", SelfSubjectReview.
    """
    found = user_info(cluster._session)  # noqa: SLF001 (within the package)
    cluster.user = str(found.get("username") or "")
    listed = found.get("groups")
    groups = tuple(str(group) for group in listed) if isinstance(listed, list) else ()
    return User(cluster.user, groups, cluster.context, cluster.server, cluster.is_sandbox)

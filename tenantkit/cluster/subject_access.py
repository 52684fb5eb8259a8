"""What others may do: the server's answer about a user and groups that need not be signed in.

Source: page "Authorization", section "Checking API access".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tenantkit.cluster import reviews
from tenantkit.cluster.http.errors import Operation

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.cluster.cluster import Cluster


class Request(NamedTuple):
    """What is asked for: a verb on a resource, with its subresource after a slash, perhaps of one object."""

    verb: str
    group: str
    resource: str
    name: str | None = None


def may(cluster: Cluster, user: str, groups: Collection[str], request: Request, namespace: str | None) -> bool:
    """Whether the server's authorizers allow a user something.

    Args:
        cluster: the connection.
        user: as the server knows them; empty for a member of the groups whoever it is.
        groups: of the user.
        request: what is asked for.
        namespace: where; None for everywhere.

    Raises:
        PermissionDenied: you may not ask about others.
        ClusterUnavailable: the server gave no answer.

    RBAC: create subjectaccessreviews.
    """
    resource, _, subresource = request.resource.partition("/")
    attributes = {
        "verb": request.verb,
        "group": request.group,
        "resource": resource,
        "subresource": subresource,
        "name": request.name,
        "namespace": namespace,
    }
    spec = {"resourceAttributes": {key: value for key, value in attributes.items() if value}, "groups": sorted(groups)}
    operation = Operation(f"check another user's permission to {request.verb}", "SubjectAccessReview", None, namespace)
    asked = spec | ({"user": user} if user else {})
    answer = reviews.review(cluster._session, "SubjectAccessReview", asked, operation)  # noqa: SLF001 (within the package)
    return answer["status"].get("allowed") is True

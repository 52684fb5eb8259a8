"""The logs of containers.

They are functions, as in `lists`: users call `tenantkit.logs`, which finds the containers of a workload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.requests import log

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.log import FollowedLog, LogSelection


def read_log(cluster: Cluster, selection: LogSelection) -> bytes:
    """The selected lines, each with its time.

    Raises:
        BadRequest: the container has no such log: it has not started, or it has no previous run.
        PermissionDenied: logs may not be read there.
        NotFound: the pod, or its node, does not exist.
        ClusterUnavailable: the server, or the node's kubelet, gave no answer.

    RBAC: get pods/log.
    """
    return log.read_log(cluster._session, selection)  # noqa: SLF001 (a part of the client)


def follow_log(cluster: Cluster, selection: LogSelection) -> FollowedLog:
    """The lines as they are written; sends nothing before its `lines` are read.

    RBAC: get pods/log.
    """
    return log.FollowedLog(cluster._session, selection)  # noqa: SLF001 (a part of the client)

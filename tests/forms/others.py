"""What other people do to a tenant, with kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster


def edit_quota(cluster: Cluster, namespace: str, **hard: str) -> None:
    """Set limits of a tenant's quota with `kubectl edit`, so that another field manager has them."""
    quota = cluster.get("ResourceQuota", "tenantkit-quota", namespace)
    changed = quota | {"spec": {"hard": quota["spec"]["hard"] | hard}}
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/tenantkit-quota?fieldManager=kubectl-edit"
    cluster._session.ask(Call("PUT", path, Operation("edit"), orjson.dumps(changed)))

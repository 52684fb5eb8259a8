"""What other people do to a tenant, with kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


def edit_quota(cluster: Cluster, namespace: str, **hard: str) -> None:
    """Set limits of a tenant's quota with `kubectl edit`, so that another field manager has them."""
    quota = cluster.get("ResourceQuota", "tenantkit-quota", namespace)
    changed = quota | {"spec": {"hard": quota["spec"]["hard"] | hard}}
    _put(cluster, f"/api/v1/namespaces/{namespace}/resourcequotas/tenantkit-quota", changed)


def set_finalizers(cluster: Cluster, namespace: str, finalizers: Sequence[str]) -> None:
    """Set the finalizers of a tenant's LimitRange, so that its namespace waits for them when it is deleted."""
    limits = cluster.get("LimitRange", "tenantkit-limits", namespace)
    changed = limits | {"metadata": limits["metadata"] | {"finalizers": list(finalizers)}}
    _put(cluster, f"/api/v1/namespaces/{namespace}/limitranges/tenantkit-limits", changed)


def _put(cluster: Cluster, path: str, manifest: Manifest) -> None:
    call = Call("PUT", f"{path}?fieldManager=kubectl-edit", Operation("edit"), orjson.dumps(manifest))
    cluster._session.ask(call)

"""What pods really use, where a metrics server tells: beside what they request, since the difference lies idle.

Source: page "Resource metrics pipeline" (metrics.k8s.io/v1beta1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import TypedDict

from tenantkit.cluster.visible import keep_visible
from tenantkit.exceptions import ClusterError
from tenantkit.frames.kit.fast_quantities import Numbers
from tenantkit.frames.kit.schema import numbers_where
from tenantkit.rules.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest

POD_METRICS = Kind("PodMetrics", "metrics.k8s.io", "v1beta1", "pods", namespaced=True)
_MEASURED = {"cpu": "cpu", "requests.cpu": "cpu", "memory": "memory", "requests.memory": "memory"}


class _Metadata(TypedDict, total=False):
    namespace: str


class _Container(TypedDict, total=False):
    usage: dict[str, str]


class _Parts(TypedDict, total=False):
    metadata: _Metadata
    containers: list[_Container]


def read_measured(cluster: Cluster, scope: Scope) -> dict[tuple[str, str], float]:
    """What the pods of each namespace really use, in cores and bytes, by namespace and `cpu` or `memory`.

    Raises:
        ClusterError: there is no metrics server, it does not answer, or it may not be asked.

    RBAC: list pods of metrics.k8s.io, for the whole cluster or in each namespace.
    """
    numbers = Numbers()

    def keep(metrics: Manifest) -> tuple[str, float, float]:
        used = [container.get("usage") or {} for container in metrics.get("containers") or ()]
        cpu, memory = (sum(numbers[each.get(name, "0")] for each in used) for name in ("cpu", "memory"))
        return metrics["metadata"]["namespace"], cpu, memory

    namespaces = None if scope == "cluster" else scope
    found, _ = keep_visible(cluster, POD_METRICS, keep, parts=_Parts, namespaces=namespaces)
    total: dict[tuple[str, str], float] = {}
    for namespace, cpu, memory in found:
        for name, amount in (("cpu", cpu), ("memory", memory)):
            total[namespace, name] = total.get((namespace, name), 0.0) + amount
    return total


def add_measured(frame: pd.DataFrame, cluster: Cluster, scope: Scope) -> pd.DataFrame:
    """The frame of `quota_usage` with its column `measured` filled in, or the reason why not in its `attrs`.

    Raises:
        ClusterError: the API server gave no answer; that the metrics server gives none is no error.
    """
    try:
        measured = read_measured(cluster, scope) if scope else {}
    except ClusterError as error:
        if error.status is None:
            raise
        frame.attrs["unmeasured"] = str(error)
        return frame
    told = frame.assign(measured=_column(frame, measured))
    told.attrs = dict(frame.attrs)
    return told


def _column(frame: pd.DataFrame, measured: Mapping[tuple[str, str], float]) -> pd.api.extensions.ExtensionArray:
    """Of quotas for all pods alone: which pods are in a scope, their metrics don't tell."""
    places = zip(frame["namespace"], frame["resource"], frame["scopes"].isna(), strict=True)
    found = [
        measured.get((namespace, _MEASURED.get(resource, "")), np.nan) if is_whole else np.nan
        for namespace, resource, is_whole in places
    ]
    values = np.array(found, dtype=np.float64)
    return numbers_where(values, np.isnan(values))

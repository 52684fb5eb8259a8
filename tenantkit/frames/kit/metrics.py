"""The cpu and memory that pods really use, from the metrics server: the difference to their requests is idle.

Source: page "Resource metrics pipeline" (metrics.k8s.io/v1beta1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from typing_extensions import TypedDict

from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import ClusterError, Worded
from tenantkit.frames.kit.coverage import gap_in, note_unreadable
from tenantkit.frames.kit.fast_quantities import Numbers
from tenantkit.rules.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest

POD_METRICS = Kind("PodMetrics", "metrics.k8s.io", "v1beta1", "pods", namespaced=True)
_METRIC_OF = {"cpu": "cpu", "requests.cpu": "cpu", "memory": "memory", "requests.memory": "memory"}


class _Metadata(TypedDict, total=False):
    namespace: str


class _Container(TypedDict, total=False):
    usage: dict[str, str]


class _Fields(TypedDict, total=False):
    metadata: _Metadata
    containers: list[_Container]


def read_measured(cluster: Cluster, scope: Scope) -> tuple[dict[tuple[str, str], float], str | None]:
    """The usage of each namespace's pods, in cores and bytes, by namespace and `cpu` or `memory`; and what is missing.

    Raises:
        ClusterError: there is no metrics server, it does not answer, or the user may not list its metrics.

    RBAC: list pods of metrics.k8s.io, for the whole cluster or in each namespace.
    """
    numbers = Numbers()

    def keep(metrics: Manifest) -> tuple[str, float, float]:
        usages = [container.get("usage") or {} for container in metrics.get("containers") or ()]
        cpu, memory = (sum(numbers[usage.get(name, "0")] for usage in usages) for name in ("cpu", "memory"))
        return metrics["metadata"]["namespace"], cpu, memory

    namespaces = None if scope == "cluster" else scope
    pods, covered = project_visible(cluster, POD_METRICS, keep, fields=_Fields, namespaces=namespaces)
    total: dict[tuple[str, str], float] = {}
    for namespace, cpu, memory in pods:
        for name, amount in (("cpu", cpu), ("memory", memory)):
            total[namespace, name] = total.get((namespace, name), 0.0) + amount
    incomplete: dict[str, str] = {}
    if (gap := gap_in(POD_METRICS.kind, covered, scope)) is not None:
        incomplete[POD_METRICS.kind] = gap
    note_unreadable(incomplete, pods)
    return total, incomplete.get(POD_METRICS.kind)


def add_measured(frame: pd.DataFrame, cluster: Cluster, scope: Scope) -> pd.DataFrame:
    """The frame of `quota_usage` with its column `measured` filled in, or the reason why not in its `attrs`.

    Raises:
        ClusterError: the API server did not answer. A metrics server that does not answer raises nothing.
    """
    try:
        measured, gap = read_measured(cluster, scope) if scope else ({}, None)
    except ClusterError as error:
        if error.status is None:
            raise
        frame.attrs["incomplete"] = {**frame.attrs["incomplete"], POD_METRICS.kind: Worded.of(error)}
        return frame
    filled = frame.assign(measured=_column(frame, measured))
    filled.attrs = dict(frame.attrs)
    if gap is not None:
        filled.attrs["incomplete"] = {**frame.attrs["incomplete"], POD_METRICS.kind: gap}
    return filled


def _column(frame: pd.DataFrame, measured: Mapping[tuple[str, str], float]) -> pd.Series[float]:
    """Only for quotas that cover all pods: metrics do not say which scope a pod is in."""
    places = zip(frame["namespace"], frame["resource"], frame["scopes"].isna(), strict=True)
    values = [
        measured.get((namespace, _METRIC_OF.get(resource, ""))) if covers_all else None
        for namespace, resource, covers_all in places
    ]
    return pd.Series(values, index=frame.index, dtype="Float64")

"""One odd object that the server accepts costs its cells, in every frame that reads it; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

import tenantkit as tk
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

LAST = "9999-12-31T23:59:59Z"
FIRST = "0001-01-02T00:00:00Z"
GPUS = {"nvidia.com/gpu": "1", "nvidia.com/gpumem": "3000", "nvidia.com/gpucores": "30"}


def event(namespace: str, name: str, **times: Any) -> Manifest:
    involved = {"kind": "Pod", "name": name, "namespace": namespace, "apiVersion": "v1"}
    metadata = {"name": f"{name}.1", "namespace": namespace}
    said = {"reason": "Odd", "message": name, "type": "Warning", "involvedObject": involved, **times}
    return {"apiVersion": "v1", "kind": "Event", "metadata": metadata, **said}


def pod(namespace: str, name: str, amounts: dict[str, str]) -> Manifest:
    container = {"name": "main", "image": "busybox", "resources": {"requests": amounts, "limits": amounts}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def by_name(frame: pd.DataFrame, key: str = "name") -> dict[str, Any]:
    return {row[key]: row for row in frame.to_dict("records")}


def _wait_for_account(cluster: Cluster, namespace: str) -> None:
    """A pod is refused until its namespace has the default account."""
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))


def test_events_of_any_year_are_rows_beside_the_others(cluster: Cluster, namespace: str) -> None:
    cluster.create(event(namespace, "last", firstTimestamp=FIRST, lastTimestamp=LAST, count=2**31 - 1))
    cluster.create(event(namespace, "negative", firstTimestamp=LAST, lastTimestamp=FIRST, count=-5))
    cluster.create(event(namespace, "bare"))

    frame = tk.events(cluster, namespaces=[namespace]).query("reason == 'Odd'")

    rows = by_name(frame, "message")
    assert sorted(rows) == ["bare", "last", "negative"]
    assert str(frame["last_seen"].dtype) == "datetime64[us, UTC]"
    assert (rows["last"]["first_seen"], rows["last"]["last_seen"]) == (pd.Timestamp(FIRST), pd.Timestamp(LAST))
    tk.why(cluster, namespaces=[namespace])


def test_a_pod_of_more_memory_than_a_column_holds_is_a_row_beside_the_others(cluster: Cluster, namespace: str) -> None:
    _wait_for_account(cluster, namespace)
    cluster.create(pod(namespace, "big", {"cpu": "1", "memory": "100E"}))
    cluster.create(pod(namespace, "small", {"cpu": "1", "memory": "1Gi"}))

    found: Any = tk.pods(cluster, namespaces=[namespace])
    pods, workloads = by_name(found), by_name(tk.workloads(cluster, namespaces=[namespace]))

    assert (pods["big"]["cpu_requests_cores"], pods["small"]["cpu_requests_cores"]) == (1.0, 1.0)
    assert pods["small"]["memory_requests_bytes"] == 2**30
    assert pd.isna(pods["big"]["memory_requests_bytes"])
    assert pd.isna(workloads["big"]["memory_requests_bytes"])
    assert "big" in found._repr_html_()
    tk.why(cluster, namespaces=[namespace])


def test_the_memory_and_cores_of_a_shared_gpu_are_not_devices(cluster: Cluster, namespace: str) -> None:
    _wait_for_account(cluster, namespace)
    cluster.create(pod(namespace, "shared", GPUS))

    [row] = tk.pods(cluster, namespaces=[namespace]).to_dict("records")

    assert (row["accelerators"], row["accelerator_kinds"]) == (1, "nvidia.com/gpu")

"""Updates that remove scheduling gates or protection finalizers.

The rules: pages "Pod Scheduling Readiness" and "Finalizers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.api.kind_samples import POD, place
from tests.contract.namespaces import fresh_name
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.api.kind_samples import Json
    from tests.contract.wire import Wire


def gates(*names: str) -> Json:
    return {"spec": {"schedulingGates": [{"name": name} for name in names]}}


def test_scheduling_gates_of_a_pod_are_removed_but_not_added(
    wire: Wire, cluster: Cluster, namespace: str, eventually: Callable[..., Any]
) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    path, name = f"/api/v1/namespaces/{namespace}/pods", fresh_name()
    spec = {**POD, **gates("example.com/a", "example.com/b")["spec"]}
    assert wire("POST", path, {"metadata": {"name": name}, "spec": spec}).status == 201

    added = wire("PATCH", f"{path}/{name}", gates("example.com/a", "example.com/c"), content_type=MERGE_PATCH)
    removed = wire("PATCH", f"{path}/{name}", gates("example.com/a"), content_type=MERGE_PATCH)

    text = "only deletion is allowed, but found new scheduling gate 'example.com/c'"
    assert added.status == 422
    assert added.body["details"]["causes"] == [
        {"reason": "FieldValueForbidden", "field": "spec.schedulingGates[1].name", "message": f"Forbidden: {text}"}
    ]
    assert (removed.status, removed.body["spec"]["schedulingGates"]) == (200, [{"name": "example.com/a"}])


def test_a_protection_finalizer_that_somebody_removes_is_not_put_back(
    wire: Wire, make_kind: Callable[..., Json]
) -> None:
    volume = make_kind("PersistentVolume")

    answer = wire("PATCH", place(volume), {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)

    assert answer.status == 200
    assert "finalizers" not in answer.body["metadata"]

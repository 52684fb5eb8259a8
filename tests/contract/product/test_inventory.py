"""Frames of pods and nodes, compared with the objects that were created; the same on both engines.

Neither a scheduler nor a kubelet is needed: pods name their node, and the tests write what a kubelet would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.nodes import nodes
from tenantkit.frames.pods import PODS, pods
from tenantkit.rules.manifest import ObjectRef
from tests.contract.namespaces import fresh_name
from tests.contract.product.pods_with_gpus import HOSTILE, pod
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire


@pytest.fixture
def node(cluster: Cluster, wire: Wire) -> Iterator[str]:
    """A node of the test's own, on which nothing runs."""
    name = fresh_name()
    cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {"nvidia.com/gpu.product": "NVIDIA-L4"}},
            "spec": {"taints": [{"key": "test", "effect": "NoSchedule"}], "unschedulable": True},
        }
    )
    has = {"cpu": "4", "memory": "16Gi", "pods": "10", "nvidia.com/gpu": "2", "nvidia.com/mig-1g.10gb": "7"}
    status = {"allocatable": has, "capacity": has, "conditions": [{"type": "Ready", "status": "True"}]}
    assert wire("PATCH", f"/api/v1/nodes/{name}/status", {"status": status}, content_type=MERGE_PATCH).status == 200
    yield name
    cluster.delete(ObjectRef("v1", "Node", name))


def test_pods_have_the_defaults_that_the_server_sets(
    cluster: Cluster, namespace: str, node: str, eventually: Callable[..., Any]
) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    cluster.create(pod(namespace, "b", nodeName=node))
    cluster.create(pod(namespace, "a"))

    frame = pods(cluster, namespaces=[namespace])

    created = [cluster.get("Pod", name, namespace)["metadata"]["creationTimestamp"] for name in "ab"]
    expected = pd.DataFrame(
        {
            "tenant": [None, None],
            "team": [None, None],
            "namespace": [namespace] * 2,
            "name": ["a", "b"],
            "workload": ["Pod/a", "Pod/b"],
            "root_workload": ["Pod/a", "Pod/b"],
            "phase": ["Pending"] * 2,
            "status": ["Pending"] * 2,
            "ready": [False] * 2,
            "restarts": [0, 0],
            "node": [None, node],
            "cpu_requests_cores": [0.25] * 2,
            "memory_requests_bytes": [2**26] * 2,
            "cpu_limits_cores": [None, None],
            "memory_limits_bytes": [2**27] * 2,
            "accelerators": [1, 1],
            "accelerator_kinds": ["nvidia.com/gpu"] * 2,
            "created": created,
            "started": [None, None],
            "counted": [True, True],
            "qos": ["Burstable"] * 2,
            "priority_class": [None, None],
            "reason": [None, None],
            "creator": [HOSTILE] * 2,
        }
    ).astype(PODS)
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == {"scope": (namespace,), "incomplete": {}}


def test_a_node_has_the_requests_of_its_pods(
    cluster: Cluster, namespace: str, node: str, eventually: Callable[..., Any]
) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    cluster.create(pod(namespace, "a", nodeName=node))

    row = nodes(cluster).set_index("name").loc[node].drop("created").to_dict()

    assert row == {
        "ready": True,
        "cordoned": True,
        "taints": row["taints"],
        "accelerator_product": "NVIDIA-L4",
        "accelerator_kinds": "nvidia.com/gpu, nvidia.com/mig-1g.10gb",
        "accelerators_allocatable": 9,
        "accelerators_requests": 1,
        "accelerators_free": 0,  # it is cordoned
        "mig_profiles": "1g.10gb=7",
        "cpu_allocatable_cores": 4.0,
        "cpu_requests_cores": 0.25,
        "cpu_free_cores": 0.0,
        "memory_allocatable_bytes": 2**34,
        "memory_requests_bytes": 2**26,
        "memory_free_bytes": 0,
        "pods_allocatable": 10,
        "pods_requests": 1,
        "pods_free": 0,
    }
    assert "test:NoSchedule" in row["taints"].split(", ")


@pytest.mark.parametrize("frame", [pods, nodes])
def test_a_user_without_permissions_gets_an_error(frame: Callable[[Cluster], pd.DataFrame], connect_as: Any) -> None:
    with pytest.raises(PermissionDenied, match="may not list"):
        frame(connect_as("stranger"))

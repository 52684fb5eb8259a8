"""The frame of nodes, from objects as a server returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.nodes import NODES, nodes, nodes_frame, reserved_by
from tenantkit.frames.pods import pods_frame
from tenantkit.plots.gpu_map import gpus
from tenantkit.rules.accelerators import accelerator_product, is_accelerator
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import CREATED, HOSTILE, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

REQUESTED = [name for name in NODES if name.endswith(("_requests", "_free", "_requests_cores", "_free_cores"))]
REQUESTED += ["memory_requests_bytes", "memory_free_bytes"]


def node(name: str = "gpu-1", **allocatable: str) -> Manifest:
    """A ready node with eight GPUs."""
    has = {"cpu": "15800m", "memory": "64Gi", "pods": "110", "nvidia.com/gpu": "8", "ephemeral-storage": "1Ti"}
    labels = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "cloud.google.com/gke-accelerator": "nvidia-h100"}
    return {
        "metadata": {"name": name, "creationTimestamp": CREATED, "labels": labels},
        "spec": {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]},
        "status": {"allocatable": has | allocatable, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def test_a_node_is_one_row_of_allocatable_requested_and_free_amounts() -> None:
    frame = nodes_frame([node()], reserved=reserved_by([pod("a"), pod("b", namespace="web")]))

    expected = pd.DataFrame(
        {
            "name": ["gpu-1"],
            "ready": [True],
            "cordoned": [False],
            "taints": ["nvidia.com/gpu=present:NoSchedule"],
            "accelerator_product": ["NVIDIA-H100-80GB-HBM3"],
            "accelerator_kinds": ["nvidia.com/gpu"],
            "accelerators_allocatable": [8],
            "accelerators_requests": [4],
            "accelerators_free": [4],
            "mig_profiles": [None],
            "cpu_allocatable_cores": [15.8],
            "cpu_requests_cores": [1.0],
            "cpu_free_cores": [14.8],
            "memory_allocatable_bytes": [2**36],
            "memory_requests_bytes": [2**31],
            "memory_free_bytes": [2**36 - 2**31],
            "pods_allocatable": [110],
            "pods_requests": [2],
            "pods_free": [108],
            "created": [CREATED],
        }
    ).astype(NODES)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    pd.testing.assert_frame_equal(nodes_frame([]), pd.DataFrame({name: [] for name in NODES}).astype(NODES))


def test_a_node_with_hardly_any_field_is_a_row_of_missing_values() -> None:
    row = nodes_frame([{"metadata": {"name": "new"}}], reserved={}).iloc[0].dropna().to_dict()

    assert row == {
        "name": "new",
        "ready": False,
        "cordoned": False,
        "accelerators_requests": 0,
        "cpu_requests_cores": 0.0,
        "memory_requests_bytes": 0,
        "pods_requests": 0,
    }


def test_a_node_without_accelerators_has_none_of_them() -> None:
    plain = node()
    plain["metadata"]["labels"], plain["spec"] = {}, {"unschedulable": True}
    del plain["status"]["allocatable"]["nvidia.com/gpu"]
    plain["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]

    row = nodes_frame([plain], reserved={}).iloc[0]

    assert row[["accelerators_allocatable", "accelerators_requests", "accelerators_free"]].tolist() == [0, 0, 0]
    assert row[["ready", "cordoned"]].tolist() == [False, True]
    assert row[["accelerator_product", "accelerator_kinds", "mig_profiles", "taints"]].isna().all()


def test_mig_slices_are_shown_by_profile() -> None:
    sliced = node(**{"nvidia.com/gpu": "4", "nvidia.com/mig-1g.10gb": "7", "nvidia.com/mig-3g.40gb": "2"})

    row = nodes_frame([sliced]).iloc[0]

    assert row["mig_profiles"] == "1g.10gb=7, 3g.40gb=2"
    assert row["accelerator_kinds"] == "nvidia.com/gpu, nvidia.com/mig-1g.10gb, nvidia.com/mig-3g.40gb"
    assert row["accelerators_allocatable"] == 13


def test_pods_that_are_finished_or_have_no_node_request_nothing() -> None:
    waiting = pod("waiting")
    del waiting["spec"]["nodeName"]
    found = [pod("done", status={"phase": "Succeeded"}), pod("failed", status={"phase": "Failed"}), waiting]

    assert reserved_by(found) == {}


def test_a_deleted_pod_counts_until_it_is_removed() -> None:
    going = pod(metadata={"deletionTimestamp": "2020-01-01T00:00:00Z", "deletionGracePeriodSeconds": 1})

    assert reserved_by([going])["gpu-1"].pods == 1


def test_a_node_that_lost_requested_devices_has_a_negative_free_amount() -> None:
    lost = node()
    del lost["status"]["allocatable"]["nvidia.com/gpu"]

    row = nodes_frame([lost], reserved=reserved_by([pod()])).iloc[0]

    assert row[["accelerator_kinds", "accelerators_allocatable", "accelerators_free"]].tolist() == [
        "nvidia.com/gpu",
        0,
        -2,
    ]


def test_hostile_texts_are_kept_as_data() -> None:
    strange = node(HOSTILE)
    strange["metadata"]["labels"] = {"nvidia.com/gpu.product": HOSTILE}
    strange["spec"]["taints"] = [{"key": HOSTILE, "effect": "NoExecute"}]

    row = nodes_frame([strange]).iloc[0]

    assert row[["name", "accelerator_product", "taints"]].tolist() == [HOSTILE, HOSTILE, f"{HOSTILE}:NoExecute"]


def test_requests_and_free_amounts_are_unknown_where_pods_may_not_be_listed_everywhere() -> None:
    found = answer(body={"items": [node()], "metadata": {}})
    denied = status(403, "Forbidden", "pods is forbidden")

    frame = nodes(cluster(Script(found, denied)))

    assert frame[REQUESTED].isna().all(axis=None)
    assert len(REQUESTED) == 8
    assert frame["accelerators_allocatable"].tolist() == [8]
    assert (frame.attrs["scope"], list(frame.attrs["incomplete"])) == ("cluster", ["Pod"])


def test_a_user_who_may_not_list_nodes_gets_an_error() -> None:
    with pytest.raises(PermissionDenied, match="may not list Node"):
        nodes(cluster(Script(status(403, "Forbidden", "nodes is forbidden"))))


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("nvidia.com/gpu", True),
        ("nvidia.com/gpu.shared", True),
        ("nvidia.com/mig-1g.10gb", True),
        ("amd.com/gpu", True),
        ("gpu.intel.com/i915", True),  # the name of its driver
        ("gpu.intel.com/xe", True),
        ("gpu.intel.com/i915_monitoring", False),
        ("google.com/tpu", True),
        ("aws.amazon.com/neuroncore", False),  # a part of aws.amazon.com/neuron
        ("habana.ai/gaudi", True),
        ("huawei.com/Ascend910", True),
        ("aliyun.com/gpu-mem", False),  # in GiB
        ("rdma/hca", False),
        ("smarter-devices/fuse", False),
        ("example.com/migration-slots", False),
        ("kubernetes.io/gpu", False),
        ("cpu", False),
        ("gpu", False),
    ],
)
def test_a_resource_is_an_accelerator_by_its_name(resource: str, expected: bool) -> None:  # noqa: FBT001
    assert is_accelerator(resource) is expected


def test_the_vendors_word_for_a_product_beats_the_clouds() -> None:
    labels: dict[str, Any] = {"cloud.google.com/gke-accelerator": "nvidia-l4"}

    assert accelerator_product(labels) == "nvidia-l4"
    assert accelerator_product(labels | {"nvidia.com/gpu.product": "NVIDIA-L4"}) == "NVIDIA-L4"
    assert accelerator_product({}) is None


@pytest.mark.parametrize(("cordoned", "ready", "free"), [(False, "True", 8), (True, "True", 0), (False, "False", 0)])
def test_nothing_is_free_on_a_node_that_takes_no_pods_in_the_frame_and_in_the_picture(
    cordoned: bool,  # noqa: FBT001
    ready: str,
    free: int,
) -> None:
    node = {
        "metadata": {"name": "n1"},
        "spec": {"unschedulable": cordoned},
        "status": {
            "allocatable": {"cpu": "4", "memory": "1Gi", "pods": "9", "nvidia.com/gpu": "8"},
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }

    frame = nodes_frame([node], reserved={})

    row = frame.iloc[0]
    assert (row["accelerators_free"], row["accelerators_allocatable"]) == (free, 8)
    assert all((row[name] == 0) == (free == 0) for name in ("cpu_free_cores", "memory_free_bytes", "pods_free"))
    assert f"{free} of 8 free" in gpus(frame, pods_frame([])).alt

"""What counts as an accelerator: devices and slices of all vendors, and never their memory, cores or percentages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.display.cells import resource_word
from tenantkit.forms.tenant.quota_words import device_text
from tenantkit.frames.nodes import nodes_frame, reserved_by
from tenantkit.frames.pods import pods_frame
from tenantkit.provision.plans.quota_words import entry_words
from tenantkit.rules.accelerators import accelerator_word, devices_in, is_accelerator

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

DEVICES = [
    "nvidia.com/gpu",
    "nvidia.com/gpu.shared",
    "nvidia.com/mig-1g.10gb",
    "nvidia.com/mig-1g.10gb.me",
    "nvidia.com/gpu-10gb",
    "nvidia.com/vgpu",
    "volcano.sh/vgpu-number",
    "volcano.sh/gpu-number",
    "amd.com/gpu",
    "amd.com/cpx_nps4",
    "gpu.intel.com/i915",
    "gpu.intel.com/xe",
    "habana.ai/gaudi",
    "google.com/tpu",
    "cloud-tpus.google.com/v3",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neurondevice",
    "huawei.com/Ascend910",
    "huawei.com/Ascend310P",
    "huawei.com/Ascend910B",
    "cambricon.com/mlu",
    "cambricon.com/mlu370",
    "cambricon.com/vmlu",
    "hygon.com/dcunum",
    "iluvatar.com/gpu",
    "iluvatar.ai/vgpu",
    "metax-tech.com/gpu",
    "metax-tech.com/sgpu",
    "mthreads.com/gpu",
    "mthreads.com/vgpu",
    "enflame.com/gcu",
    "enflame.com/vgcu",
    "kunlunxin.com/xpu",
    "kunlunxin.com/vxpu",
    "furiosa.ai/rngd",
    "furiosa.ai/warboy",
    "rebellions.ai/ATOM",
    "qualcomm.com/qaic",
    "graphcore.ai/ipu",
    "aliyun.com/gpu-count",
    "koordinator.sh/gpu.shared",
    "birentech.com/gpu",
    "xilinx.com/fpga-xilinx_u200",
    "example.com/accelerator",
    "tenstorrent.com/n150",
]
PARTS = [
    "nvidia.com/gpumem",
    "nvidia.com/gpucores",
    "nvidia.com/gpumem-percentage",
    "volcano.sh/vgpu-memory",
    "volcano.sh/vgpu-cores",
    "volcano.sh/vgpu-memory-percentage",
    "volcano.sh/gpu-memory",
    "gpu.intel.com/i915_monitoring",
    "gpu.intel.com/xe_monitoring",
    "gpu.intel.com/millicores",
    "gpu.intel.com/memory.max",
    "gpu.intel.com/tiles",
    "aws.amazon.com/neuroncore",
    "huawei.com/Ascend910B-memory",
    "cambricon.com/mlu.smlu.vcore",
    "cambricon.com/mlu.smlu.vmemory",
    "hygon.com/dcumem",
    "hygon.com/dcucores",
    "iluvatar.ai/vcuda-core",
    "iluvatar.ai/vcuda-memory",
    "metax-tech.com/vcore",
    "metax-tech.com/vmemory",
    "mthreads.com/sgpu-memory",
    "mthreads.com/sgpu-core",
    "enflame.com/vgcu-percentage",
    "kunlunxin.com/vxpu-memory",
    "aliyun.com/gpu-mem",
    "aliyun.com/gpu-core.percentage",
    "tencent.com/vcuda-core",
    "tencent.com/vcuda-memory",
    "tke.cloud.tencent.com/qgpu-core",
    "tke.cloud.tencent.com/qgpu-memory",
    "koordinator.sh/gpu",
    "koordinator.sh/gpu-core",
    "koordinator.sh/gpu-memory",
    "koordinator.sh/gpu-memory-ratio",
    "nos.nebuly.com/gpu-memory",
]
OTHERS = [
    "cpu",
    "memory",
    "rdma/hca",
    "nvidia.com/hostdev",
    "vpc.amazonaws.com/efa",
    "gpu",
    "kubernetes.io/gpu",
    "x.io/box",
]


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_or_a_slice_is_counted(name: str) -> None:
    assert is_accelerator(name)


@pytest.mark.parametrize("name", [*PARTS, *OTHERS])
def test_memory_cores_percentages_and_other_devices_are_not_counted(name: str) -> None:
    assert not is_accelerator(name)


def test_the_names_of_one_chip_count_once() -> None:
    assert (
        devices_in({"aws.amazon.com/neuron": 16, "aws.amazon.com/neurondevice": 16, "aws.amazon.com/neuroncore": 32})
        == 16
    )
    assert devices_in({"nvidia.com/gpu": 2, "nvidia.com/mig-1g.10gb": 7}) == 9


def test_a_shared_gpu_with_memory_and_cores_is_one_device_in_every_frame() -> None:
    amounts = {"nvidia.com/gpu": "1", "nvidia.com/gpumem": "3000", "nvidia.com/gpucores": "30"}
    container: dict[str, Any] = {"name": "main", "resources": {"requests": amounts, "limits": amounts}}
    pod: Manifest = {
        "metadata": {"name": "a", "namespace": "vision"},
        "spec": {"nodeName": "n1", "containers": [container]},
        "status": {"phase": "Running"},
    }
    ready = [{"type": "Ready", "status": "True"}]
    node = {
        "metadata": {"name": "n1"},
        "status": {"allocatable": {**amounts, "nvidia.com/gpu": "4"}, "conditions": ready},
    }

    row, on_node = pods_frame([pod]).iloc[0], nodes_frame([node], reserved=reserved_by([pod])).iloc[0]

    assert (row["accelerators"], row["accelerator_kinds"]) == (1, "nvidia.com/gpu")
    columns = ["accelerators_allocatable", "accelerators_requests", "accelerators_free", "accelerator_kinds"]
    assert on_node[columns].tolist() == [4, 1, 3, "nvidia.com/gpu"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("nvidia.com/gpu", "GPU"),
        ("nvidia.com/gpu.shared", "GPU"),
        ("amd.com/cpx_nps4", "accelerator"),
        ("gpu.intel.com/i915", "GPU"),
        ("nvidia.com/mig-1g.10gb", "GPU slice"),
        ("google.com/tpu", "TPU"),
        ("habana.ai/gaudi", "accelerator"),
        ("rdma/hca", ""),
        ("nvidia.com/gpumem", ""),
    ],
)
def test_frames_plans_and_forms_call_a_device_alike(name: str, word: str) -> None:
    plan_word = f"{word}s" if word not in ("", "accelerator", "GPU slice") else name

    assert accelerator_word(name) == resource_word(name) == word
    assert entry_words([f"requests.{name}"]) == ({f"requests.{name}": plan_word} if word else {})
    assert device_text(name, 2) == (f"2 {word}s ({name})" if word else f"2 of {name}")

"""Which resources are accelerators, and their product names: by the vendors' documents, and by words for all others.

To Kubernetes an accelerator is an extended resource like any other. Vendors also publish the memory, cores and
percentages of a chip as resources, and some a second name of the same chip: `nvidia.com/gpu: 1` with
`nvidia.com/gpumem: 3000` is one device. The table has the names that words do not tell; any other name is a device if
its last part has a word such as `gpu` or `npu`, and no word such as `mem`, `core` or `percentage`. Parts of a chip are
not counted, so a pod that requests only these has 0 devices. Rejected alternatives: all extended resources, which would
add up GPUs and network cards; a table alone, which is never complete.

Sources: pages "Schedule GPUs", "Device Plugins" and "Extended Resources for a Node"; those in `_VENDORS`; the labels
that the vendors' feature discovery and the clouds write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

DEFAULT_ACCELERATOR = "nvidia.com/gpu"  # what `gpus=` means without a name


@dataclass(frozen=True, slots=True)
class _Vendor:
    """What the words of a vendor's names do not tell.

    Args:
        source: the vendor's page.
        devices: patterns of names that are devices.
        parts: patterns of names that are amounts of a chip.
        same: names of one chip; the first is the one that counts where several are published.
    """

    source: str
    devices: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


_VENDORS: Mapping[str, _Vendor] = {
    "aws.amazon.com": _Vendor(
        "AWS Neuron, Neuron Device Plugin: neuron and neurondevice are devices, neuroncore is a part of one",
        same=("aws.amazon.com/neuron", "aws.amazon.com/neurondevice"),
    ),
    "gpu.intel.com": _Vendor(
        "Intel GPU device plugin: i915 and xe are devices; *_monitoring gives access to all of a node",
        devices=("i915", "xe"),
        parts=(".*_monitoring", "millicores", r"memory\.max", "tiles"),
    ),
    "amd.com": _Vendor("AMD GPU device plugin: gpu, and partitions such as cpx_nps4", devices=("[sdqc]px_nps[1248]",)),
    "koordinator.sh": _Vendor("Koordinator, Device Scheduling: gpu is in percent of a GPU", parts=("gpu",)),
    "aliyun.com": _Vendor("ACK, cGPU: gpu-count are devices, gpu-mem and gpu-core.percentage parts of one"),
    "furiosa.ai": _Vendor("Furiosa device plugin", devices=("rngd.*", "warboy.*", "npu.*")),
    "rebellions.ai": _Vendor("Rebellions NPU operator", devices=("ATOM.*", "REBEL.*")),
    "qualcomm.com": _Vendor("Qualcomm Cloud AI device plugin", devices=("qaic.*",)),
    "graphcore.ai": _Vendor("Graphcore device plugin", devices=("ipu.*",)),
    "enflame.com": _Vendor("Enflame GCU device plugin, and HAMi", devices=("v?gcu", "shared-gcu")),
    "tenstorrent.com": _Vendor("Tenstorrent device plugin", devices=("(n|p)[0-9]+.*", "blackhole", "wormhole")),
    "cloud-tpus.google.com": _Vendor("Cloud TPU, before google.com/tpu", devices=("(preemptible-)?v[0-9]+.*",)),
}
_DEVICE = re.compile(
    r"(^|[^a-z])[vs]?(gpu|tpu|npu|xpu|dcu|mlu|hpu|gaudi|neuron|ascend|fpga|accelerator|mig-)", re.IGNORECASE
)
# of HAMi, Volcano, Koordinator, cGPU, qGPU and the like: megabytes, cores, percent, or access without use
_PART = re.compile(r"mem|core|percent|ratio|monitoring|bandwidth|[^a-z]util", re.IGNORECASE)
# sold under these words; a name of a product, such as gaudi, is an accelerator to whoever does not know it
_WORD = re.compile(r"(^|[^a-z])[vs]?(?P<word>gpu|tpu|npu|hpu|fpga)", re.IGNORECASE)
_MIG = re.compile(r"^nvidia\.com/mig-(?P<profile>.+)$")
# the most precise first: the detected product, then the one that was requested from a cloud
_PRODUCT_LABELS = (
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "gpu.intel.com/product",
    "habana.ai/hpu.product",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "k8s.amazonaws.com/accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "gpu.nvidia.com/model",
)


@lru_cache(maxsize=1024)
def is_accelerator(resource: str) -> bool:
    """Whether a resource counts accelerators: whole ones or slices, not their memory, cores or percentages.

    Example:
        >>> [is_accelerator(name) for name in ("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "nvidia.com/gpumem", "cpu")]
        [True, True, False, False]
    """
    domain, slash, device = resource.partition("/")
    if not slash or "kubernetes.io" in domain:
        return False
    vendor = _VENDORS.get(domain)
    if vendor is not None and any(re.fullmatch(pattern, device) for pattern in (*vendor.devices, *vendor.parts)):
        return any(re.fullmatch(pattern, device) for pattern in vendor.devices)
    return _DEVICE.search(device) is not None and _PART.search(device) is None


@lru_cache(maxsize=1024)
def accelerator_word(resource: str) -> str:
    """What one device of a resource is called: `GPU`, `TPU`, `GPU slice`, or `accelerator`; "" for no accelerator.

    Example:
        >>> [accelerator_word(name) for name in ("amd.com/gpu", "gpu.intel.com/xe", "nvidia.com/mig-1g.10gb", "cpu")]
        ['GPU', 'GPU', 'GPU slice', '']
    """
    if not is_accelerator(resource):
        return ""
    if mig_profile(resource) is not None:
        return "GPU slice"
    domain, _, device = resource.partition("/")
    found = _WORD.search(device) or _WORD.search(domain)
    return found["word"].upper() if found else "accelerator"


def devices_in(amounts: Mapping[str, Fraction | int]) -> Fraction | int:
    """How many accelerators a node or a pod has, all kinds together; a chip with several names counts once.

    Example:
        >>> devices_in({"aws.amazon.com/neuron": 2, "aws.amazon.com/neurondevice": 2, "aws.amazon.com/neuroncore": 4})
        2
    """
    counted = {name: amount for name, amount in amounts.items() if is_accelerator(name)}
    for vendor in _VENDORS.values():
        same = [counted.pop(name) for name in vendor.same if name in counted]
        if same:
            counted[vendor.same[0]] = max(same)
    return sum(counted.values())


def accelerator_product(labels: Mapping[str, str]) -> str | None:
    """The product name of a node's accelerators, from its labels; None if no label has it.

    Example:
        >>> accelerator_product({"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"})
        'NVIDIA-H100-80GB-HBM3'
    """
    return next((labels[name] for name in _PRODUCT_LABELS if labels.get(name)), None)


def mig_profile(resource: str) -> str | None:
    """The profile of a MIG slice; None for other resources.

    Example:
        >>> mig_profile("nvidia.com/mig-3g.40gb"), mig_profile("nvidia.com/gpu")
        ('3g.40gb', None)
    """
    found = _MIG.match(resource)
    return found["profile"] if found else None

"""Which resources are accelerators, and their product names: by convention, since Kubernetes has no rule.

To Kubernetes an accelerator is an extended resource like any other. Only the name from the device plug-in distinguishes
`nvidia.com/gpu` from `rdma/hca`. So the last part of the name decides: GPUs, their slices, and other processors for
models. Rejected alternatives: all extended resources, which would add up GPUs and network cards; a list of vendors,
which is never complete.

Sources: page "Schedule GPUs"; pages "Device Plugins" and "Extended Resources for a Node"; the labels that the vendors'
feature discovery and the clouds write.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEVICE = re.compile(
    r"(^|[^a-z])(v?gpu|tpu|npu|xpu|dcu|mlu|hpu|gaudi|neuron|ascend|fpga|accelerator|mig-|i915$|xe$)", re.IGNORECASE
)
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


def is_accelerator(resource: str) -> bool:
    """Whether a resource is an accelerator: an extended resource with the name of such a device.

    Example:
        >>> [is_accelerator(name) for name in ("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "rdma/hca", "cpu")]
        [True, True, False, False]
    """
    domain, slash, device = resource.partition("/")
    return bool(slash) and "kubernetes.io" not in domain and _DEVICE.search(device) is not None


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

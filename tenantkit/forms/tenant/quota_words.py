"""The contents of a quota in words: `64 GiB of memory`, not `64Gi`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import bytes_text, number_text
from tenantkit.rules.accelerators import accelerator_word
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from tenantkit.spec.quota import Quota


def device_text(resource: str, count: int) -> str:
    """A number of devices: `2 GPUs (nvidia.com/gpu)`; of a resource that is no accelerator, only its name."""
    word = accelerator_word(resource)
    return f"{count} {word}{'s' * (count != 1)} ({resource})" if word else f"{count} of {resource}"


def quota_words(quota: Quota) -> list[str]:
    """The contents of a quota, one line per resource: CPU, memory, devices, storage, pods."""
    cores = parse_quantity(quota.requests_cpu)
    devices = [device_text(resource, count) for resource, count in quota.accelerators.items() if count]
    return [
        f"{number_text(cores)} CPU core{'s' * (cores != 1)}",
        f"{bytes_text(parse_quantity(quota.requests_memory))} of memory",
        *(devices or ["no GPUs"]),
        f"{bytes_text(parse_quantity(quota.storage))} of storage",
        f"{quota.pods} pods",
    ]

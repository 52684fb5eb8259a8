"""What pods request and are limited to, quickly: pods of one template say the same, so each saying is reckoned once.

`rules.pod_requests` reckons exactly and takes its time; a cluster has thousands of pods and few templates. What a
running pod's status says of its resources is looked at only where it differs from the spec: while it is resized.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.rules.accelerators import is_accelerator
from tenantkit.rules.pod_requests import pod_limits, pod_requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True, eq=False)
class PodAmounts:
    """A pod's requests and limits in base units; a request that nobody makes is 0, a limit that nobody sets is None.

    Args:
        requests: exactly, by resource.
        limits: likewise.
        cpu, memory: requests in cores and bytes.
        cpu_limit, memory_limit: limits likewise.
        accelerators: how many, of all accelerator resources together.
        accelerator: which, joined by `, `; None where there are none.
    """

    requests: dict[str, Fraction]
    limits: dict[str, Fraction]
    cpu: float = field(init=False)
    memory: int = field(init=False)
    cpu_limit: float | None = field(init=False)
    memory_limit: int | None = field(init=False)
    accelerators: int = field(init=False)
    accelerator: str | None = field(init=False)

    def __post_init__(self) -> None:
        devices = {name: number for name, number in self.requests.items() if number and is_accelerator(name)}
        found: dict[str, Any] = {
            "cpu": float(self.requests.get("cpu", 0)),
            "memory": ceil(self.requests.get("memory", 0)),
            "cpu_limit": float(self.limits["cpu"]) if "cpu" in self.limits else None,
            "memory_limit": ceil(self.limits["memory"]) if "memory" in self.limits else None,
            "accelerators": ceil(sum(devices.values())),
            "accelerator": ", ".join(sorted(devices)) or None,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)


class AmountsOfPods:
    """Reads pods' amounts, each combination of resources once. Several threads may share it."""

    def __init__(self) -> None:
        self._known: dict[bytes, PodAmounts] = {}

    def __call__(self, pod: Manifest) -> PodAmounts:
        """The amounts of a pod, of which no more is looked at than its containers, their resources and its overhead."""
        spec, status = pod.get("spec") or {}, pod.get("status") or {}
        containers, prepared = spec.get("containers") or (), spec.get("initContainers") or ()
        said = [
            [item.get("resources") for item in containers],
            [(item.get("resources"), item.get("restartPolicy")) for item in prepared],
            spec.get("resources"),
            spec.get("overhead"),
        ]
        if _is_resized(status, containers, prepared):
            return _amounts(spec, status)
        key = orjson.dumps(said)
        return self._known.get(key) or self._known.setdefault(key, _amounts(spec, None))


def _amounts(spec: Manifest, status: Manifest | None) -> PodAmounts:
    return PodAmounts(pod_requests(spec, status=status), pod_limits(spec, status=status))


def _is_resized(status: Manifest, containers: Sequence[Manifest], prepared: Sequence[Manifest]) -> bool:
    """Whether the status says other amounts than the spec, or that the node has refused what the spec says."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodResizePending":
            return True
    return _differs(status.get("containerStatuses"), containers) or _differs(
        status.get("initContainerStatuses"), prepared
    )


def _differs(told: Sequence[Manifest] | None, containers: Sequence[Manifest]) -> bool:
    if not told:
        return False
    found = {item.get("name"): item for item in told}
    for container in containers:
        asked, seen = container.get("resources") or {}, found.get(container.get("name")) or {}
        given, in_force = seen.get("allocatedResources"), seen.get("resources")
        if (given is not None and given != asked.get("requests")) or (in_force is not None and in_force != asked):
            return True
    return False

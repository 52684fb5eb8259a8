"""The requests and limits of pods, quickly: pods of one template are alike, so each combination is computed once.

`rules.pod_requests` is exact and slow; a cluster has thousands of pods and few templates. The resources in a running
pod's status matter only where they differ from the spec: while the pod is resized.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.rules.accelerators import devices_in, is_accelerator
from tenantkit.rules.pod_requests import pod_limits, pod_requests
from tenantkit.rules.quantities import readable_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True, eq=False)
class PodAmounts:
    """A pod's requests and limits in base units; a request that is not set is 0, a limit that is not set is None.

    Args:
        requests: exactly, by resource.
        limits: likewise.
        unknown: the resources with a quantity that cannot be read; they are in neither of the two.
        cpu, memory: requests in cores and bytes.
        cpu_limit, memory_limit: limits likewise.
        accelerators: how many devices, of all accelerator resources together.
        accelerator_kinds: the names of these resources, joined by `, `; None where there are none.
    """

    requests: dict[str, Fraction]
    limits: dict[str, Fraction]
    unknown: frozenset[str] = frozenset()
    cpu: float | None = field(init=False)
    memory: int | None = field(init=False)
    cpu_limit: float | None = field(init=False)
    memory_limit: int | None = field(init=False)
    accelerators: int | None = field(init=False)
    accelerator_kinds: str | None = field(init=False)

    def __post_init__(self) -> None:
        devices = {name: number for name, number in self.requests.items() if number and is_accelerator(name)}
        computed: dict[str, Any] = {
            "cpu": None if "cpu" in self.unknown else float(self.requests.get("cpu", 0)),
            "memory": None if "memory" in self.unknown else ceil(self.requests.get("memory", 0)),
            "cpu_limit": float(self.limits["cpu"]) if "cpu" in self.limits else None,
            "memory_limit": ceil(self.limits["memory"]) if "memory" in self.limits else None,
            "accelerators": None if any(map(is_accelerator, self.unknown)) else ceil(devices_in(devices)),
            "accelerator_kinds": ", ".join(sorted(devices)) or None,
        }
        for name, value in computed.items():
            object.__setattr__(self, name, value)


class AmountsOfPods:
    """Reads the amounts of pods, each combination of resources once. Several threads may share it."""

    def __init__(self) -> None:
        self._known: dict[bytes, PodAmounts] = {}

    def __call__(self, pod: Manifest) -> PodAmounts:
        """The amounts of a pod; only its containers, their resources and its overhead are read."""
        spec, status = pod.get("spec") or {}, pod.get("status") or {}
        containers, init_containers = spec.get("containers") or (), spec.get("initContainers") or ()
        resources = [
            [item.get("resources") for item in containers],
            [(item.get("resources"), item.get("restartPolicy")) for item in init_containers],
            spec.get("resources"),
            spec.get("overhead"),
        ]
        if _is_resized(status, containers, init_containers):
            return _amounts(spec, status)
        key = orjson.dumps(resources)
        return self._known.get(key) or self._known.setdefault(key, _amounts(spec, None))


def _amounts(spec: Manifest, status: Manifest | None) -> PodAmounts:
    try:
        return PodAmounts(pod_requests(spec, status=status), pod_limits(spec, status=status))
    except ValueError:
        odd: set[str] = set()
        readable = _readable(spec, odd), None if status is None else _readable(status, odd)
        return PodAmounts(
            pod_requests(readable[0], status=readable[1]), pod_limits(readable[0], status=readable[1]), frozenset(odd)
        )


_AMOUNTS = frozenset({"requests", "limits", "overhead", "allocatedResources"})


def _readable(part: Any, odd: set[str]) -> Any:
    """A copy without quantities that cannot be read; their resources are added to `odd`."""
    if isinstance(part, list):
        return [_readable(each, odd) for each in part]
    if not isinstance(part, dict):
        return part
    copied: dict[str, Any] = {}
    for key, value in part.items():
        if key in _AMOUNTS and isinstance(value, dict):
            unreadable = {name for name, text in value.items() if readable_quantity(text) is None}
            odd |= unreadable
            copied[key] = {name: text for name, text in value.items() if name not in unreadable}
        else:
            copied[key] = _readable(value, odd)
    return copied


def _is_resized(status: Manifest, containers: Sequence[Manifest], init_containers: Sequence[Manifest]) -> bool:
    """Whether the status has other amounts than the spec, or the node refused those of the spec."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodResizePending":
            return True
    return _differs(status.get("containerStatuses"), containers) or _differs(
        status.get("initContainerStatuses"), init_containers
    )


def _differs(statuses: Sequence[Manifest] | None, containers: Sequence[Manifest]) -> bool:
    if not statuses:
        return False
    by_name = {item.get("name"): item for item in statuses}
    for container in containers:
        wanted, actual = container.get("resources") or {}, by_name.get(container.get("name")) or {}
        allocated, in_force = actual.get("allocatedResources"), actual.get("resources")
        if (allocated is not None and allocated != wanted.get("requests")) or (
            in_force is not None and in_force != wanted
        ):
            return True
    return False

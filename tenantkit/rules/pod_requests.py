"""What a pod requests and is limited to, as its quota counts it and the scheduler reserves it.

The larger of two moments counts: all containers running side by side, or the init container that needs most; init
containers that keep running (sidecars) count in both. Pod-level cpu, memory and huge pages replace the sum, and the
runtime class's overhead comes on top. While a pod is resized, the larger of what is asked, given and in force counts.
Turned down: the sum over containers, which is wrong for every pod with init containers.

Sources: page "Resource Management for Pods and Containers"; page "Sidecar Containers", section "Resource sharing within
containers"; page "Pod Overhead"; in k8s.io/component-helpers, resource/helpers.go, and in k8s.io/kubernetes,
pkg/quota/v1/evaluator/core/pods.go.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tenantkit.rules.manifest import Manifest

Amounts: TypeAlias = dict[str, Fraction]


def pod_requests(pod_spec: Manifest, *, status: Manifest | None = None) -> Amounts:
    """What the pod requests, by resource, in base units.

    Args:
        pod_spec: a Pod's `spec` as it is on a server, or a template's. The server fills in a request that is missing
            where a limit is given; in a spec that it has not seen, that request is missing here, too.
        status: the Pod's `status`: what a running resize was given and has in force counts as well. Default: none.

    Returns:
        Cores, bytes or pieces by resource name: only resources that a container, the pod or its overhead names.

    Raises:
        ValueError: a quantity that is none.

    Source: page "Sidecar Containers", section "Resource sharing within containers".

    Example:
        >>> pod_requests({"containers": [{"resources": {"requests": {"cpu": "500m", "nvidia.com/gpu": "1"}}}]})
        {'cpu': Fraction(1, 2), 'nvidia.com/gpu': Fraction(1, 1)}
    """
    return _counted(pod_spec, status, "requests")


def pod_limits(pod_spec: Manifest, *, status: Manifest | None = None) -> Amounts:
    """What the pod is limited to, by resource, in base units.

    A container without a limit adds nothing, so the sum bounds a pod only where all its containers have one: a quota on
    limits refuses pods where one has none.

    Args:
        pod_spec: a Pod's `spec`, or a template's.
        status: the Pod's `status`: what a running resize has in force counts as well. Default: none.

    Returns:
        Cores, bytes or pieces by resource name; overhead is added to limits that are not zero.

    Raises:
        ValueError: a quantity that is none.

    Source: page "Resource Quotas", section "Compute Resource Quota".

    Example:
        >>> pod_limits({"containers": [{"resources": {"limits": {"memory": "1Gi"}}}], "overhead": {"memory": "1Mi"}})
        {'memory': Fraction(1074790400, 1)}
    """
    return _counted(pod_spec, status, "limits")


def _counted(spec: Manifest, status: Manifest | None, column: str) -> Amounts:
    """The steps that requests and limits share; `column` is `requests` or `limits`."""
    total = _of_containers(spec, status or {}, column)
    pod_level = _amounts((spec.get("resources") or {}).get(column))
    total.update({name: amount for name, amount in pod_level.items() if _is_pod_level(name)})
    for name, amount in _amounts(spec.get("overhead")).items():
        if column == "requests" or total.get(name):
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def _is_pod_level(resource: str) -> bool:
    return resource in ("cpu", "memory") or resource.startswith("hugepages-")


def _of_containers(spec: Manifest, status: Manifest, column: str) -> Amounts:
    statuses = {
        entry.get("name"): entry
        for entry in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    }
    asked = _at_worst(spec, lambda container: (container.get("resources") or {}).get(column))
    refused = _is_resize_refused(status)
    if not statuses and not refused:
        return asked

    def given(container: Manifest) -> Mapping[str, str] | None:
        found = statuses.get(container.get("name"), {}).get("allocatedResources") if column == "requests" else None
        return found if found is not None else _asked_unless(container, column, refused=refused)

    def in_force(container: Manifest) -> Mapping[str, str] | None:
        found = (statuses.get(container.get("name"), {}).get("resources") or {}).get(column)
        return found if found is not None else given(container)

    seen = [_at_worst(spec, in_force)]
    seen += [_at_worst(spec, given)] if column == "requests" else []
    return _largest(seen if refused else [asked, *seen])


def _asked_unless(container: Manifest, column: str, *, refused: bool) -> Mapping[str, str] | None:
    """What the spec asks, unless the node has refused it."""
    asked: Mapping[str, str] | None = (container.get("resources") or {}).get(column)
    return None if refused else asked


def _is_resize_refused(status: Manifest) -> bool:
    pending = [entry for entry in status.get("conditions") or () if entry.get("type") == "PodResizePending"]
    return bool(pending) and bool(pending[0].get("reason") == "Infeasible")


def _at_worst(spec: Manifest, of_container: Callable[[Manifest], Mapping[str, str] | None]) -> Amounts:
    """The larger of the containers side by side and of each init container with the sidecars started before it."""
    running = _sum(_amounts(of_container(container)) for container in spec.get("containers") or ())
    sidecars: Amounts = {}
    starting: list[Amounts] = []
    for container in spec.get("initContainers") or ():
        own = _amounts(of_container(container))
        starting.append(_sum((sidecars, own)))
        if container.get("restartPolicy") == "Always":
            running, sidecars = _sum((running, own)), starting[-1]
    return _largest([running, *starting])


def _amounts(quantities: Mapping[str, str] | None) -> Amounts:
    return {name: parse_quantity(quantity) for name, quantity in (quantities or {}).items()}


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for entry in amounts:
        for name, amount in entry.items():
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def _largest(amounts: Iterable[Amounts]) -> Amounts:
    largest: Amounts = {}
    for entry in amounts:
        for name, amount in entry.items():
            largest[name] = max(amount, largest.get(name, amount))
    return largest

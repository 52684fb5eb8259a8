"""The requests and limits of a pod, as quotas count them and the scheduler reserves them.

The larger of two values counts: the sum of all containers, or the largest init container. Sidecars (init containers
that keep running) count in both. Pod-level cpu, memory and huge pages replace the sum, and the overhead of the runtime
class is added. During a resize, the largest of the desired, allocated and actual resources counts.
Rejected alternative: the sum over all containers, which is wrong for every pod with init containers.

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

Totals: TypeAlias = dict[str, Fraction]


def pod_requests(pod_spec: Manifest, *, status: Manifest | None = None) -> Totals:
    """The requests of a pod, by resource, in base units.

    Args:
        pod_spec: the `spec` of a Pod or of a template. The server sets a missing request to the limit; in a spec that
            it has not processed, that request is also missing here.
        status: the Pod's `status`, for allocated and actual resources during a resize. Default: none.

    Returns:
        Cores, bytes or counts by resource name: only resources that a container, the pod or its overhead sets.

    Raises:
        ValueError: a value is not a quantity.

    Source: page "Sidecar Containers", section "Resource sharing within containers".

    Example:
        >>> pod_requests({"containers": [{"resources": {"requests": {"cpu": "500m", "nvidia.com/gpu": "1"}}}]})
        {'cpu': Fraction(1, 2), 'nvidia.com/gpu': Fraction(1, 1)}
    """
    return _counted(pod_spec, status, "requests")


def pod_limits(pod_spec: Manifest, *, status: Manifest | None = None) -> Totals:
    """The limits of a pod, by resource, in base units.

    A container without a limit adds nothing, so the sum only limits a pod if all its containers have limits. A quota on
    limits refuses other pods.

    Args:
        pod_spec: the `spec` of a Pod or of a template.
        status: the Pod's `status`, for actual resources during a resize. Default: none.

    Returns:
        Cores, bytes or counts by resource name; overhead is only added to limits that are not zero.

    Raises:
        ValueError: a value is not a quantity.

    Source: page "Resource Quotas", section "Compute Resource Quota".

    Example:
        >>> pod_limits({"containers": [{"resources": {"limits": {"memory": "1Gi"}}}], "overhead": {"memory": "1Mi"}})
        {'memory': Fraction(1074790400, 1)}
    """
    return _counted(pod_spec, status, "limits")


def _counted(spec: Manifest, status: Manifest | None, column: str) -> Totals:
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


def _of_containers(spec: Manifest, status: Manifest, column: str) -> Totals:
    statuses = {
        entry.get("name"): entry
        for entry in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    }
    desired = _maximum(spec, lambda container: (container.get("resources") or {}).get(column))
    refused = _is_resize_refused(status)
    if not statuses and not refused:
        return desired

    def allocated(container: Manifest) -> Mapping[str, str] | None:
        found = statuses.get(container.get("name"), {}).get("allocatedResources") if column == "requests" else None
        return found if found is not None else _desired_unless(container, column, refused=refused)

    def actual(container: Manifest) -> Mapping[str, str] | None:
        found = (statuses.get(container.get("name"), {}).get("resources") or {}).get(column)
        return found if found is not None else allocated(container)

    seen = [_maximum(spec, actual)]
    seen += [_maximum(spec, allocated)] if column == "requests" else []
    return _largest(seen if refused else [desired, *seen])


def _desired_unless(container: Manifest, column: str, *, refused: bool) -> Mapping[str, str] | None:
    """The desired resources, unless the node has refused the resize."""
    desired: Mapping[str, str] | None = (container.get("resources") or {}).get(column)
    return None if refused else desired


def _is_resize_refused(status: Manifest) -> bool:
    pending = [entry for entry in status.get("conditions") or () if entry.get("type") == "PodResizePending"]
    return bool(pending) and bool(pending[0].get("reason") == "Infeasible")


def _maximum(spec: Manifest, of_container: Callable[[Manifest], Mapping[str, str] | None]) -> Totals:
    """The larger of the sum of all containers and of each init container with the sidecars started before it."""
    running = _sum(_amounts(of_container(container)) for container in spec.get("containers") or ())
    sidecars: Totals = {}
    starting: list[Totals] = []
    for container in spec.get("initContainers") or ():
        needed = _amounts(of_container(container))
        starting.append(_sum((sidecars, needed)))
        if container.get("restartPolicy") == "Always":
            running, sidecars = _sum((running, needed)), starting[-1]
    return _largest([running, *starting])


def _amounts(quantities: Mapping[str, str] | None) -> Totals:
    return {name: parse_quantity(quantity) for name, quantity in (quantities or {}).items()}


def _sum(amounts: Iterable[Totals]) -> Totals:
    total: Totals = {}
    for entry in amounts:
        for name, amount in entry.items():
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def _largest(amounts: Iterable[Totals]) -> Totals:
    largest: Totals = {}
    for entry in amounts:
        for name, amount in entry.items():
            largest[name] = max(amount, largest.get(name, amount))
    return largest

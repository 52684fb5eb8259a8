"""The pod of `fits` as the API server would store it, from a dry run.

Only the server knows every default that it sets and everything that may refuse a pod: limit ranges, Pod Security,
policies, webhooks, classes. A user without permission to create pods gets the result of the rules that are known here,
and a note that the others were not checked. Rejected alternative: our own rules alone, which know no policies and
webhooks.

Sources: page "Kubernetes API Concepts", section "Dry-run"; page "Limit Ranges".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.exceptions import BadRequest, InvalidSpecError, PermissionDenied, Problem, Rejected
from tenantkit.hints import Hint
from tenantkit.rules.accelerators import DEFAULT_ACCELERATOR
from tenantkit.rules.limit_ranges import violations, with_defaults
from tenantkit.rules.quantities import check_amount, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import ClusterError
    from tenantkit.rules.manifest import Manifest

NAME = "tenantkit-fits"


@dataclass(frozen=True, slots=True)
class DryRunPod:
    """The pod as it would be stored, and whether the server admits it.

    Args:
        pod: with the defaults that the server sets, or those that are known here.
        refusal: the server's message, if it admits no such pod.
        not_checked: why the server was not asked, so that policies and webhooks are unknown; None: it was asked.
    """

    pod: Manifest
    refusal: str | None = None
    not_checked: str | None = None


def make_pod(  # noqa: PLR0913 (what a pod can request)
    namespace: str,
    *,
    cpu: str | float | None = None,
    memory: str | float | None = None,
    gpus: int = 0,
    accelerator: str = DEFAULT_ACCELERATOR,
    pod_spec: Manifest | None = None,
) -> Manifest:
    """A pod with these requests and equal limits, added to a spec if one is given.

    Raises:
        InvalidSpecError: an amount, the accelerator or the spec is invalid.
    """
    amounts: dict[str, str] = {}
    problems: list[Problem] = []
    for field, resource, value in (("cpu", "cpu", cpu), ("memory", "memory", memory), ("gpus", accelerator, gpus)):
        if value is None or (field == "gpus" and value == 0):
            continue
        reason = check_amount(field, value)
        if reason is not None:
            problems.append(Problem(field, value, reason))
        amounts[resource] = str(value)
    if gpus and (not isinstance(accelerator, str) or "/" not in accelerator):
        hint = Hint("column accelerator_kinds of {nodes} has the names")
        problems.append(Problem("accelerator", accelerator, "use a resource name such as 'nvidia.com/gpu'", hint=hint))
    if pod_spec is not None and not _has_containers(pod_spec):
        reason = "use a pod's spec with containers, for example {'containers': [{'name': 'main', 'image': 'busybox'}]}"
        problems.append(Problem("pod_spec", pod_spec, reason))
    if problems:
        raise InvalidSpecError(problems)
    spec: Manifest = (
        dict(pod_spec) if pod_spec is not None else {"containers": [_CONTAINER], "securityContext": _SECURITY}
    )
    if amounts:
        first, *others = spec["containers"]
        spec["containers"] = [_with(first, amounts), *others]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "namespace": namespace}, "spec": spec}


def _has_containers(pod_spec: object) -> bool:
    containers = pod_spec.get("containers") if isinstance(pod_spec, dict) else None
    return isinstance(containers, list) and bool(containers) and all(isinstance(each, dict) for each in containers)


def dry_run(cluster: Cluster, pod: Manifest, limit_ranges: Sequence[Manifest]) -> DryRunPod:
    """Send the pod to the server as a dry run.

    Args:
        cluster: the connection.
        pod: from `make_pod`.
        limit_ranges: of its namespace, for the rules that are applied here.

    RBAC: create pods; without it the answer is uncertain.
    """
    known = with_known_defaults(pod, limit_ranges)
    if not cluster.can("create", "Pod", namespace=pod["metadata"]["namespace"]):
        place = pod["metadata"]["namespace"]
        reason = f"you may not create pods in {place!r}, so its policies and webhooks were not checked"
        return DryRunPod(known, known_refusal(known, limit_ranges), not_checked=reason)
    try:
        stored = cluster.create({**pod, "metadata": {**pod["metadata"], "name": _free_name(cluster)}}, dry_run=True)
    except (PermissionDenied, Rejected, BadRequest) as refusal:
        return DryRunPod(known, _message(refusal))
    return DryRunPod(stored)


def with_known_defaults(pod: Manifest, limit_ranges: Sequence[Manifest]) -> Manifest:
    """The pod with a request for each limit, and with the defaults of the LimitRanges."""
    spec = dict(pod["spec"])
    for field in ("containers", "initContainers"):
        if field in spec:
            spec[field] = [_with_requests(container) for container in spec[field]]
    filled = {**pod, "spec": spec}
    for limit_range in limit_ranges:
        filled = with_defaults(filled, limit_range)
    return filled


def assumed_amounts(asked: Manifest, stored: Manifest) -> dict[str, Fraction]:
    """The CPU and memory that the first container requests by default, since nobody asked for an amount.

    Args:
        asked: from `make_pod`.
        stored: as the server would store it.

    Example:
        >>> default = {"type": "Container", "defaultRequest": {"cpu": "1"}}
        >>> limits = {"metadata": {"name": "limits"}, "spec": {"limits": [default]}}
        >>> asked = make_pod("vision", memory="1Gi")
        >>> assumed_amounts(asked, with_known_defaults(asked, [limits]))
        {'cpu': Fraction(1, 1)}
    """
    first = asked["spec"]["containers"][0]
    given: Manifest = first.get("resources") or {}
    none: Manifest = {}
    found = next((each for each in stored["spec"]["containers"] if each.get("name") == first.get("name")), none)
    requests = (found.get("resources") or {}).get("requests") or {}
    return {
        name: parse_quantity(requests[name])
        for name in ("cpu", "memory")
        if name in requests and not any(name in (given.get(field) or {}) for field in ("requests", "limits"))
    }


def known_refusal(pod: Manifest, limit_ranges: Sequence[Manifest]) -> str | None:
    """Why the LimitRanges forbid the pod, or which request exceeds its limit; None if neither."""
    for container in (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())):
        resources = container.get("resources") or {}
        limits = resources.get("limits") or {}
        for name, request in (resources.get("requests") or {}).items():
            if name in limits and parse_quantity(request) > parse_quantity(limits[name]):
                return f"{name} request {request} of container {container['name']} exceeds its limit {limits[name]}"
    return next(filter(None, (violations("pods", pod, limit_range) for limit_range in limit_ranges)), None)


# Admitted at every Pod Security level: the question is about resources.
_CONTAINER = {
    "name": "main",
    "image": "registry.k8s.io/pause:3.10",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def _with(container: Manifest, amounts: dict[str, str]) -> Manifest:
    resources = container.get("resources") or {}
    both = {field: {**(resources.get(field) or {}), **amounts} for field in ("requests", "limits")}
    return {**container, "resources": {**resources, **both}}


def _with_requests(container: Manifest) -> Manifest:
    resources = container.get("resources") or {}
    requests = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {**container, "resources": {**resources, **({"requests": requests} if requests else {})}}


def _free_name(cluster: Cluster) -> str:
    """A name that no pod has: it contains the time."""
    return f"{NAME}-{cluster.server_time:%H%M%S}"


def _message(error: ClusterError) -> str:
    return "; ".join(error.causes) or str(error)

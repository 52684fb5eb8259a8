"""The pod that is asked about, as the API server would store it: the server itself is asked, by a dry run.

Only the server knows all that it fills in and all that may refuse a pod: limit ranges, Pod Security, policies,
webhooks, classes. Where one may not ask it, the rules that are known here are applied instead, and the answer says that
the others were not asked. Turned down: our own rules alone, which know nothing of policies and webhooks.

Sources: page "Kubernetes API Concepts", section "Dry-run"; page "Limit Ranges".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.exceptions import BadRequest, InvalidSpecError, PermissionDenied, Problem, Rejected
from tenantkit.rules.limit_ranges import violations, with_defaults
from tenantkit.rules.quantities import check_quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import ClusterError
    from tenantkit.rules.manifest import Manifest

NAME = "tenantkit-fits"
DEFAULT_ACCELERATOR = "nvidia.com/gpu"
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """The pod as it would be, and what the server says to it.

    Args:
        pod: with all that the server, or what is known here of it, fills in.
        refusal: the server's words, where it would not let even one in.
        is_certain: whether the server was asked; if not, policies and webhooks are unknown.
        unasked: why it was not.
    """

    pod: Manifest
    refusal: str | None = None
    is_certain: bool = True
    unasked: str | None = None


def make_pod(  # noqa: PLR0913 (what a pod can ask for)
    namespace: str,
    *,
    cpu: str | float | None = None,
    memory: str | float | None = None,
    gpus: int = 0,
    accelerator: str = DEFAULT_ACCELERATOR,
    pod_spec: Manifest | None = None,
) -> Manifest:
    """A pod that asks for this much, as request and as limit, on top of a spec if one is given.

    Raises:
        InvalidSpecError: an amount that is none.
    """
    amounts: dict[str, str] = {}
    problems: list[Problem] = []
    for field, resource, value in (("cpu", "cpu", cpu), ("memory", "memory", memory), ("gpus", accelerator, gpus)):
        if value is None or (field == "gpus" and value == 0):
            continue
        reason = _wrong(field, value)
        if reason is not None:
            problems.append(Problem(field, value, reason))
        amounts[resource] = str(value)
    if gpus and "/" not in accelerator:
        step = "name the resource, for example 'nvidia.com/gpu': tk.nodes(cluster)['accelerator'] shows what nodes have"
        problems.append(Problem("accelerator", accelerator, step))
    if problems:
        raise InvalidSpecError(problems)
    spec: Manifest = (
        dict(pod_spec) if pod_spec is not None else {"containers": [_CONTAINER], "securityContext": _SECURITY}
    )
    if amounts:
        first, *others = spec["containers"]
        spec["containers"] = [_with(first, amounts), *others]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "namespace": namespace}, "spec": spec}


def _wrong(field: str, value: str | float) -> str | None:
    """What is wrong with an amount, and what would be right; None where nothing is."""
    reason = check_quantity(value)
    if reason is not None:
        return "use a whole number, for example 2; which kind is accelerator=" if field == "gpus" else reason
    amount = parse_quantity(value)
    if amount < 0:
        return "use 0 or more"
    if field == "gpus" and amount.denominator != 1:
        return "use a whole number: accelerators are not shared"
    if field == "memory" and not isinstance(value, str) and 0 < amount < _MIB:
        return f"a bare number is bytes: give a unit, for example '{value:g}Gi'"
    return None


def ask_server(cluster: Cluster, pod: Manifest, limit_ranges: Sequence[Manifest]) -> Asked:
    """What the server makes of the pod, without making it.

    Args:
        cluster: where.
        pod: from `make_pod`.
        limit_ranges: of its namespace, for what is worked out here.

    RBAC: create pods; without it the answer is not certain.
    """
    known = with_known_defaults(pod, limit_ranges)
    if not cluster.can("create", "Pod", namespace=pod["metadata"]["namespace"]):
        place = pod["metadata"]["namespace"]
        unasked = f"you may not create pods in {place!r}, so its policies and webhooks could not be asked"
        return Asked(known, known_refusal(known, limit_ranges), is_certain=False, unasked=unasked)
    try:
        stored = cluster.create({**pod, "metadata": {**pod["metadata"], "name": _free_name(cluster)}}, dry_run=True)
    except (PermissionDenied, Rejected, BadRequest) as refusal:
        return Asked(known, _words(refusal))
    return Asked(stored)


def with_known_defaults(pod: Manifest, limit_ranges: Sequence[Manifest]) -> Manifest:
    """The pod with a request for each limit, and the LimitRanges' defaults."""
    spec = dict(pod["spec"])
    for field in ("containers", "initContainers"):
        if field in spec:
            spec[field] = [_with_requests(container) for container in spec[field]]
    filled = {**pod, "spec": spec}
    for limit_range in limit_ranges:
        filled = with_defaults(filled, limit_range)
    return filled


def known_refusal(pod: Manifest, limit_ranges: Sequence[Manifest]) -> str | None:
    """Why the LimitRanges forbid the pod, or its requests exceed its limits; None where neither does."""
    for container in (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())):
        resources = container.get("resources") or {}
        limits = resources.get("limits") or {}
        for name, request in (resources.get("requests") or {}).items():
            if name in limits and parse_quantity(request) > parse_quantity(limits[name]):
                return f"{name} request {request} of container {container['name']} exceeds its limit {limits[name]}"
    return next(filter(None, (violations("pods", pod, limit_range) for limit_range in limit_ranges)), None)


# Lets itself in at every Pod Security level: what is asked about is room.
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
    """A name that no pod has: the moment is in it."""
    return f"{NAME}-{cluster.server_time:%H%M%S}"


def _words(error: ClusterError) -> str:
    return "; ".join(error.causes) or str(error)

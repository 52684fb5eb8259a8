"""Nodes: what each has, what its pods request, and what is free, as the scheduler computes it.

A node's requests are those of all its pods, in all namespaces. Where these may not be listed, requests and free amounts
are `<NA>`: counting only the user's own pods would call a full node empty. Rejected alternative: what nodes really use,
which does not limit anybody who asks for a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import floor
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import PermissionDenied, Worded
from tenantkit.frames.kit.coverage import note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.pod_amounts import AmountsOfPods
from tenantkit.frames.kit.pod_fields import PodFields
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.rules.accelerators import accelerator_product, devices_in, is_accelerator, mig_profile
from tenantkit.rules.pod_status import ENDED, has_condition
from tenantkit.rules.quantities import parse_quantity
from tenantkit.rules.shapes import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from fractions import Fraction

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.pod_amounts import PodAmounts
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

NODES: Schema = {
    "name": "string",
    "ready": "boolean",
    "cordoned": "boolean",
    "taints": "string",
    "accelerator_product": "string",
    "accelerator_kinds": "string",
    "accelerators_allocatable": "Int64",
    "accelerators_requests": "Int64",
    "accelerators_free": "Int64",
    "mig_profiles": "string",
    "cpu_allocatable_cores": "Float64",
    "cpu_requests_cores": "Float64",
    "cpu_free_cores": "Float64",
    "memory_allocatable_bytes": "Int64",
    "memory_requests_bytes": "Int64",
    "memory_free_bytes": "Int64",
    "pods_allocatable": "Int64",
    "pods_requests": "Int64",
    "pods_free": "Int64",
    "created": TIME,
}


@dataclass(slots=True)
class Reserved:
    """What the pods on a node request of it."""

    pods: int = 0
    resources: dict[str, Fraction] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, amounts: PodAmounts) -> None:
        """Add a pod."""
        self.pods += 1
        for name, amount in amounts.requests.items():
            self.resources[name] = self.resources.get(name, 0) + amount
        self.unknown |= amounts.unknown


@takes_cluster
def nodes(cluster: Cluster, *, label_selector: str | None = None) -> pd.DataFrame:
    """Return what each node has, what is requested there and what is free: one row per node.

    Nodes belong to no tenant and no namespace, so only labels select them.

    Args:
        cluster: the connection, from `connect`.
        label_selector: only nodes whose labels match, in the API server's syntax: `pool=gpu,zone!=b`. Default: all.

    Returns:
        name: string; ready, cordoned: boolean; taints (`key=value:Effect`, joined by `, `; <NA>: none),
        accelerator_product (from the node's labels), accelerator_kinds (its accelerator resources, joined by `, `):
        string; accelerators_allocatable, accelerators_requests, accelerators_free (devices of all kinds): Int64;
        mig_profiles (`1g.10gb=7, 3g.40gb=2`: allocatable, <NA>: none): string; cpu_allocatable_cores,
        cpu_requests_cores, cpu_free_cores: Float64; memory_allocatable_bytes, memory_requests_bytes,
        memory_free_bytes, pods_allocatable, pods_requests, pods_free: Int64; created: datetime64[us, UTC]. Requests and
        free amounts are <NA> where pods may not be listed for the whole cluster; `attrs["incomplete"]` then says why. A
        free amount is 0 on a node that takes no pods, since it is cordoned or not ready, and negative on one that lost
        devices that are in use. Sorted by name. `attrs["scope"]`:
        `cluster`.

    Raises:
        InvalidSpecError: one of the arguments is invalid.
        PermissionDenied: nodes may not be listed.
        ClusterUnavailable: the server did not answer.

    RBAC: list nodes; for requests and free amounts, list pods for the whole cluster.
    Source: pages "Nodes", "Reserve Compute Resources for System Daemons", "Taints and Tolerations".

    Example:
        >>> free = nodes(cluster).query("accelerators_free > 0")
        >>> list(free.columns[:5])
        ['name', 'ready', 'cordoned', 'taints', 'accelerator_product']
    """
    filters = check_filters(label_selector=label_selector)
    found, scope = project_visible(cluster, "Node", _whole, label_selector=filters.label_selector)
    incomplete: dict[str, str] = {}
    reserved: dict[str, Reserved] | None = None
    try:
        reserved = read_reserved(cluster, incomplete)
    except PermissionDenied as refusal:
        incomplete["Pod"] = Worded.of(refusal)
    note_unreadable(incomplete, found)
    frame = nodes_frame(found, reserved=reserved)
    frame.attrs |= {"scope": scope, "incomplete": incomplete}
    note_empty(frame, "nodes", "cluster", label_selector=label_selector)
    return frame


def nodes_frame(nodes: Iterable[Manifest], *, reserved: Mapping[str, Reserved] | None = None) -> pd.DataFrame:
    """The frame of `nodes`, from Nodes as the server returns them.

    Args:
        nodes: any.
        reserved: by node, see `reserved_by`. Default: unknown.
    """
    none = Reserved()
    rows = [
        _row(node, None if reserved is None else reserved.get(node["metadata"]["name"], none))
        for node in sorted(as_read("Node", nodes), key=lambda node: str(node["metadata"]["name"]))
    ]
    return frame_of_rows(rows, NODES)


def read_reserved(cluster: Cluster, incomplete: dict[str, str]) -> dict[str, Reserved]:
    """What the pods on each node request.

    Args:
        cluster: the connection.
        incomplete: gets an entry `Pod` with those that cannot be parsed.

    Raises:
        PermissionDenied: pods may not be listed for the whole cluster.

    RBAC: list pods, for the whole cluster.
    """
    amounts_of = AmountsOfPods()

    def keep(pod: Manifest) -> tuple[str | None, PodAmounts]:
        return _node_of(pod), amounts_of(pod)

    kept = list_projected(cluster, "Pod", keep, fields=PodFields)
    note_unreadable(incomplete, kept)
    return _summed(kept)


def reserved_by(pods: Iterable[Manifest]) -> dict[str, Reserved]:
    """What pods request on each node; only pods that have a node and are not finished count, as for the scheduler."""
    amounts_of = AmountsOfPods()
    fitting = (fitted(pod, PodFields) for pod in pods)
    return _summed((_node_of(pod), amounts_of(pod)) for pod in fitting)


def _summed(kept: Iterable[tuple[str | None, PodAmounts]]) -> dict[str, Reserved]:
    reserved: dict[str, Reserved] = {}
    for node, amounts in kept:
        if node:
            reserved.setdefault(node, Reserved()).add(amounts)
    return reserved


def _node_of(pod: Manifest) -> str | None:
    """The node whose resources the pod holds."""
    is_finished = (pod.get("status") or {}).get("phase") in ENDED
    return None if is_finished else (pod.get("spec") or {}).get("nodeName")


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _row(node: Manifest, reserved: Reserved | None) -> tuple[Any, ...]:
    metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    allocatable = {name: parse_quantity(text) for name, text in (status.get("allocatable") or {}).items()}
    # a device that the node has lost may still be requested there
    known = {*allocatable, *(reserved.resources if reserved else ())}
    devices = sorted(name for name in known if is_accelerator(name))
    is_shut = bool(spec.get("unschedulable")) or not has_condition(status, "Ready")
    three = partial(_three, is_shut=is_shut)
    profiles = [f"{profile}={floor(allocatable.get(name, 0))}" for name in devices if (profile := mig_profile(name))]
    return (
        metadata["name"],
        has_condition(status, "Ready"),
        bool(spec.get("unschedulable")),
        ", ".join(map(taint_text, spec.get("taints") or ())) or None,
        accelerator_product(metadata.get("labels") or {}),
        ", ".join(devices) or None,
        *three(devices_in(allocatable) if allocatable or devices else None, _reserved(reserved, devices), floor),
        ", ".join(profiles) or None,
        *three(allocatable.get("cpu"), _reserved(reserved, ["cpu"]), float),
        *three(allocatable.get("memory"), _reserved(reserved, ["memory"]), floor),
        *three(allocatable.get("pods"), None if reserved is None else reserved.pods, floor),
        metadata.get("creationTimestamp"),
    )


def taint_text(taint: Manifest) -> str:
    """A taint as kubectl writes it: `nvidia.com/gpu=present:NoSchedule`."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _total(amounts: Mapping[str, Fraction], names: Iterable[str]) -> Fraction | int:
    return sum((amounts.get(name, 0) for name in names), start=0)


def _reserved(reserved: Reserved | None, names: Iterable[str]) -> Fraction | int | None:
    names = tuple(names)
    return None if reserved is None or reserved.unknown & {*names} else _total(reserved.resources, names)


def _three(
    allocatable: Fraction | int | None,
    requested: Fraction | int | None,
    number: Callable[[Fraction | int], float],
    *,
    is_shut: bool,
) -> tuple[float | None, float | None, float | None]:
    """Allocatable, requested and free, computed exactly and then rounded; None where unknown."""
    if allocatable is None or requested is None:
        return _rounded(allocatable, number), _rounded(requested, number), None
    free = allocatable - requested
    return number(allocatable), number(requested), number(min(free, 0) if is_shut else free)


def _rounded(amount: Fraction | int | None, number: Callable[[Fraction | int], float]) -> float | None:
    return None if amount is None else number(amount)

"""Pods: their state, and what they take of the quota.

All pods that the user may see are shown, a tenant's or not: a list of the GPUs in use has to include the system's. A
pod's requests are computed as its quota and the scheduler compute them; a request that is not set is 0, a limit that is
not set is `<NA>`. `status` is kubectl's STATUS, since the phase of a pod in a crash loop is Running.

Only the fields that are shown are kept of each pod, page by page: of 30 MB of pods a few are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import project_visible
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.creators import creator_of
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.namespace_owners import NO_OWNER, read_namespace_owners
from tenantkit.frames.kit.owners import Chains, owner_of, read_chains
from tenantkit.frames.kit.pod_amounts import AmountsOfPods
from tenantkit.frames.kit.pod_fields import PodFields
from tenantkit.frames.kit.schema import TIME, frame_of
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.pod_quota import is_charged
from tenantkit.rules.pod_status import ENDED, has_condition, pod_status
from tenantkit.rules.shapes import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.namespace_owners import NamespaceOwners
    from tenantkit.frames.kit.owners import Owner
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

PODS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "name": "string",
    "workload": "string",
    "root_workload": "string",
    "phase": "string",
    "status": "string",
    "ready": "boolean",
    "restarts": "Int64",
    "node": "string",
    "cpu_requests_cores": "Float64",
    "memory_requests_bytes": "Int64",
    "cpu_limits_cores": "Float64",
    "memory_limits_bytes": "Int64",
    "accelerators": "Int64",
    "accelerator_kinds": "string",
    "created": TIME,
    "started": TIME,
    "counted": "boolean",
    "qos": "string",
    "priority_class": "string",
    "reason": "string",
    "creator": "string",
}

# namespace, name, owner, and the cells from `phase` on
PodRead: TypeAlias = "tuple[str, str, Owner | None, tuple[Any, ...]]"


@takes_cluster
def pods(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return the pods, their state and their requests: one row per pod.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants', and those of namespaces without a tenant.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only pods whose labels match, in the API server's syntax: `app=ai,tier!=test`. Default: all.

    Returns:
        tenant, team (<NA>: not a tenant's namespace, or not readable), namespace, name; workload (`Deployment/api`, the
        pod's owner; a pod without an owner is its own workload, `Pod/api`), root_workload (the top-level owner, as far
        as your permissions allow); phase, status (kubectl's STATUS: `CrashLoopBackOff`, `ContainerCreating`,
        `Terminating` …), node: string; ready: boolean; restarts: Int64; cpu_requests_cores: Float64 and
        memory_requests_bytes: Int64 (as the quota counts them, 0 where not set), cpu_limits_cores: Float64 and
        memory_limits_bytes: Int64 (<NA> where not set); accelerators (requested devices of all kinds): Int64,
        accelerator_kinds (their resource names, joined by `, `): string; created, started: datetime64[us, UTC];
        counted: boolean, whether its quota counts its requests now (not for finished pods); qos, priority_class, reason
        (why it ended or is not scheduled), creator (from labels or annotations of the pod or its owners): string.
        Sorted by namespace and name.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by kind, why the
        columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: pods may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list pods, for the whole cluster or in each namespace; for tenant and team, list or get namespaces; for the
    workload, list the kinds of its owners.
    Source: pages "Pods", "Pod Lifecycle", "Resource Quotas".

    Example:
        >>> failing = pods(cluster, tenant="speech").query("status == 'CrashLoopBackOff'")
        >>> list(failing.columns[:6])
        ['tenant', 'team', 'namespace', 'name', 'workload', 'root_workload']
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    reader = PodReader(lambda: cluster.server_time)
    reads, scope = project_visible(
        cluster,
        "Pod",
        reader,
        fields=PodFields,
        namespaces=filters.namespaces,
        label_selector=filters.label_selector,
    )
    chains = read_chains(
        cluster,
        {(namespace, owner) for namespace, _, owner, _ in reads if owner is not None},
        namespaces=None if scope == "cluster" else scope,
    )
    note_unreadable(chains.incomplete, reads)
    frame = frame_of_pods(reads, owned=read_namespace_owners(cluster, scope, chains.incomplete), chains=chains)
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "pods", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def pods_frame(
    pods: Iterable[Manifest],
    *,
    owned: NamespaceOwners | None = None,
    chains: Chains | None = None,
    now: datetime | None = None,
) -> pd.DataFrame:
    """The frame of `pods`, from Pods as the server returns them.

    Args:
        pods: of any namespaces.
        owned: tenant and team by namespace. Default: unknown.
        chains: the owners of the pods' owners. Default: only those that the pods name.
        now: the server's time, for pods that are being deleted. Default: this machine's.
    """
    reader = PodReader(lambda: now or datetime.now(UTC))
    return frame_of_pods([reader(pod) for pod in pods], owned=owned, chains=chains)


class PodReader:
    """Reads one pod, as cheaply as possible. Several threads may share it.

    Args:
        clock: returns the server's time.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._amounts = AmountsOfPods()

    def __call__(self, pod: Manifest) -> PodRead:
        """What the frame needs of a pod as the server returns it."""
        try:
            return self._read(pod)
        except (AttributeError, KeyError, TypeError, ValueError):  # an odd pod: without its odd values
            return self._read(fitted(pod, PodFields))

    def _read(self, pod: Manifest) -> PodRead:
        metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
        phase = status.get("phase")
        shown = pod_status(pod)
        amounts = self._amounts(pod)
        is_counted = phase not in ENDED and ("deletionTimestamp" not in metadata or is_charged(pod, self._clock()))
        cells = (
            phase,
            shown.status or None,
            has_condition(status, "Ready"),
            shown.restarts,
            spec.get("nodeName") or None,
            amounts.cpu,
            amounts.memory,
            amounts.cpu_limit,
            amounts.memory_limit,
            amounts.accelerators,
            amounts.accelerator_kinds,
            metadata.get("creationTimestamp"),
            status.get("startTime"),
            is_counted,
            status.get("qosClass"),
            spec.get("priorityClassName") or None,
            status.get("reason") or (None if "nodeName" in spec else _unscheduled(status)),
            creator_of(metadata),
        )
        return metadata["namespace"], metadata["name"], owner_of(metadata), cells


def frame_of_pods(
    reads: Iterable[PodRead], *, owned: NamespaceOwners | None = None, chains: Chains | None = None
) -> pd.DataFrame:
    """The frame of pods that a `PodReader` has read."""
    ordered = sorted(reads, key=itemgetter(0, 1))
    chains = chains or Chains()
    namespaces, names, owners, cells = zip(*ordered, strict=True) if ordered else ((),) * 4
    tenants = [(owned or {}).get(namespace, NO_OWNER) for namespace in namespaces]
    workloads = _workloads(namespaces, names, owners, chains)
    columns: dict[str, Any] = {
        "tenant": [each.tenant for each in tenants],
        "team": [each.team for each in tenants],
        "namespace": namespaces,
        "name": names,
        "workload": [workload for workload, _ in workloads],
        "root_workload": [root for _, root in workloads],
    }
    rest = [name for name in PODS if name not in columns]
    columns |= zip(rest, zip(*cells, strict=True) if cells else [()] * len(rest), strict=True)
    if chains.creators:
        each_pod = zip(namespaces, owners, columns["creator"], strict=True)
        columns["creator"] = [creator or (owner and chains.creator(at, owner)) for at, owner, creator in each_pod]
    frame = frame_of(columns, PODS)
    frame.attrs["incomplete"] = dict(chains.incomplete)
    return frame


def _workloads(
    namespaces: Sequence[str], names: Sequence[str], owners: Sequence[Owner | None], chains: Chains
) -> list[tuple[str, str]]:
    """Workload and root workload of each pod; a thousand pods have few."""
    texts = {
        (namespace, owner): (str(chains.workload(namespace, owner)), str(chains.root(namespace, owner)))
        for namespace, owner in set(zip(namespaces, owners, strict=True))
        if owner is not None
    }
    return [
        (f"Pod/{name}", f"Pod/{name}") if owner is None else texts[namespace, owner]
        for namespace, name, owner in zip(namespaces, names, owners, strict=True)
    ]


def _unscheduled(status: Manifest) -> str | None:
    """Why it has no node: `Unschedulable`, `SchedulingGated`."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition["reason"]) if condition.get("reason") else None
    return None

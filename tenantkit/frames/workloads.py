"""Workloads: Kubernetes' own kinds that run pods, pods without an owner, and the custom kinds above them.

A custom kind, such as RayCluster or PyTorchJob, is found by the objects that it owns, so none has to be known here; one
that owns nothing yet is not shown (`resources` lists it). Each row counts all pods beneath it, so a CronJob's row
includes the pods of its Jobs: the rows where `workload` equals `root_workload` count every pod once. ReplicaSets that
have an owner are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import ClusterError, NotFound, PermissionDenied, Worded
from tenantkit.frames.kit.coverage import gap_in, note_scope, note_unreadable
from tenantkit.frames.kit.creators import creator_of
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import NO_OWNER, read_namespace_owners
from tenantkit.frames.kit.owners import Chains, Owner, owner_of, read_chains
from tenantkit.frames.kit.pod_fields import PodFields
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.frames.kit.workload_state import (
    WORKLOAD_KINDS,
    WorkloadState,
    is_failing,
    with_failing_pods,
    workload_state,
)
from tenantkit.frames.pods import PODS, PodReader
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.kinds import KINDS, kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.namespace_owners import NamespaceOwners
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.frames.pods import PodRead
    from tenantkit.rules.manifest import Manifest

WORKLOADS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "kind": "string",
    "name": "string",
    "workload": "string",
    "root_workload": "string",
    "owners": "string",
    "state": "string",
    "pods_desired": "Int64",
    "pods_ready": "Int64",
    "pods_succeeded": "Int64",
    "pods_failed": "Int64",
    "pods": "Int64",
    "restarts": "Int64",
    "cpu_requests_cores": "Float64",
    "memory_requests_bytes": "Int64",
    "accelerators": "Int64",
    "accelerator_kinds": "string",
    "schedule": "string",
    "creator": "string",
    "created": TIME,
}

_CELLS = [name for name in PODS if name not in ("tenant", "team", "namespace", "name", "workload", "root_workload")]
_AT = {name: number for number, name in enumerate(_CELLS)}
_POD = ("v1", "Pod")


@dataclass(frozen=True, slots=True)
class _Workload:
    """What the frame shows of an object that runs pods."""

    state: WorkloadState
    creator: str | None
    created: str | None


@dataclass(slots=True)
class _Total:
    """The sum over the pods beneath a workload that their quota counts."""

    pods: int = 0
    restarts: int = 0
    cpu: float | None = 0.0
    memory: int | None = 0
    accelerators: int | None = 0
    is_failing: bool = False
    kinds: set[str] = field(default_factory=set)


_Number = TypeVar("_Number", int, float)
_Place: TypeAlias = "tuple[str, Owner]"


@takes_cluster
def workloads(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return what runs pods, its state and what it requests: one row per workload.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants', and those of namespaces without a tenant.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only workloads whose own labels match, in the API server's syntax; all pods beneath them are
            counted. Default: all.

    Returns:
        tenant, team (<NA>: not a tenant's namespace, or not readable), namespace, kind (`Deployment`, `StatefulSet`,
        `DaemonSet`, `Job`, `CronJob`; `ReplicaSet` and `Pod` where they have no owner; custom kinds that own one of
        these), name, workload (`Deployment/api`), root_workload (its top-level owner, or itself), owners (those above
        it, the nearest first, joined by `, `; <NA>: none), state (see `WorkloadState`; a pod's is its status; <NA> for
        a custom kind): string; pods_desired, pods_ready, pods_succeeded, pods_failed (the last two: of Jobs), pods
        (beneath it, and counted by the quota), restarts (of these pods): Int64; cpu_requests_cores: Float64,
        memory_requests_bytes, accelerators: Int64, accelerator_kinds: string, of these pods together; schedule (of
        CronJobs), creator (from labels or annotations): string; created: datetime64[us, UTC]. Sorted by namespace, kind
        and name. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by
        kind, why its objects, or the columns that depend on it, are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: pods may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list pods, deployments, statefulsets, daemonsets, replicasets, jobs, cronjobs and the kinds of their owners,
    for the whole cluster or in each namespace; for tenant and team, list or get namespaces.
    Source: pages "Workloads", "Owners and Dependents".

    Example:
        >>> failing = workloads(cluster, tenant="speech").query("state == 'Failing'")
        >>> per_root = workloads(cluster).query("workload == root_workload").groupby("tenant")["accelerators"].sum()
    """
    reader = PodReader(lambda: cluster.server_time)
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    pods, scope = project_visible(cluster, "Pod", reader, fields=PodFields, namespaces=filters.namespaces)
    where = None if scope == "cluster" else scope
    found: dict[_Place, _Workload] = {}
    chains = Chains()
    for kind in WORKLOAD_KINDS if scope else ():
        try:
            manifests, covered = project_visible(cluster, kind, _whole, namespaces=where)
        except PermissionDenied as refusal:
            chains.incomplete[kind] = Worded.of(refusal)
            continue
        except NotFound:  # a server without that kind has no such workloads
            continue
        if (gap := gap_in(kind, covered, scope)) is not None:
            chains.incomplete[kind] = gap
        note_unreadable(chains.incomplete, manifests)
        _add(kind, manifests, found, chains)
    note_unreadable(chains.incomplete, pods)
    chains = read_chains(
        cluster, {(place, owner) for place, _, owner, _ in pods if owner is not None}, namespaces=where, known=chains
    )
    rows = _rows(found, pods, chains, read_namespace_owners(cluster, scope, chains.incomplete))
    if filters.label_selector is not None:
        owners = {owner for _, owner in rows}
        selected = _selected(cluster, owners, chains, where, filters.label_selector)
        rows = {place: row for place, row in rows.items() if place in selected}
    frame = _frame(rows, chains)
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "workloads", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def workloads_frame(
    manifests: Iterable[Manifest],
    pods: Iterable[PodRead] = (),
    *,
    chains: Chains | None = None,
    owned: NamespaceOwners | None = None,
) -> pd.DataFrame:
    """The frame of `workloads`.

    Args:
        manifests: objects of the kinds of `WORKLOAD_KINDS`, each with its `kind`.
        pods: as a `PodReader` read them.
        chains: the owners of the owners; those that the manifests name are added. Default: only these.
        owned: tenant and team by namespace. Default: unknown.
    """
    found: dict[_Place, _Workload] = {}
    chains = chains or Chains()
    for manifest in manifests:
        _add(manifest["kind"], [manifest], found, chains)
    return _frame(_rows(found, list(pods), chains, owned or {}), chains)


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _add(kind: str, manifests: Iterable[Manifest], found: dict[_Place, _Workload], chains: Chains) -> None:
    """Note an object's owner, and that it is a workload: a ReplicaSet only where it has no owner."""
    for manifest in as_read(kind, manifests):
        metadata = manifest["metadata"]
        place = metadata["namespace"], Owner(kind_of(kind).api_version, kind, metadata["name"])
        above = owner_of(metadata)
        chains.owners[place] = above
        if kind != "ReplicaSet" or above is None:
            found[place] = _Workload(
                workload_state(kind, manifest), creator_of(metadata), metadata.get("creationTimestamp")
            )


def _selected(
    cluster: Cluster, owners: Iterable[Owner], chains: Chains, namespaces: Sequence[str] | None, label_selector: str
) -> Collection[_Place]:
    """Which objects of these kinds have the labels: the server decides, one more list of metadata per kind.

    Where a kind may not be listed, its labels are unknown, and it is in `incomplete` already.
    """
    selected: set[_Place] = set()
    for api_version, kind in sorted({(owner.api_version, owner.kind) for owner in owners}):
        place = chains.places.get((api_version, kind)) or KINDS.get(kind)
        if place is None or place.api_version != api_version:
            continue

        def keep(manifest: Manifest, of: tuple[str, str] = (api_version, kind)) -> _Place:
            return manifest["metadata"]["namespace"], Owner(*of, manifest["metadata"]["name"])

        try:
            matching, _ = project_visible(
                cluster, place, keep, metadata_only=True, namespaces=namespaces, label_selector=label_selector
            )
        except ClusterError as error:
            if error.status is None:
                raise
            chains.incomplete.setdefault(kind, str(error))
        else:
            selected.update(matching)
    return selected


def _frame(rows: Mapping[_Place, tuple[Any, ...]], chains: Chains) -> pd.DataFrame:
    frame = frame_of_rows(rows.values(), WORKLOADS)
    frame.attrs["incomplete"] = dict(chains.incomplete)
    return frame


def _rows(
    workloads: Mapping[_Place, _Workload], pods: Sequence[PodRead], chains: Chains, owned: NamespaceOwners
) -> dict[_Place, tuple[Any, ...]]:
    """A row per workload, in the frame's order."""
    totals: dict[_Place, _Total] = {}
    found = dict(workloads)
    for namespace, name, owner, cells in pods:
        if owner is None:
            this = Owner(*_POD, name)
            state = WorkloadState(cells[_AT["status"]], 1, int(cells[_AT["ready"]]))
            found[namespace, this] = _Workload(state, cells[_AT["creator"]], cells[_AT["created"]])
        else:
            this = owner
        _count(cells, [totals.setdefault((namespace, each), _Total()) for each in chains.above(namespace, this)])
    for namespace, owner in _owners(found, pods, chains):
        place = namespace, owner
        found.setdefault(place, _Workload(WorkloadState(None), chains.creators.get(place), chains.created.get(place)))
    ordered = sorted(found, key=lambda place: (place[0], place[1].kind, place[1].name, place[1].api_version))
    none = _Total()
    return {place: _row(place, found[place], totals.get(place, none), chains, owned) for place in ordered}


def _owners(found: Mapping[_Place, _Workload], pods: Iterable[PodRead], chains: Chains) -> set[_Place]:
    """All owners of workloads and pods, except ReplicaSets that have an owner, and nodes."""
    starts = {*found, *((namespace, owner) for namespace, _, owner, _ in pods if owner is not None)}
    above = {(namespace, each) for namespace, owner in starts for each in chains.above(namespace, owner)}
    return {
        (namespace, owner)
        for namespace, owner in above
        if owner.kind != "Node" and chains.workload(namespace, owner) == owner
    }


def _count(cells: tuple[Any, ...], totals: Iterable[_Total]) -> None:
    """Add a pod to all workloads above it, if its quota counts it."""
    if not cells[_AT["counted"]]:
        return
    for total in totals:
        total.pods += 1
        total.is_failing = total.is_failing or is_failing(cells[_AT["status"]])
        total.restarts += cells[_AT["restarts"]]
        total.cpu = _added(total.cpu, cells[_AT["cpu_requests_cores"]])
        total.memory = _added(total.memory, cells[_AT["memory_requests_bytes"]])
        total.accelerators = _added(total.accelerators, cells[_AT["accelerators"]])
        if cells[_AT["accelerator_kinds"]]:
            total.kinds.update(cells[_AT["accelerator_kinds"]].split(", "))


def _added(total: _Number | None, amount: _Number | None) -> _Number | None:
    """The sum; None where one of the pods' amounts is unknown."""
    return None if total is None or amount is None else total + amount


def _row(place: _Place, workload: _Workload, total: _Total, chains: Chains, owned: NamespaceOwners) -> tuple[Any, ...]:
    namespace, this = place
    _, *above = chains.above(namespace, this)
    state = with_failing_pods(workload.state) if total.is_failing else workload.state
    return (
        *owned.get(namespace, NO_OWNER),
        namespace,
        this.kind,
        this.name,
        str(this),
        str(above[-1] if above else this),
        ", ".join(map(str, above)) or None,
        state.state,
        state.pods_desired,
        state.pods_ready,
        state.pods_succeeded,
        state.pods_failed,
        total.pods,
        total.restarts,
        None if total.cpu is None else round(total.cpu, 3),  # in millicores, as a quota counts
        total.memory,
        total.accelerators,
        ", ".join(sorted(total.kinds)) or None,
        state.schedule,
        workload.creator or chains.creator(namespace, this),
        workload.created,
    )

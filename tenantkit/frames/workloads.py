"""What somebody has made that runs pods: Kubernetes' own kinds, pods that nobody owns, and custom kinds above them.

A custom kind, such as RayCluster or PyTorchJob, is found by what it owns, so none has to be known here; one that owns
nothing yet is not seen (`resources` lists it). Each row counts all pods beneath it, so a CronJob's row has the pods of
its Jobs: sum over the rows whose `root` is themselves, and nothing is counted twice. ReplicaSets that a Deployment made
are not shown, they are the Deployment's own affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import keep_visible
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.frames.kit.creators import creator_of
from tenantkit.frames.kit.namespace_owners import NOBODYS, read_owned
from tenantkit.frames.kit.owners import Chains, Owner, owner_of, read_chains
from tenantkit.frames.kit.pod_fields import PodParts
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.frames.kit.workload_state import WORKLOAD_KINDS, WorkloadState, workload_state
from tenantkit.frames.pods import PODS, PodReader
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.namespace_owners import Owned
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
    "root": "string",
    "owners": "string",
    "state": "string",
    "desired": "Int64",
    "ready": "Int64",
    "succeeded": "Int64",
    "failed": "Int64",
    "pods": "Int64",
    "restarts": "Int64",
    "requests_cpu_cores": "Float64",
    "requests_memory_bytes": "Int64",
    "accelerators": "Int64",
    "accelerator": "string",
    "schedule": "string",
    "creator": "string",
    "created": TIME,
}

_CELLS = [name for name in PODS if name not in ("tenant", "team", "namespace", "name", "workload")]
_AT = {name: number for number, name in enumerate(_CELLS)}


@dataclass(frozen=True, slots=True)
class _Found:
    """An object that runs pods, as far as the frame shows it."""

    state: WorkloadState
    creator: str | None
    created: str | None


@dataclass(slots=True)
class _Total:
    """Of the pods beneath a workload that their quota counts."""

    pods: int = 0
    restarts: int = 0
    cpu: float = 0.0
    memory: int = 0
    accelerators: int = 0
    kinds: set[str] = field(default_factory=set)


_Place: TypeAlias = "tuple[str, Owner]"


@takes_cluster
def workloads(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """What runs pods, how it fares and what it holds: one row per workload.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        tenant, team: string, <NA> for a namespace that is no tenant's or may not be read; namespace; kind
        (`Deployment`, `StatefulSet`, `DaemonSet`, `Job`, `CronJob`, `ReplicaSet` and `Pod` where nobody owns them, and
        custom kinds that own one of these); name; workload (`Deployment/api`); root (its topmost owner, or itself),
        owners (those above it, the nearest first, joined by `, `; <NA>: none); state (see `WorkloadState`; a pod's is
        its status; <NA> for a custom kind): string; desired, ready; succeeded, failed (of jobs); pods (beneath it, and
        counted by the quota), restarts (theirs): Int64; requests_cpu_cores: Float64, requests_memory_bytes,
        accelerators: Int64, accelerator: string, of these pods together; schedule (of cron jobs), creator (as the
        object says): string; created: datetime64[ns, UTC]. Sorted by namespace, kind and name. `attrs["scope"]` is
        `cluster`, or the tuple of namespaces that it covers; `attrs["unread"]` says by kind what could not be read.

    Raises:
        PermissionDenied: pods may be read in no namespace.
        ClusterUnavailable: the server gave no answer.

    RBAC: list pods, deployments, statefulsets, daemonsets, replicasets, jobs, cronjobs and the kinds of their owners,
    for the whole cluster or in each namespace; for tenant and team, list or get namespaces.
    Source: pages "Workloads", "Owners and Dependents".

    Example:
        >>> workloads(cluster).query("state == 'Failing'")  # doctest: +SKIP
    """
    reader = PodReader(lambda: cluster.server_time)
    pods, scope = keep_visible(cluster, "Pod", reader, parts=PodParts, namespaces=namespaces)
    where = None if scope == "cluster" else scope
    found: dict[_Place, _Found] = {}
    chains = Chains()
    for kind in WORKLOAD_KINDS if scope else ():
        try:
            manifests, _ = keep_visible(cluster, kind, _whole, namespaces=where)
        except (PermissionDenied, NotFound) as refusal:
            chains.unread[kind] = str(refusal)
            continue
        _add(kind, manifests, found, chains)
    chains = read_chains(
        cluster, {(place, owner) for place, _, owner, _ in pods if owner is not None}, namespaces=where, known=chains
    )
    frame = _frame(found, pods, chains, read_owned(cluster, scope, chains.unread))
    frame.attrs["scope"] = scope
    return frame


def workloads_frame(
    manifests: Iterable[Manifest],
    pods: Iterable[PodRead] = (),
    *,
    chains: Chains | None = None,
    owned: Owned | None = None,
) -> pd.DataFrame:
    """The frame of `workloads`.

    Args:
        manifests: of the kinds of `WORKLOAD_KINDS`, each with its `kind`.
        pods: as a `PodReader` read them.
        chains: who owns the owners; what the manifests say is added. Default: no more than that.
        owned: whose the namespaces are. Default: not known.
    """
    found: dict[_Place, _Found] = {}
    chains = chains or Chains()
    for manifest in manifests:
        _add(manifest["kind"], [manifest], found, chains)
    return _frame(found, list(pods), chains, owned or {})


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _add(kind: str, manifests: Iterable[Manifest], found: dict[_Place, _Found], chains: Chains) -> None:
    """Note who owns an object, and that it is a workload: a ReplicaSet only where nobody owns it."""
    for manifest in manifests:
        metadata = manifest["metadata"]
        place = metadata["namespace"], Owner(kind_of(kind).api_version, kind, metadata["name"])
        above = owner_of(metadata)
        chains.owners[place] = above
        if kind != "ReplicaSet" or above is None:
            found[place] = _Found(
                workload_state(kind, manifest), creator_of(metadata), metadata.get("creationTimestamp")
            )


def _frame(found: dict[_Place, _Found], pods: Sequence[PodRead], chains: Chains, owned: Owned) -> pd.DataFrame:
    totals: dict[_Place, _Total] = {}
    found = dict(found)
    for namespace, name, owner, cells in pods:
        if owner is None:
            this = Owner("v1", "Pod", name)
            state = WorkloadState(cells[_AT["status"]], 1, int(cells[_AT["ready"]]))
            found[namespace, this] = _Found(state, cells[_AT["creator"]], cells[_AT["created"]])
        else:
            this = owner
        _count(cells, [totals.setdefault((namespace, each), _Total()) for each in chains.above(namespace, this)])
    for namespace, owner in _owners(found, pods, chains):
        place = namespace, owner
        unknown = _Found(WorkloadState(None), chains.creators.get(place), chains.created.get(place))
        found.setdefault(place, unknown)
    ordered = sorted(found, key=lambda place: (place[0], place[1].kind, place[1].name, place[1].api_version))
    none = _Total()
    rows = (_row(place, found[place], totals.get(place, none), chains, owned) for place in ordered)
    frame = frame_of_rows(rows, WORKLOADS)
    frame.attrs["unread"] = dict(chains.unread)
    return frame


def _owners(found: Mapping[_Place, _Found], pods: Iterable[PodRead], chains: Chains) -> set[_Place]:
    """Everything that stands above something, but the ReplicaSets of a Deployment, and nodes."""
    starts = {*found, *((namespace, owner) for namespace, _, owner, _ in pods if owner is not None)}
    above = {(namespace, each) for namespace, owner in starts for each in chains.above(namespace, owner)}
    return {
        (namespace, owner)
        for namespace, owner in above
        if owner.kind != "Node" and (owner.kind != "ReplicaSet" or chains.owners.get((namespace, owner)) is None)
    }


def _count(cells: tuple[Any, ...], totals: Iterable[_Total]) -> None:
    """Add a pod to all that it is beneath, if its quota counts it."""
    if not cells[_AT["counted"]]:
        return
    for total in totals:
        total.pods += 1
        total.restarts += cells[_AT["restarts"]]
        total.cpu += cells[_AT["requests_cpu_cores"]]
        total.memory += cells[_AT["requests_memory_bytes"]]
        total.accelerators += cells[_AT["accelerators"]]
        if cells[_AT["accelerator"]]:
            total.kinds.update(cells[_AT["accelerator"]].split(", "))


def _row(place: _Place, found: _Found, total: _Total, chains: Chains, owned: Owned) -> tuple[Any, ...]:
    namespace, this = place
    _, *above = chains.above(namespace, this)
    state = found.state
    return (
        *owned.get(namespace, NOBODYS),
        namespace,
        this.kind,
        this.name,
        str(this),
        str(above[-1] if above else this),
        ", ".join(map(str, above)) or None,
        state.state,
        state.desired,
        state.ready,
        state.succeeded,
        state.failed,
        total.pods,
        total.restarts,
        round(total.cpu, 3),  # of millicores, as a quota counts
        total.memory,
        total.accelerators,
        ", ".join(sorted(total.kinds)) or None,
        state.schedule,
        found.creator or chains.creator(namespace, this),
        found.created,
    )

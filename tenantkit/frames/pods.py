"""Which pods there are, how they fare, and what they take of the quota.

All pods that may be seen count, tenants' or not: who asks which GPUs are taken wants to see the system's, too. What a
pod requests is reckoned as its quota and the scheduler do; a request that it does not make is 0, a limit that it does
not have is `<NA>`. STATUS is kubectl's word, since the phase calls a pod that crashes again and again Running.

Only what is shown is read of a pod, while its page is at hand; of 30 MB of pods a few are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import keep_visible
from tenantkit.frames.kit.creators import creator_of
from tenantkit.frames.kit.namespace_owners import NOBODYS, read_owned
from tenantkit.frames.kit.owners import Chains, owner_of_pod, read_chains
from tenantkit.frames.kit.pod_amounts import AmountsOfPods
from tenantkit.frames.kit.pod_fields import PodParts
from tenantkit.frames.kit.schema import TIME, frame_of
from tenantkit.rules.pod_quota import is_charged
from tenantkit.rules.pod_status import ENDED, has_condition, pod_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.namespace_owners import Owned
    from tenantkit.frames.kit.owners import Owner
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

PODS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "name": "string",
    "workload": "string",
    "phase": "string",
    "status": "string",
    "ready": "boolean",
    "restarts": "Int64",
    "node": "string",
    "requests_cpu_cores": "Float64",
    "requests_memory_bytes": "Int64",
    "limits_cpu_cores": "Float64",
    "limits_memory_bytes": "Int64",
    "accelerators": "Int64",
    "accelerator": "string",
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
def pods(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """Pods, how they fare and what they request: one row per pod.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        tenant, team: string, <NA> for a namespace that is no tenant's or may not be read; namespace, name; workload
        (`Deployment/api`: the root of the pod's owners, as far as they may be read; <NA>: it has none); phase; status
        as kubectl says it (`CrashLoopBackOff`, `ContainerCreating`, `Terminating` …); node: string; ready: boolean;
        restarts: Int64; requests_cpu_cores: Float64, and requests_memory_bytes: Int64, as the quota counts them, 0
        where none are made; limits_cpu_cores, limits_memory_bytes: likewise, <NA> where none are set; accelerators:
        Int64, whole pieces of all of them; accelerator: which, joined by `, `; created, started: datetime64[ns, UTC];
        counted: boolean, whether its quota counts its requests now (not once it is finished); qos, priority_class,
        reason (why it was ended, or is not scheduled), creator (as its labels or annotations, or its workload's, say):
        string. Sorted by namespace and name. `attrs["scope"]` is `cluster`, or the tuple of namespaces that it covers;
        `attrs["unread"]` says by kind why owners could not be followed.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list pods, for the whole cluster or in each namespace; for tenant and team, list or get namespaces; for the
    workload, list the kinds of its owners.
    Source: pages "Pods", "Pod Lifecycle", "Resource Quotas".

    Example:
        >>> pods(cluster).query("status == 'CrashLoopBackOff'")  # doctest: +SKIP
    """
    reader = PodReader(lambda: cluster.server_time)
    reads, scope = keep_visible(cluster, "Pod", reader, parts=PodParts, namespaces=namespaces)
    chains = read_chains(
        cluster,
        {(namespace, owner) for namespace, _, owner, _ in reads if owner is not None},
        namespaces=None if scope == "cluster" else scope,
    )
    frame = frame_of_pods(reads, owned=read_owned(cluster, scope, chains.unread), chains=chains)
    frame.attrs["scope"] = scope
    return frame


def pods_frame(
    pods: Iterable[Manifest], *, owned: Owned | None = None, chains: Chains | None = None, now: datetime | None = None
) -> pd.DataFrame:
    """The frame of `pods`, of Pods as the server answered them.

    Args:
        pods: of any namespaces.
        owned: whose the namespaces are. Default: not known.
        chains: who owns the pods' owners. Default: what the pods themselves say.
        now: by the server's clock, for pods that are being deleted. Default: this machine's.
    """
    reader = PodReader(lambda: now or datetime.now(UTC))
    return frame_of_pods([reader(pod) for pod in pods], owned=owned, chains=chains)


class PodReader:
    """Reads a pod: the one thing done for each, so as little as possible. Several threads may share it.

    Args:
        clock: the server's.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._amounts = AmountsOfPods()

    def __call__(self, pod: Manifest) -> PodRead:
        """What the frame needs of a pod, as the server answered it."""
        metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
        phase = status.get("phase")
        found = pod_status(pod)
        amounts = self._amounts(pod)
        is_counted = phase not in ENDED and ("deletionTimestamp" not in metadata or is_charged(pod, self._clock()))
        cells = (
            phase,
            found.status or None,
            has_condition(status, "Ready"),
            found.restarts,
            spec.get("nodeName") or None,
            amounts.cpu,
            amounts.memory,
            amounts.cpu_limit,
            amounts.memory_limit,
            amounts.accelerators,
            amounts.accelerator,
            metadata.get("creationTimestamp"),
            status.get("startTime"),
            is_counted,
            status.get("qosClass"),
            spec.get("priorityClassName") or None,
            status.get("reason") or (None if "nodeName" in spec else _unscheduled(status)),
            creator_of(metadata),
        )
        return metadata["namespace"], metadata["name"], owner_of_pod(metadata), cells


def frame_of_pods(
    reads: Iterable[PodRead], *, owned: Owned | None = None, chains: Chains | None = None
) -> pd.DataFrame:
    """The frame of what a `PodReader` has read."""
    ordered = sorted(reads, key=itemgetter(0, 1))
    chains = chains or Chains()
    namespaces, names, owners, cells = zip(*ordered, strict=True) if ordered else ((),) * 4
    whose = [(owned or {}).get(namespace, NOBODYS) for namespace in namespaces]
    columns: dict[str, Any] = {
        "tenant": [each.tenant for each in whose],
        "team": [each.team for each in whose],
        "namespace": namespaces,
        "name": names,
        "workload": _workloads(namespaces, owners, chains),
    }
    rest = [name for name in PODS if name not in columns]
    columns |= zip(rest, zip(*cells, strict=True) if cells else [()] * len(rest), strict=True)
    if chains.creators:
        own = zip(namespaces, owners, columns["creator"], strict=True)
        columns["creator"] = [said or (owner and chains.creator(at, owner)) for at, owner, said in own]
    frame = frame_of(columns, PODS)
    frame.attrs["unread"] = dict(chains.unread)
    return frame


def _workloads(namespaces: Sequence[str], owners: Sequence[Owner | None], chains: Chains) -> list[str | None]:
    """The root of each pod's owners in text; a thousand pods have few."""
    texts: dict[tuple[str, Owner | None], str | None] = {
        (namespace, owner): str(chains.root(namespace, owner)) if owner is not None else None
        for namespace, owner in set(zip(namespaces, owners, strict=True))
    }
    return [texts[each] for each in zip(namespaces, owners, strict=True)]


def _unscheduled(status: Manifest) -> str | None:
    """Why it has no node: `Unschedulable`, `SchedulingGated`."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition["reason"]) if condition.get("reason") else None
    return None

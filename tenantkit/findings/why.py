"""Why something does not run: one row a cause, the most likely first.

Each concern has a function that looks at a snapshot and yields findings; their order here does not matter, the
vocabulary's does. Whoever wrote the reason down (server, controller, scheduler, kubelet) is quoted, and the figures
behind it are worked out beside the quotation. Turned down: one chain of conditions for a pod, which tells of the first
trouble and hides the one behind it.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, NotFound, Problem
from tenantkit.findings.causes.containers import not_running
from tenantkit.findings.causes.jobs import given_up
from tenantkit.findings.causes.kueue import queued
from tenantkit.findings.causes.never_created import never_made
from tenantkit.findings.causes.nodes import on_a_bad_node
from tenantkit.findings.causes.scheduling import waiting_for_a_node
from tenantkit.findings.causes.terminating import not_ending
from tenantkit.findings.causes.unexplained import unexplained
from tenantkit.findings.causes.volume_mounts import not_mounted
from tenantkit.findings.finding import Finding, in_order
from tenantkit.findings.read_snapshot import KINDS, read_bound_pods, read_snapshot
from tenantkit.findings.snapshot import condition
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored import TENANT_NAMESPACES, get_namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

WHY: Schema = {
    "tenant": "string",
    "namespace": "string",
    "workload": "string",
    "object": "string",
    "cause": "string",
    "message": "string",
    "evidence": "string",
    "what_to_do": "string",
    "pods": "Int64",
    "since": TIME,
}

FINDERS: tuple[Callable[[Snapshot], Iterator[Finding]], ...] = (
    never_made,
    waiting_for_a_node,
    not_mounted,
    not_running,
    on_a_bad_node,
    given_up,
    queued,
    not_ending,
)


@takes_cluster
def why(
    cluster: Cluster, tenant: str | None = None, *, workload: str | None = None, namespaces: Sequence[str] | None = None
) -> pd.DataFrame:
    """Why something does not run: one row a cause, the most likely first. Experimental: columns and causes may change.

    Args:
        cluster: where.
        tenant: whose, by name. Default: all tenants.
        workload: only this one, as `Kind/name`: `Job/train`; a pod's or ReplicaSet's name will do, too. Default: all.
        namespaces: these instead, whether or not they are tenants'. Default: those of the connection; where it names
            none, all that you may list, else its one namespace.

    Returns:
        tenant, namespace; workload (`Deployment/train`: what a person made), object (what stands in the way, is missing
        or broken: `ResourceQuota/tenantkit-quota`, `Secret/registry`, `Node/gpu-1`), cause (one of `CAUSES`), message
        (the server's, controller's or kubelet's own words; empty where nobody wrote any), evidence (where that was
        read, and the figures behind it), what_to_do: string; pods (how many are held up, also those never made):
        Int64, <NA> where that is not known; since: time, <NA> where nothing says. What runs as it should has no row.
        What could not be read has a row `not readable` where the answer may hang on it, and stands in `attrs["unread"]`
        with the reason.
        `attrs["scope"]` is the tuple of namespaces that it covers.

    Raises:
        NotFound: no such tenant or namespace, or no such workload in it.
        PermissionDenied: pods may not be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list pods, events, resourcequotas, limitranges, persistentvolumeclaims, deployments, replicasets,
    statefulsets, daemonsets, jobs and cronjobs, and get the namespace; nodes and other namespaces' pods if you may.
    Source: pages "Debug Pods" and "Pod Lifecycle".

    Example:
        >>> why(cluster, "vision", workload="Job/train")[["cause", "object", "what_to_do"]]  # doctest: +SKIP
    """
    if tenant is not None:
        found = [get_namespace(cluster, tenant)]
    else:
        tenants_only = TENANT_NAMESPACES if namespaces is None else None  # who names a namespace means it
        found, scope = list_visible(cluster, "Namespace", namespaces=namespaces, label_selector=tenants_only)
        if namespaces is not None:
            _check_namespaces(found, scope)
    snapshot = read_snapshot(cluster, found)
    if snapshot.knows("Node") and _waits_for_room(snapshot):
        bound = read_bound_pods(cluster)
        snapshot = replace(snapshot, bound=bound)
    if workload is not None:
        _check_there(snapshot, workload)
    frame = why_frame(snapshot, workload=workload)
    frame.attrs["scope"] = tuple(namespace["metadata"]["name"] for namespace in found)
    return frame


def find_causes(snapshot: Snapshot, *, workload: str | None = None) -> list[Finding]:
    """The findings of `why`, of what was read.

    Args:
        snapshot: what is there.
        workload: only findings with this in their chain, or that keep everything in the namespace from running.
            Default: all.
    """
    found = [finding for finder in FINDERS for finding in finder(snapshot)]
    found += unexplained(snapshot, {(finding.namespace, finding.workload) for finding in found})
    found += _unreadable(snapshot)
    return in_order(finding for finding in found if workload is None or _is_about(finding, workload))


def why_frame(snapshot: Snapshot, *, workload: str | None = None) -> pd.DataFrame:
    """The frame of `why`, of what was read."""
    tenants = {
        namespace["metadata"]["name"]: (namespace["metadata"].get("labels") or {}).get(TENANT_LABEL)
        for namespace in snapshot.all("Namespace")
    }
    rows = [
        (
            tenants.get(finding.namespace),
            finding.namespace or None,
            finding.workload or None,
            finding.object,
            finding.cause,
            finding.message,
            finding.evidence,
            finding.what_to_do,
            finding.pods if finding.cause != "not readable" else None,
            finding.since,
        )
        for finding in find_causes(snapshot, workload=workload)
    ]
    frame = frame_of_rows(rows, WHY)
    frame.attrs["unread"] = dict(snapshot.unread)
    return frame


def _is_about(finding: Finding, workload: str) -> bool:
    return workload in finding.chain or finding.cause in ("namespace terminating", "not readable")


def _unreadable(snapshot: Snapshot) -> Iterator[Finding]:
    """What may not be read though an answer may hang on it: nodes are not among that, the scheduler speaks for them."""
    for kind, reason in snapshot.unread.items():
        if kind != "Node":
            yield Finding(
                cause="not readable",
                chain=("",),
                namespace="",
                object=kind,
                message=reason,
                evidence=f"what is wrong with or because of {kind} objects does not show here",
                what_to_do=f"ask for the right to list {kind} objects, and look again",
                pods=0,
            )


def _waits_for_room(snapshot: Snapshot) -> bool:
    return any(
        "Insufficient" in str((condition(pod, "PodScheduled", "False") or {}).get("message"))
        for pod in snapshot.all("Pod")
    )


def _check_namespaces(found: Sequence[Manifest], scope: Scope) -> None:
    """Raise NotFound where one was asked for that is not there: an empty answer would say that it is well."""
    gone = sorted({*scope} - {namespace["metadata"]["name"] for namespace in found})
    if gone:
        what = f"there is no namespace {', '.join(map(repr, gone))}"
        step = "tk.tenants(cluster)['namespace'] shows those of tenants"
        raise NotFound(f"{what}: {step}", status=404, operation="explain", kind="Namespace", name=gone[0])


def _check_there(snapshot: Snapshot, workload: str) -> None:
    """Raise NotFound where nothing has that name: an empty answer would say that it is well."""
    if not isinstance(workload, str):
        raise InvalidSpecError([Problem("workload", workload, "name one as Kind/name, for example 'Job/train'")])
    known: Iterable[Manifest] = (manifest for kind in KINDS if kind != "Event" for manifest in snapshot.all(kind))
    names = {link for manifest in known for link in snapshot.chain(manifest)}
    if workload not in names:
        named = sorted(link for link in names if link.partition("/")[2] == workload)
        near = named[:1] or get_close_matches(workload, sorted(names), n=1)
        step = "name it as Kind/name, for example 'Job/train'; tk.workloads(cluster) shows those that there are"
        meant = f"did you mean {near[0]!r}?" if near else step
        raise NotFound(f"there is no workload {workload!r}: {meant}", status=404, operation="explain", name=workload)

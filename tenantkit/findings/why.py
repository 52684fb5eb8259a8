"""Why something does not run: one row per cause, root causes first.

Each concern has a function that reads a snapshot and yields findings; they run in any order, and `CAUSES` decides the
order of the rows. The message of the server, controller, scheduler or kubelet is quoted, with the figures behind it.
Rejected alternative: one chain of conditions per pod, which reports the first failure and hides those behind it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import WrongArgument, takes_cluster
from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.visible import list_visible
from tenantkit.display.shown import EMPTY
from tenantkit.exceptions import InvalidSpecError, NotFound, Problem
from tenantkit.findings.causes.containers import not_running
from tenantkit.findings.causes.jobs import unsuccessful
from tenantkit.findings.causes.kueue import queued
from tenantkit.findings.causes.never_created import never_created
from tenantkit.findings.causes.nodes import node_problems
from tenantkit.findings.causes.scheduler_reasons import SchedulerCode, read_reason, reasons_of
from tenantkit.findings.causes.scheduling import waiting_for_a_node
from tenantkit.findings.causes.terminating import not_terminated
from tenantkit.findings.causes.unexplained import unexplained
from tenantkit.findings.causes.volume_mounts import not_mounted
from tenantkit.findings.finding import Finding, in_order
from tenantkit.findings.read_snapshot import KINDS, read_bound_pods, read_snapshot
from tenantkit.findings.snapshot import condition
from tenantkit.findings.whom_to_ask import whom_to_ask
from tenantkit.frames.kit.coverage import note_scope
from tenantkit.frames.kit.empty_answers import place_text
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.frames.kit.similar_workloads import named_workload, similar_workload
from tenantkit.hints import Hint, Message
from tenantkit.manifests.labels import FROZEN_QUOTA_NAME, TENANT_LABEL
from tenantkit.provision.stored.platform import known_platform
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES
from tenantkit.rules.selectors.label_selectors import parse_label_selector
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.hints import Surface
    from tenantkit.rules.manifest import Manifest

WHY: Schema = {
    "tenant": "string",
    "namespace": "string",
    "workload": "string",
    "root_workload": "string",
    "object": "string",
    "cause": "string",
    "message": "string",
    "evidence": "string",
    "next_steps": "string",
    "pods": "Int64",
    "since": TIME,
}

_NOT_RUNNING = ("ResourceQuota", "LimitRange", "PersistentVolumeClaim")

FINDERS: tuple[Callable[[ClusterSnapshot], Iterator[Finding]], ...] = (
    never_created,
    waiting_for_a_node,
    not_mounted,
    not_running,
    node_problems,
    unsuccessful,
    queued,
    not_terminated,
)


@takes_cluster
def why(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    workload: str | None = None,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return why something does not run: one row per cause, root causes first.

    Experimental: columns and causes may change.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's workloads, by name. Default: all tenants'.
        workload: only this one, as `Kind/name`: `Job/train`; a pod or a ReplicaSet works too, and so does a name that
            one of them has: `train`. Default: all.
        namespaces: these, a tenant's or not, in place of `tenant`. Default: the tenants' among those of the connection;
            if it has none, all that you may list, else those of your tenants.
        label_selector: only workloads and pods whose labels match, in the API server's syntax. Default: all.

    Returns:
        tenant, namespace, workload (`Deployment/train`: the affected object, or the owner of the affected pods),
        root_workload (its top-level owner), object (what blocks, is missing or is broken:
        `ResourceQuota/tenantkit-quota`, `Secret/registry`, `Node/gpu-1`), cause (one of `CAUSES`), message (as the
        server, a controller or the kubelet wrote it; empty where none did), evidence (where that was read, and the
        figures behind it), next_steps: string; pods (how many are affected, also those never created): Int64, <NA>
        where unknown; since: datetime64[us, UTC], <NA> where unknown. A workload that runs as it should has no row. A
        kind that could not be read has a row with the cause `not readable` where a cause may depend on it.
        `attrs["scope"]`: the tuple of namespaces that it covers. `attrs["incomplete"]`: by kind, why it could not be
        read; of an owner's kind: root_workload is the last owner that is known.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant or namespace, or no such workload in it.
        PermissionDenied: pods may not be listed.
        ClusterUnavailable: the server did not answer.

    RBAC: list pods, events, resourcequotas, limitranges, persistentvolumeclaims, deployments, replicasets,
    statefulsets, daemonsets, jobs and cronjobs, and get the namespace; nodes and other namespaces' pods if you may;
    create selfsubjectrulesreviews, which any signed-in user may, and list rolebindings, to name whom a viewer can ask;
    get configmap `platform` in tenantkit-system.
    Source: pages "Debug Pods" and "Pod Lifecycle".

    Example:
        >>> causes = why(cluster, "speech")[["workload", "cause", "object", "next_steps"]]
    """
    if isinstance(tenant, str) and "/" in tenant:
        right = f"use tk.why(cluster, workload={tenant!r})"
        raise InvalidSpecError([WrongArgument("tenant", tenant, f"is a workload: {right}")])
    return explained(cluster, tenant, namespaces=namespaces, label_selector=label_selector, workload=workload)


def explained(  # noqa: PLR0913 (all but one are optional)
    cluster: Cluster,
    tenant: str | None = None,
    *,
    workload: str | None = None,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    surface: Surface = "python",
) -> pd.DataFrame:
    """The frame of `why`, whose next steps are in the words of a surface."""
    check_filters(tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    platform = known_platform(cluster)
    filters = resolve_filters(
        cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector, platform=platform
    )
    chosen = filters.namespaces
    only_tenants = TENANT_NAMESPACES if chosen is None else None  # a namespace that is named need not be a tenant's
    found, scope = list_visible(cluster, "Namespace", namespaces=chosen, label_selector=only_tenants)
    if chosen is not None:
        _check_namespaces(found, scope)
    snapshot = read_snapshot(cluster, found, platform_team(platform))
    if snapshot.knows("Node") and _waits_for_resources(snapshot):
        snapshot = replace(snapshot, bound=read_bound_pods(cluster))
    if workload is not None:
        workload = _existing(snapshot, workload)
    causes = find_causes(snapshot, workload=workload, label_selector=filters.label_selector)
    places = {cause.namespace for cause in causes if cause.by_editor and not _is_frozen(snapshot, cause.namespace)}
    whom = whom_to_ask(cluster, places, None if platform is None else platform.people)
    frame = _frame(snapshot, causes, surface, whom)
    note_scope(frame, cluster, scope, chosen)
    frame.attrs["scope"] = tuple(namespace["metadata"]["name"] for namespace in found)
    if frame.empty:
        frame.attrs[EMPTY] = _nothing_wrong(frame.attrs["scope"], workload, filters.label_selector)
    return frame


def _nothing_wrong(namespaces: Sequence[str], workload: str | None, label_selector: str | None) -> str:
    """The sentence of an answer without causes."""
    if not namespaces:
        return "No tenant was found, so nothing was examined."
    where = place_text(tuple(namespaces))
    labels = f" with labels {label_selector!r}" if label_selector else ""
    return f"Nothing is wrong with {workload or 'the workloads'}{labels} {where}."


def find_causes(
    snapshot: ClusterSnapshot, *, workload: str | None = None, label_selector: str | None = None
) -> list[Finding]:
    """The findings of `why`.

    Args:
        snapshot: the live objects.
        workload: only findings with this object in their chain, and those that affect the whole namespace. Default:
            all.
        label_selector: likewise, with an object in their chain whose labels match. Default: all.
    """
    found = [finding for finder in FINDERS for finding in finder(snapshot)]
    found += unexplained(snapshot, {(finding.namespace, finding.root_workload) for finding in found})
    found += _unreadable(snapshot)
    if workload is not None:
        found = [finding for finding in found if _is_general(finding) or workload in finding.chain]
    if label_selector is not None:
        matches = parse_label_selector(label_selector).matches
        found = [
            finding
            for finding in found
            if _is_general(finding) or any(matches(labels) for labels in _labels(snapshot, finding))
        ]
    return in_order(found)


def why_frame(
    snapshot: ClusterSnapshot,
    *,
    workload: str | None = None,
    label_selector: str | None = None,
    surface: Surface = "python",
) -> pd.DataFrame:
    """The frame of `why`, from a snapshot; the arguments are those of `find_causes` and `explained`."""
    return _frame(snapshot, find_causes(snapshot, workload=workload, label_selector=label_selector), surface, {})


def _frame(
    snapshot: ClusterSnapshot, causes: Iterable[Finding], surface: Surface, whom: Mapping[str, str]
) -> pd.DataFrame:
    """The frame; in the namespaces of `whom`, the caller may not follow advice that changes something."""
    tenants = {
        namespace["metadata"]["name"]: (namespace["metadata"].get("labels") or {}).get(TENANT_LABEL)
        for namespace in snapshot.all("Namespace")
    }
    rows = [
        (
            tenants.get(finding.namespace),
            finding.namespace or None,
            finding.workload or None,
            finding.root_workload or None,
            finding.object,
            finding.cause,
            finding.message,
            finding.evidence,
            _next_steps(finding, whom.get(finding.namespace)).words(surface),
            finding.pods if finding.cause != "not readable" else None,
            finding.since,
        )
        for finding in causes
    ]
    frame = frame_of_rows(rows, WHY)
    frame.attrs["incomplete"] = {**snapshot.unknown_owners, **snapshot.incomplete}
    return frame


def _next_steps(finding: Finding, whom: str | None) -> Message:
    """The advice of a finding, also for a caller who may only ask others to follow it."""
    if whom is not None and finding.by_editor:
        return Message("ask {whom} to {advice}", {"whom": whom, "advice": finding.next_steps})
    return Message("{advice}", {"advice": finding.next_steps})


def _is_frozen(snapshot: ClusterSnapshot, namespace: str) -> bool:
    """Whether the tenant is frozen, in which owners and editors may be viewers."""
    return snapshot.find("ResourceQuota", FROZEN_QUOTA_NAME, namespace) is not None


def _is_general(finding: Finding) -> bool:
    """Whether it affects every workload."""
    return finding.cause in ("namespace terminating", "not readable")


def _labels(snapshot: ClusterSnapshot, finding: Finding) -> Iterator[dict[str, str]]:
    """The labels of the objects in a finding's chain."""
    for link in finding.chain:
        kind, _, name = link.partition("/")
        manifest = snapshot.find(kind, name, finding.namespace)
        if manifest is not None:
            yield manifest["metadata"].get("labels") or {}


def _unreadable(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Kinds that may not be read and on which a cause may depend; not nodes, since the scheduler's message has them."""
    for kind, reason in snapshot.incomplete.items():
        if kind != "Node":
            yield Finding(
                cause="not readable",
                chain=("",),
                namespace="",
                object=kind,
                message=reason,
                evidence=f"causes that depend on {kind} objects are not shown",
                next_steps=f"ask for permission to list {kind} objects, and run this again",
                pods=0,
            )


def _waits_for_resources(snapshot: ClusterSnapshot) -> bool:
    """Whether the scheduler found too few free resources for a pod."""
    return any(
        read_reason(text).code is SchedulerCode.INSUFFICIENT
        for pod in snapshot.all("Pod")
        for text in reasons_of(str((condition(pod, "PodScheduled", "False") or {}).get("message")))
    )


def _check_namespaces(found: Sequence[Manifest], scope: Scope) -> None:
    """Raise NotFound for a namespace that does not exist: an empty frame would mean that all is well."""
    missing = sorted({*scope} - {namespace["metadata"]["name"] for namespace in found})
    if missing:
        names = ", ".join(map(repr, missing))
        raise NotFound(
            f"there is no namespace {names}",
            status=404,
            operation="explain",
            kind="Namespace",
            name=missing[0],
            hint=Hint("{tenants} lists the namespaces of tenants"),
        )


def _existing(snapshot: ClusterSnapshot, workload: str) -> str:
    """The workload as `Kind/name`; NotFound if it does not exist, since an empty frame would mean that all is well."""
    if not isinstance(workload, str):
        raise InvalidSpecError([Problem("workload", workload, "use Kind/name, for example 'Job/train'")])
    known: Iterable[Manifest] = (manifest for kind in KINDS if kind != "Event" for manifest in snapshot.all(kind))
    names = {link for manifest in known for link in snapshot.chain(manifest)}
    if "/" not in workload:
        running = (link for link in names if link.partition("/")[0] not in _NOT_RUNNING)
        workload = named_workload(workload, running) or workload
    if workload not in names:
        near = similar_workload(workload, names)
        if near is not None:
            hint = Hint("did you mean {near!r}?", {"near": near})
        else:
            hint = Hint("use Kind/name, for example 'Job/train'; {workloads} lists all workloads")
        raise NotFound(f"there is no workload {workload!r}", status=404, operation="explain", name=workload, hint=hint)
    return workload

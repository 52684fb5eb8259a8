"""Would that many more pods fit? Yes, no, or maybe where something is unknown.

Three gates, in the order in which a pod meets them: the API server admits it, the quotas admit all of them, and nodes
hold them. One gate is enough for a `no`, a `yes` needs all three; anything that could change the answer makes it a
`maybe`, and is named. Rejected alternative: a best guess, which is wrong some of the time and does not say when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, Problem, Worded
from tenantkit.findings.causes.node_labels import existing_labels
from tenantkit.findings.causes.scheduling import next_steps
from tenantkit.findings.fits.dry_run_pod import assumed_amounts, dry_run, make_pod
from tenantkit.findings.fits.fit import Fit, FitCheck, in_order
from tenantkit.findings.fits.lacking import quota_steps
from tenantkit.findings.fits.node_room import node_room
from tenantkit.findings.fits.quota_room import quota_room
from tenantkit.findings.quota_holders import holders_text
from tenantkit.findings.refusals import read_refusal
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.provision.stored.platform import known_platform
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.accelerators import DEFAULT_ACCELERATOR
from tenantkit.rules.unschedulable import NO_NODES
from tenantkit.spec.people import platform_team
from tenantkit.spec.plain_values import plain

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.findings.fits.dry_run_pod import DryRunPod
    from tenantkit.findings.fits.fit import Answer, Gate
    from tenantkit.findings.fits.quota_room import QuotaRoom
    from tenantkit.rules.manifest import Manifest

_UNFINISHED = "status.phase!=Succeeded,status.phase!=Failed"
_NAMED = 3  # of the objects that cannot be parsed
_OTHER_CLASS = "use a priority class that the platform lists, or none"
_OTHERS = "pods of other tenants"
_SERVER, _NODES = "API server", "Node"  # what `FitCheck.object` holds for these gates


@takes_cluster
def fits(  # noqa: PLR0913 (what a pod can request; all but two are optional)
    cluster: Cluster,
    tenant: str,
    *,
    pods: int = 1,
    cpu: str | float | None = None,
    memory: str | float | None = None,
    gpus: int = 0,
    accelerator: str = DEFAULT_ACCELERATOR,
    pod_spec: Manifest | None = None,
) -> Fit:
    """Check whether that many more pods would fit into a tenant now: yes, maybe or no.

    Nothing is created: the server gets a dry run. Experimental: the answer may change its form.

    Args:
        cluster: the connection, from `connect`.
        tenant: the tenant's name.
        pods: how many, all alike. Default 1.
        cpu: cores per pod, as request and limit: `2`, `"500m"`. Default: from LimitRanges, else none; the answer says
            which amounts it assumed.
        memory: bytes per pod, likewise: `"16Gi"`. Default: likewise.
        gpus: accelerators per pod, whole ones. Default 0.
        accelerator: their resource name. Default `nvidia.com/gpu`; MIG profiles are resources of their own.
        pod_spec: the rest of the pod's spec: tolerations, node selector, priority class, more containers. The amounts
            are added to its first container. Default: one container, and nothing else.

    Returns:
        A Fit: `answer` is `yes` (the API server admits them, quotas have room, nodes hold all of them), `no` (one of
        these does not) or `maybe` (something is unknown; `incomplete` and the reasons say what); `pods` (how many would
        fit), `blocks_first`, `next_steps`, and `frame`, one row per check. It is about the nodes that exist: a cluster
        that adds nodes on demand may hold more.

    Raises:
        InvalidSpecError: an amount or another argument is invalid, or several namespaces are labelled as the tenant's.
        NotFound: there is no such tenant.
        ClusterUnavailable: the server did not answer.

    RBAC: get the namespace, list resourcequotas, limitranges and pods there, create pods (for the dry run), list nodes,
    namespaces and pods in the whole cluster; without one of these permissions the answer may be `maybe`. Get configmap
    `platform` in tenantkit-system, for whom to ask.
    Source: pages "Resource Quotas", "Limit Ranges", "Assigning Pods to Nodes".

    Example:
        >>> fits(cluster, "speech", pods=1000, cpu=64, memory="64Gi").answer
        'no'
    """
    pods, cpu, memory, gpus = plain(pods), plain(cpu), plain(memory), plain(gpus)
    if isinstance(pods, bool) or not isinstance(pods, int) or pods < 1:
        raise InvalidSpecError([Problem("pods", pods, "use a whole number of 1 or more")])
    if tenant is None:
        raise InvalidSpecError([Problem("tenant", None, "pass one tenant's name, for example 'vision'")])
    amounts: dict[str, Any] = {"cpu": cpu, "memory": memory, "gpus": gpus, "accelerator": accelerator}
    make_pod("", **amounts, pod_spec=pod_spec)  # wrong amounts are refused before any request
    check_filters(tenant=tenant)
    platform = known_platform(cluster)
    namespaces = resolve_filters(cluster, tenant=tenant, platform=platform).namespaces or ()
    if len(namespaces) != 1:
        named = ", ".join(namespaces)
        reason = f"is the label of several namespaces ({named}): remove it from all but the tenant's own"
        raise InvalidSpecError([Problem("tenant", tenant, reason)])
    [namespace] = namespaces
    pod = make_pod(namespace, **amounts, pod_spec=pod_spec)
    objects, incomplete = _read(cluster, namespace)
    admitted = dry_run(cluster, pod, objects.get("LimitRange", []))
    snapshot = ClusterSnapshot(objects, cluster.server_time, incomplete, team=platform_team(platform))
    return predict(snapshot, admitted, wanted=pods, tenant=tenant, asked=pod)


def predict(
    snapshot: ClusterSnapshot,
    admitted: DryRunPod,
    *,
    wanted: int,
    tenant: str | None = None,
    asked: Manifest | None = None,
) -> Fit:
    """The answer of `fits`: pure.

    Args:
        snapshot: quotas and pods of the namespace, nodes, and under `AnyPod` the pods of all namespaces.
        admitted: the pod as the server would store it.
        wanted: how many pods.
        tenant: its name, for the call that asks for a larger quota. Default: unknown.
        asked: the pod before the server's defaults, to say which amounts are assumed. Default: unknown.
    """
    checks = [
        *_check_admission(snapshot, admitted),
        *_check_quotas(snapshot, admitted.pod, wanted),
        *_check_nodes(snapshot, admitted.pod, wanted),
    ]
    incomplete = {_OTHERS if kind == "AnyPod" else kind: reason for kind, reason in snapshot.incomplete.items()}
    assumed = {} if asked is None else assumed_amounts(asked, admitted.pod)
    amounts = {f"requests.{name}": float(amount) for name, amount in assumed.items()}
    return Fit(wanted, in_order(checks), incomplete, tenant, amounts)


def _read(cluster: Cluster, namespace: str) -> tuple[dict[str, list[Manifest]], dict[str, str]]:
    """The live objects by kind, and why kinds may not be read."""
    objects: dict[str, list[Manifest]] = {}
    incomplete: dict[str, str] = {}

    def read(kind: str) -> None:
        try:
            match kind:
                case "Node" | "Namespace":
                    objects[kind] = list_projected(cluster, kind, lambda manifest: manifest)
                case "AnyPod":
                    objects[kind] = list_projected(
                        cluster, "Pod", lambda manifest: manifest, field_selector=_UNFINISHED
                    )
                case _:
                    objects[kind] = list_visible(cluster, kind, namespaces=[namespace])[0]
            if unreadable := unreadable_in(objects[kind]):
                incomplete[kind] = "; ".join(map(str, unreadable[:_NAMED]))
        except NotFound:  # the server does not have that kind
            objects[kind] = []
        except PermissionDenied as refusal:
            incomplete[kind] = Worded.of(refusal)

    side_by_side(read, ("ResourceQuota", "LimitRange", "Pod", "ReplicaSet", "Job", "Node", "AnyPod", "Namespace"))
    return objects, incomplete


def _check_admission(snapshot: ClusterSnapshot, admitted: DryRunPod) -> list[FitCheck]:
    gate: Gate = "api server"
    if admitted.refusal is not None:
        refusal = read_refusal(snapshot, admitted.pod["metadata"]["namespace"], admitted.refusal)
        if refusal.cause != "quota exceeded":  # each entry of a quota has its own check
            blocker = refusal.object or _SERVER
            return [FitCheck(gate, blocker, "no", 0, reason=admitted.refusal, next_steps=refusal.next_steps)]
    if admitted.not_checked is not None:
        return [FitCheck(gate, _SERVER, "maybe", reason=admitted.not_checked)]
    return [FitCheck(gate, _SERVER, "yes")]


def _check_quotas(snapshot: ClusterSnapshot, pod: Manifest, wanted: int) -> list[FitCheck]:
    if not snapshot.knows("ResourceQuota"):
        reason = snapshot.incomplete.get("ResourceQuota", "not read")
        return [FitCheck("quota", "ResourceQuota", "maybe", reason=reason)]
    rooms = quota_room(snapshot.all("ResourceQuota"), pod, snapshot.now)
    return [_check_quota(snapshot, pod["metadata"]["namespace"], room, wanted) for room in rooms]


def _check_quota(snapshot: ClusterSnapshot, namespace: str, room: QuotaRoom, wanted: int) -> FitCheck:
    answer: Answer = "maybe" if room.pods is None else "yes" if room.pods >= wanted else "no"
    steps = ""
    if answer == "no" and room.free is not None:
        quota = snapshot.find("ResourceQuota", room.quota, namespace)
        held = holders_text(snapshot, quota, room.resource) if quota is not None else ""
        steps = _OTHER_CLASS if _is_about_priority(quota) else quota_steps(room, wanted, held, snapshot.team)
    return FitCheck(
        "quota",
        f"ResourceQuota/{room.quota}",
        answer,
        room.pods,
        room.resource,
        float(room.each),
        None if room.free is None else float(room.free),
        None if room.hard is None else float(room.hard),
        reason=room.reason,
        next_steps=steps,
    )


def _is_about_priority(quota: Manifest | None) -> bool:
    """Whether a quota admits no pod of some priority classes."""
    spec = (quota or {}).get("spec") or {}
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    scopes = {expression.get("scopeName") for expression in expressions}
    return scopes == {"PriorityClass"} and (spec.get("hard") or {}).get("pods") == "0"


def _check_nodes(snapshot: ClusterSnapshot, pod: Manifest, wanted: int) -> list[FitCheck]:
    gate: Gate = "nodes"
    for kind in ("Node", "AnyPod"):
        if not snapshot.knows(kind):
            return [FitCheck(gate, _NODES, "maybe", reason=snapshot.incomplete.get(kind, "not read"))]

    def labels_of(name: str) -> Manifest | None:
        namespace = snapshot.find("Namespace", name)
        return None if namespace is None else namespace["metadata"].get("labels") or {}

    room = node_room(
        pod,
        snapshot.all("Node"),
        snapshot.all("AnyPod"),
        labels_of,
        workload_of=lambda other: snapshot.chain({"kind": "Pod", **other})[-1],
    )
    after_first = (room.after_first,) if room.after_first and wanted > 1 else ()
    if room.pods >= wanted:
        unsure = (*room.could_be_fewer, *after_first)
        known = None if unsure or room.after_first else room.pods
        return [FitCheck(gate, _NODES, "maybe" if unsure else "yes", known, reason="; ".join(unsure))]
    unsure = tuple(dict.fromkeys((*room.could_be_more, *room.could_be_fewer, *after_first)))
    reason = "; ".join(filter(None, (room.reason, *unsure)))
    answer: Answer = "maybe" if room.could_be_more else "no"
    labels = existing_labels(pod["spec"], snapshot.all("Node"))
    steps = room.to_free or next_steps(room.to_change or {NO_NODES: 1}, snapshot.team, can_free=False, labels=labels)
    return [FitCheck(gate, _NODES, answer, None if unsure else room.pods, reason=reason, next_steps=steps)]

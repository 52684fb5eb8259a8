"""Pods that wait for a node: because of a gate, a volume, or because no node fits.

The scheduler's message counts how many nodes each reason rules out, and that counts here; which nodes these are, and by
how much, is computed beside it where nodes may be read. Rejected alternatives: our own rules alone, which cannot know
what the scheduler saw; its message alone, which names no node.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tenantkit.findings.causes.cordons import beyond_cordons
from tenantkit.findings.causes.node_labels import existing_labels
from tenantkit.findings.causes.node_shortfalls import node_shortfalls, node_states
from tenantkit.findings.causes.scheduler_reasons import SchedulerCode, read_reason, reasons_of, total_nodes
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, event_text, first_seen, label
from tenantkit.rules.pod_volumes import claim_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

GRACE_S = 30  # a scheduler that runs handles a pod within a second
_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)"(?P<missing> not found)?')
_NOT_READY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def waiting_for_a_node(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find why pods have no node."""
    for pod in snapshot.all("Pod"):
        spec, status = pod.get("spec") or {}, pod.get("status") or {}
        if spec.get("nodeName") or status.get("phase") not in (None, "Pending") or is_terminating(pod):
            continue
        scheduled = condition(pod, "PodScheduled", "False")
        if spec.get("schedulingGates"):
            yield _gated(snapshot, pod, scheduled)
        elif scheduled is not None and scheduled.get("message"):
            yield _unschedulable(snapshot, pod, scheduled)
        elif snapshot.is_older(pod["metadata"].get("creationTimestamp"), GRACE_S):
            yield _unhandled(snapshot, pod)


def is_terminating(manifest: Manifest) -> bool:
    """Whether it is being deleted."""
    return bool(manifest["metadata"].get("deletionTimestamp"))


def _gated(snapshot: ClusterSnapshot, pod: Manifest, scheduled: Manifest | None) -> Finding:
    gates = ", ".join(gate["name"] for gate in pod["spec"]["schedulingGates"])
    default = f"Scheduling is blocked due to non-empty scheduling gates: {gates}"
    message = str((scheduled or {}).get("message") or "") or default
    return Finding(
        cause="scheduling gate",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message=cut(message),
        evidence=f"spec.schedulingGates: {gates}",
        next_steps=f"wait until the controller that set the scheduling gate removes it: {gates}",
        since=pod["metadata"].get("creationTimestamp"),
    )


def _unhandled(snapshot: ClusterSnapshot, pod: Manifest) -> Finding:
    name = (pod.get("spec") or {}).get("schedulerName") or "default-scheduler"
    return Finding(
        cause="no scheduler",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message="",
        evidence=f"spec.schedulerName: {name}; no scheduler has set the condition PodScheduled",
        next_steps=f"check whether a scheduler named {name} is running, or set another one in schedulerName",
        by_editor=True,
        since=pod["metadata"].get("creationTimestamp"),
    )


def _unschedulable(snapshot: ClusterSnapshot, pod: Manifest, scheduled: Manifest) -> Finding:
    message = str(scheduled["message"])
    counts = reasons_of(message)
    if all(read_reason(text).code is SchedulerCode.VOLUME for text in counts or [message]):
        return _unbound(snapshot, pod, scheduled)
    unready = _all_unready(snapshot, counts, message)
    counted = "; ".join(f"{count} of {total_nodes(message)} nodes: {text}" for text, count in counts.items())
    where = "condition PodScheduled"
    common = {"chain": snapshot.chain(pod), "namespace": pod["metadata"]["namespace"], "message": cut(message)}
    if unready:
        return Finding(
            cause="node not ready",
            object=f"Node/{unready[0]}",
            evidence="; ".join(filter(None, (f"not ready: {', '.join(unready)}", counted, where))),
            next_steps=f"report to {snapshot.team} that no node that could run this pod is ready",
            since=scheduled.get("lastTransitionTime"),
            **common,
        )
    reasons = beyond_cordons(counts or {message: 1}, pod["spec"], node_states(snapshot))
    return Finding(
        cause="no node fits",
        object=label(pod),
        evidence="; ".join(filter(None, (counted, node_shortfalls(snapshot, pod), where))),
        next_steps=next_steps(reasons, snapshot.team, labels=existing_labels(pod["spec"], snapshot.all("Node"))),
        by_editor=any(read_reason(text).code in _BY_EDITOR for text in reasons),
        since=scheduled.get("lastTransitionTime"),
        **common,
    )


def _all_unready(snapshot: ClusterSnapshot, counts: Mapping[str, int], message: str) -> list[str]:
    """The nodes, if all of them are ruled out because they are not ready."""
    nodes = snapshot.all("Node")
    unready = [
        node["metadata"]["name"]
        for node in nodes
        if any(taint.get("key") in _NOT_READY for taint in (node.get("spec") or {}).get("taints") or ())
    ]
    by_taint = sum(count for text, count in counts.items() if read_reason(text).code is SchedulerCode.TAINT)
    is_all = by_taint == total_nodes(message) > 0
    return sorted(unready) if nodes and len(unready) == len(nodes) and is_all else []


def _unbound(snapshot: ClusterSnapshot, pod: Manifest, scheduled: Manifest) -> Finding:
    namespace, message = pod["metadata"]["namespace"], str(scheduled["message"])
    named = _CLAIM.search(message)
    name = named[1] if named else next(_unbound_claims(snapshot, pod), None)
    claim = snapshot.find("PersistentVolumeClaim", name or "", namespace)
    evidence, since = ["condition PodScheduled"], scheduled.get("lastTransitionTime")
    steps, by_editor = "check the claim's events", claim is not None
    if claim is not None:
        spec, phase = claim.get("spec") or {}, (claim.get("status") or {}).get("phase")
        evidence.insert(0, f"phase {phase or 'unknown'}, storage class {spec.get('storageClassName') or 'none'}")
        steps = f"use a storage class that can provide the volume, or ask {snapshot.team} for one"
        for event in snapshot.events(claim, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning"):
            evidence.insert(1, f"{event.get('message')} ({event_text(event)})")
            since = first_seen(event) or since
            break
    elif named is not None and named["missing"]:
        steps, by_editor = f"create the claim {name}, or use another one", True
    return Finding(
        cause="volume unbound",
        chain=snapshot.chain(pod),
        namespace=namespace,
        object=f"PersistentVolumeClaim/{name}" if name else label(pod),
        message=cut(message),
        evidence="; ".join(evidence),
        next_steps=steps,
        by_editor=by_editor,
        since=since,
    )


def _unbound_claims(snapshot: ClusterSnapshot, pod: Manifest) -> Iterator[str]:
    for name in claim_names(pod):
        claim = snapshot.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
        if claim is None or (claim.get("status") or {}).get("phase") != "Bound":
            yield name


_OR_FREE = ", or free some on a node"
_STEPS: Mapping[SchedulerCode, str] = {
    SchedulerCode.INSUFFICIENT: "request less {resource} per pod",
    SchedulerCode.TAINT: "add tolerations for the taints of nodes that are meant for such pods, or select other nodes",
    SchedulerCode.NODE_SELECTOR: "set nodeSelector or node affinity to labels that a node has",
    SchedulerCode.POD_AFFINITY: "relax the pod affinity, or run fewer pods",
    SchedulerCode.TOPOLOGY_SPREAD: "relax the topology spread constraints",
    SchedulerCode.CORDONED: "report to {team} that nodes are cordoned",
    SchedulerCode.HOST_PORT: "use another host port, or none",
    SchedulerCode.TOO_MANY_PODS: "delete pods: the nodes have as many as they allow",
    SchedulerCode.NO_NODES: "report to {team} that the cluster has no node",
}
_BY_EDITOR = frozenset(_STEPS) - {SchedulerCode.CORDONED, SchedulerCode.NO_NODES}


def next_steps(counts: Mapping[str, int], team: str, *, can_free: bool = True, labels: str = "") -> str:
    """What would help, the reason that rules out most nodes first.

    Args:
        counts: how many nodes each reason rules out, by the scheduler's text.
        team: who maintains the nodes.
        can_free: whether to suggest freeing resources on a node. Default: yes.
        labels: which labels the nodes have in place of those that the pod asks for. Default: unknown.
    """
    steps = []
    for text, _ in sorted(counts.items(), key=lambda item: -item[1]):
        reason = read_reason(text)
        if reason.code in _STEPS:
            or_free = _OR_FREE if can_free and reason.code is SchedulerCode.INSUFFICIENT else ""
            those = f": {labels}" if labels and reason.code is SchedulerCode.NODE_SELECTOR else ""
            steps.append(_STEPS[reason.code].format(resource=reason.resource, team=team) + or_free + those)
    return "; ".join(dict.fromkeys(steps)) or "check the scheduler's message"

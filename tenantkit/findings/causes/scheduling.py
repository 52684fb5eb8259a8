"""Pods that wait for a node: gated, without a volume, or too large, too choosy or unwanted for every node there is.

The scheduler writes how many nodes each reason rules out, and that is what counts; which nodes these are, and by how
much, is worked out again beside it where nodes may be read. Turned down: our own rules alone, which can't know what
the scheduler saw, and its words alone, which name no node.
Source: page "Scheduling Framework"; in k8s.io/kubernetes, pkg/scheduler/framework/types.go, `FitError`, 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tenantkit.findings.causes.node_shortfalls import node_table
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, event_text, first_seen, label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest

UNLOOKED_S = 30  # a scheduler that runs looks at a pod within a second
_VOLUME = re.compile(r"persistent ?volume|pvc|volume zone|available disk|free storage|max volume count", re.IGNORECASE)
_TOTAL = re.compile(r"^0/(\d+) nodes are available: ?(.*)", re.DOTALL)
_NOT_READY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def waiting_for_a_node(snapshot: Snapshot) -> Iterator[Finding]:
    """Why pods have no node."""
    for pod in snapshot.all("Pod"):
        spec, status = pod.get("spec") or {}, pod.get("status") or {}
        if spec.get("nodeName") or status.get("phase") not in (None, "Pending") or is_going(pod):
            continue
        told = condition(pod, "PodScheduled", "False")
        if spec.get("schedulingGates"):
            yield _gated(snapshot, pod, told)
        elif told is not None and told.get("message"):
            yield _unschedulable(snapshot, pod, told)
        elif snapshot.is_older(pod["metadata"].get("creationTimestamp"), UNLOOKED_S):
            yield _unlooked(snapshot, pod)


def is_going(manifest: Manifest) -> bool:
    """Whether somebody has deleted it."""
    return bool(manifest["metadata"].get("deletionTimestamp"))


def reasons_of(message: str) -> dict[str, int]:
    """How many nodes each reason rules out, as the scheduler wrote it; empty where it names no nodes.

    Example:
        >>> reasons_of("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption: 0")
        {'Insufficient cpu': 1, 'node(s) had untolerated taint(s)': 2}
    """
    found = _TOTAL.match(message)
    if found is None:
        return {}
    listed = re.split(r"\. (?:preemption:|no new claims)|\.$", found[2])[0]
    counted = re.findall(r"(?:^|, )(\d+) (.*?)(?=, \d+ |$)", listed)
    return {reason.rstrip("."): int(count) for count, reason in counted}


def _gated(snapshot: Snapshot, pod: Manifest, told: Manifest | None) -> Finding:
    gates = ", ".join(gate["name"] for gate in pod["spec"]["schedulingGates"])
    message = (
        str((told or {}).get("message") or "") or f"Scheduling is blocked due to non-empty scheduling gates: {gates}"
    )
    return Finding(
        cause="scheduling gate",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message=cut(message),
        evidence=f"spec.schedulingGates: {gates}",
        what_to_do=f"whoever set the gate takes it away once the pod may run: {gates}",
        since=pod["metadata"].get("creationTimestamp"),
    )


def _unlooked(snapshot: Snapshot, pod: Manifest) -> Finding:
    name = (pod.get("spec") or {}).get("schedulerName") or "default-scheduler"
    return Finding(
        cause="no scheduler",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message="",
        evidence=f"spec.schedulerName: {name}; no scheduler has written a condition PodScheduled",
        what_to_do=f"see whether a scheduler named {name} runs, or name another in schedulerName",
        since=pod["metadata"].get("creationTimestamp"),
    )


def _unschedulable(snapshot: Snapshot, pod: Manifest, told: Manifest) -> Finding:
    message = str(told["message"])
    reasons = reasons_of(message)
    if _is_about_volumes(message, reasons):
        return _unbound(snapshot, pod, told)
    table = node_table(snapshot, pod)
    unready = _all_unready(snapshot, reasons, message)
    counted = "; ".join(f"{count} of {_total(message)} nodes: {reason}" for reason, count in reasons.items())
    where = "condition PodScheduled"
    common = {"chain": snapshot.chain(pod), "namespace": pod["metadata"]["namespace"], "message": cut(message)}
    if unready:
        return Finding(
            cause="node not ready",
            object=f"Node/{unready[0]}",
            evidence="; ".join(filter(None, (f"not ready: {', '.join(unready)}", counted, where))),
            what_to_do="tell the platform: no node that could take this pod is ready",
            since=told.get("lastTransitionTime"),
            **common,
        )
    return Finding(
        cause="no node fits",
        object=label(pod),
        evidence="; ".join(filter(None, (counted, table, where))),
        what_to_do=advice(reasons or {message: 1}),
        since=told.get("lastTransitionTime"),
        **common,
    )


def _total(message: str) -> str:
    found = _TOTAL.match(message)
    return found[1] if found else "0"


def _all_unready(snapshot: Snapshot, reasons: dict[str, int], message: str) -> list[str]:
    """The nodes, if all that there are are ruled out for not being ready."""
    nodes = snapshot.all("Node")
    unready = [
        node["metadata"]["name"]
        for node in nodes
        if any(taint.get("key") in _NOT_READY for taint in (node.get("spec") or {}).get("taints") or ())
    ]
    by_taint = sum(count for reason, count in reasons.items() if "taint" in reason)
    is_all = by_taint == int(_total(message)) > 0
    return sorted(unready) if nodes and len(unready) == len(nodes) and is_all else []


def _is_about_volumes(message: str, reasons: dict[str, int]) -> bool:
    """Whether volumes alone are what is missing."""
    if not reasons:
        return bool(_VOLUME.search(message))
    return all(_VOLUME.search(reason) for reason in reasons)


def _unbound(snapshot: Snapshot, pod: Manifest, told: Manifest) -> Finding:
    namespace, message = pod["metadata"]["namespace"], str(told["message"])
    named = re.search(r'persistentvolumeclaim "([^"]+)"', message)
    name = named[1] if named else next(_unbound_claims(snapshot, pod), None)
    claim = snapshot.find("PersistentVolumeClaim", name or "", namespace)
    evidence, advice, since = ["condition PodScheduled"], "see the claim", told.get("lastTransitionTime")
    if claim is not None:
        spec, phase = claim.get("spec") or {}, (claim.get("status") or {}).get("phase")
        storage_class = spec.get("storageClassName")
        evidence.insert(0, f"phase {phase or 'unknown'}, storage class {storage_class or 'none'}")
        advice = "name a storage class that can make the volume, or ask the platform for one"
        for event in snapshot.events(claim, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning"):
            evidence.insert(1, f"{event.get('message')} ({event_text(event)})")
            since = first_seen(event) or since
            break
    elif name is not None and "not found" in message:
        advice = f"make the claim {name}, or name another"
    return Finding(
        cause="volume unbound",
        chain=snapshot.chain(pod),
        namespace=namespace,
        object=f"PersistentVolumeClaim/{name}" if name else label(pod),
        message=cut(message),
        evidence="; ".join(evidence),
        what_to_do=advice,
        since=since,
    )


def claims_of(pod: Manifest) -> Iterator[str]:
    """The names of the claims that a pod mounts."""
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            yield volume["persistentVolumeClaim"]["claimName"]
        elif volume.get("ephemeral"):
            yield f"{pod['metadata']['name']}-{volume['name']}"


def _unbound_claims(snapshot: Snapshot, pod: Manifest) -> Iterator[str]:
    for name in claims_of(pod):
        claim = snapshot.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
        if claim is None or (claim.get("status") or {}).get("phase") != "Bound":
            yield name


_OR_FREE = ", or free some on a node"
_ADVICE = (
    (re.compile(r"Insufficient (?P<resource>\S+)"), "ask for less {resource} a pod"),
    (re.compile(r"taint"), "tolerate the taints of nodes that are meant for this, or choose other nodes"),
    (re.compile(r"affinity/selector|node affinity"), "choose labels that a node has in nodeSelector or node affinity"),
    (re.compile(r"anti-affinity|affinity rules"), "loosen the pod affinity, or ask for fewer pods"),
    (re.compile(r"topology spread"), "loosen the topology spread constraints"),
    (re.compile(r"unschedulable"), "tell the platform: nodes are cordoned"),
    (re.compile(r"free ports"), "ask for another host port, or none"),
    (re.compile(r"Too many pods"), "free a place: the nodes hold as many pods as they may"),
    (re.compile(r"no nodes available"), "tell the platform: the cluster has no node"),
)


def advice(reasons: Mapping[str, int], *, is_room_to_free: bool = True) -> str:
    """What would help, what rules out most nodes first; whether freeing room on a node would is for who asks to say."""
    said = []
    for reason, _ in sorted(reasons.items(), key=lambda item: -item[1]):
        for pattern, step in _ADVICE:
            if found := pattern.search(reason):
                or_free = _OR_FREE if is_room_to_free and "resource" in found.groupdict() else ""
                said.append(step.format(**found.groupdict()) + or_free)
                break
    return "; ".join(dict.fromkeys(said)) or "see what the scheduler says of the nodes"

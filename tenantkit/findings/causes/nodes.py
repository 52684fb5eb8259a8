"""Pods whose node has failed them: not ready, gone, or unwilling; and those put out by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.relevance import is_of_interest
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, event_text, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest

_PUT_OUT = {"Evicted", "Preempting", "NodeShutdown", "Terminated", "NodeLost", "Shutdown"}
_REFUSED = {"UnexpectedAdmissionError", "NodeAffinity", "NodeSelectorMismatching", "PodFeatureUnsupported", "AppArmor"}


def on_a_bad_node(snapshot: Snapshot) -> Iterator[Finding]:
    """Why pods suffer from their node."""
    for pod in snapshot.all("Pod"):
        if not is_of_interest(snapshot, pod):
            continue
        name, status = (pod.get("spec") or {}).get("nodeName"), pod.get("status") or {}
        if status.get("phase") == "Failed":
            yield from _rejected(snapshot, pod, str(status.get("reason") or ""))
        elif name and condition(pod, "Ready", "True") is None:
            yield from _on(snapshot, pod, name)


def _on(snapshot: Snapshot, pod: Manifest, name: str) -> Iterator[Finding]:
    trouble = node_trouble(snapshot, name)
    if trouble is not None:
        message, since = trouble
        yield Finding(
            cause="node not ready",
            chain=snapshot.chain(pod),
            namespace=pod["metadata"]["namespace"],
            object=f"Node/{name}",
            message=cut(message),
            evidence=f"the pod is on node {name}",
            what_to_do=f"tell the platform that node {name} is not ready; a pod that is deleted may start elsewhere",
            since=since or pod["metadata"].get("creationTimestamp"),
        )


def node_trouble(snapshot: Snapshot, name: str) -> tuple[str, str | None] | None:
    """What is wrong with a node, and since when; None where it is well, or nothing is known of it."""
    node = snapshot.find("Node", name)
    if node is None:
        return (f"node {name} is not there any more", None) if snapshot.knows("Node") else None
    ready = condition(node, "Ready")
    if ready is None or ready.get("status") == "True":
        return None
    return f"{ready.get('reason')}: {ready.get('message')}", ready.get("lastTransitionTime")


def _rejected(snapshot: Snapshot, pod: Manifest, reason: str) -> Iterator[Finding]:
    """A pod that its node has ended or never begun."""
    status = pod["status"]
    is_refused = reason.startswith("OutOf") or reason in _REFUSED
    if not is_refused and reason not in _PUT_OUT:
        return
    disrupted = condition(pod, "DisruptionTarget", "True") or {}
    events = snapshot.events(pod, reason, "Evicted", "Preempted")
    evidence = [f"phase Failed, reason {reason}", *(event_text(event) for event in events[:1])]
    node = (pod.get("spec") or {}).get("nodeName")
    yield Finding(
        cause="node refused" if is_refused else "evicted",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message=cut(str(status.get("message") or disrupted.get("message") or reason)),
        evidence="; ".join(filter(None, (*evidence, f"node {node}" if node else ""))),
        what_to_do="request what the pod really needs, so that it is put where there is room, and start it again",
        since=disrupted.get("lastTransitionTime") or status.get("startTime"),
    )

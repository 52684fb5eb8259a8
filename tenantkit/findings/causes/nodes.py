"""Pods with a problem of their node: it is not ready, does not exist, rejected the pod, or evicted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.relevance import is_relevant
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, event_text, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

_EVICTED = {"Evicted", "Preempting", "NodeShutdown", "Terminated", "NodeLost", "Shutdown"}
_REFUSED = {"UnexpectedAdmissionError", "NodeAffinity", "NodeSelectorMismatching", "PodFeatureUnsupported", "AppArmor"}


def node_problems(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find pods with a problem of their node."""
    for pod in snapshot.all("Pod"):
        if not is_relevant(snapshot, pod):
            continue
        name, status = (pod.get("spec") or {}).get("nodeName"), pod.get("status") or {}
        if status.get("phase") == "Failed":
            yield from _rejected(snapshot, pod, str(status.get("reason") or ""))
        elif name and condition(pod, "Ready", "True") is None:
            yield from _on(snapshot, pod, name)


def _on(snapshot: ClusterSnapshot, pod: Manifest, name: str) -> Iterator[Finding]:
    problem = node_problem(snapshot, name)
    if problem is not None:
        message, since = problem
        yield Finding(
            cause="node not ready",
            chain=snapshot.chain(pod),
            namespace=pod["metadata"]["namespace"],
            object=f"Node/{name}",
            message=cut(message),
            evidence=f"the pod is on node {name}",
            next_steps=f"report to {snapshot.team} that node {name} is not ready, "
            "or delete the pod to start it elsewhere",
            since=since or pod["metadata"].get("creationTimestamp"),
        )


def node_problem(snapshot: ClusterSnapshot, name: str) -> tuple[str, str | None] | None:
    """The problem of a node, and since when; None where it has none or is unknown."""
    node = snapshot.find("Node", name)
    if node is None:
        return (f"node {name} does not exist any more", None) if snapshot.knows("Node") else None
    ready = condition(node, "Ready")
    if ready is None or ready.get("status") == "True":
        return None
    return f"{ready.get('reason')}: {ready.get('message')}", ready.get("lastTransitionTime")


def _rejected(snapshot: ClusterSnapshot, pod: Manifest, reason: str) -> Iterator[Finding]:
    """A pod that its node evicted or never started."""
    status = pod["status"]
    is_refused = reason.startswith("OutOf") or reason in _REFUSED
    if not is_refused and reason not in _EVICTED:
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
        next_steps="set the requests to what the pod really needs, so that it gets a node with enough resources, "
        "and start it again",
        by_editor=True,
        since=disrupted.get("lastTransitionTime") or status.get("startTime"),
    )

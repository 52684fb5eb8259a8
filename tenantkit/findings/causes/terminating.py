"""Deletions that do not finish: objects that stay in Terminating, and the namespace itself.

Nothing here removes a finalizer: its controller has work to finish first, and the finding names it.
Source: pages "Finalizers", "Pod Lifecycle" (Termination of Pods) and "Namespaces".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.nodes import node_problem
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import label
from tenantkit.rules.deletion.namespaces import CONDITIONS, namespace_deletion
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

GRACE_S = 10  # added to a pod's own grace period, which is part of its deletion time
_IN_USE = "kubernetes.io/pvc-protection"


def not_terminated(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find objects, and namespaces, whose deletion does not finish."""
    for namespace in snapshot.all("Namespace"):
        if (namespace.get("status") or {}).get("phase") == "Terminating":
            yield _terminating(namespace)
    for kind in snapshot.objects:
        if kind in ("Namespace", "Node", "Event"):
            continue
        for manifest in snapshot.all(kind):
            if snapshot.is_older(manifest["metadata"].get("deletionTimestamp"), GRACE_S):
                yield _stuck(snapshot, manifest)


def _terminating(namespace: Manifest) -> Finding:
    name = namespace["metadata"]["name"]
    conditions = {
        entry["type"]: entry
        for entry in (namespace.get("status") or {}).get("conditions") or ()
        if entry.get("status") == "True"
    }
    held = [conditions[kind] for kind in CONDITIONS if kind in conditions]
    messages = [str(entry.get("message")) for entry in held]
    deletion = namespace_deletion(namespace)
    steps = f"; {deletion.next_steps}" if deletion is not None and deletion.is_held else ""
    return Finding(
        cause="namespace terminating",
        chain=(f"Namespace/{name}",),
        namespace=name,
        object=f"Namespace/{name}",
        message=cut(" ".join(messages)),
        evidence="; ".join(["phase Terminating", *(f"condition {entry['type']}" for entry in held)]),
        next_steps=f"wait until the namespace is deleted, or use another one: nothing can start here{steps}",
        since=namespace["metadata"].get("deletionTimestamp"),
        pods=0,
    )


def _stuck(snapshot: ClusterSnapshot, manifest: Manifest) -> Finding:
    metadata = manifest["metadata"]
    finalizers = [str(name) for name in metadata.get("finalizers") or ()]
    node = (manifest.get("spec") or {}).get("nodeName") if manifest["kind"] == "Pod" else None
    problem = node_problem(snapshot, node) if node else None
    evidence = [f"deleted at {metadata['deletionTimestamp']}"]
    what, users = label(manifest), ""
    if finalizers:
        evidence.append(f"finalizers: {', '.join(finalizers)}")
        next_steps = f"wait until the controller of {', '.join(finalizers)} has finished and removes the finalizer"
        if _IN_USE in finalizers:
            users = ", ".join(_users(snapshot, manifest))
            evidence.append(f"in use by {users or 'no known pod'}")
            next_steps = f"delete the pods that use the claim: {users}" if users else next_steps
    elif problem is not None:
        what = f"Node/{node}"
        evidence.append(problem[0])
        next_steps = (
            f"report to {snapshot.team} that node {node} is not ready: it has to confirm that the pod has ended"
        )
    else:
        next_steps = f"report to {snapshot.team} that the kubelet does not confirm that the pod has ended"
        if node:
            evidence.append(f"node {node} has not confirmed that it ended")
    return Finding(
        cause="stuck terminating",
        chain=snapshot.chain(manifest),
        namespace=metadata.get("namespace") or "",
        object=what,
        message="",
        evidence="; ".join(evidence),
        next_steps=next_steps,
        by_editor=bool(users),
        since=metadata["deletionTimestamp"],
        pods=int(manifest["kind"] == "Pod"),
    )


def _users(snapshot: ClusterSnapshot, claim: Manifest) -> Iterator[str]:
    """The unfinished pods that use a claim."""
    for pod in snapshot.all("Pod", claim["metadata"]["namespace"]):
        is_finished = (pod.get("status") or {}).get("phase") in ENDED
        if not is_finished and claim["metadata"]["name"] in claim_names(pod):
            yield label(pod)

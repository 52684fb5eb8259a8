"""What does not end as it should: objects that stay in Terminating, and the namespace itself.

Nothing here strips a finalizer: whoever set it has work to do first, and the finding names it.
Source: pages "Finalizers", "Pod Lifecycle" (Termination of Pods) and "Namespaces".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.nodes import node_trouble
from tenantkit.findings.causes.scheduling import claims_of
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest

GRACE_S = 10  # what ends well has ended by then: the time to go already holds a pod's grace period
_NAMESPACE_CONDITIONS = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
)
_IN_USE = "kubernetes.io/pvc-protection"


def not_ending(snapshot: Snapshot) -> Iterator[Finding]:
    """Why objects, and the namespace itself, are still there though somebody has deleted them."""
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
    said = {
        entry["type"]: entry
        for entry in (namespace.get("status") or {}).get("conditions") or ()
        if entry.get("status") == "True"
    }
    held = [said[kind] for kind in _NAMESPACE_CONDITIONS if kind in said]
    messages = [str(entry.get("message")) for entry in held]
    return Finding(
        cause="namespace terminating",
        chain=(f"Namespace/{name}",),
        namespace=name,
        object=f"Namespace/{name}",
        message=cut(" ".join(messages)),
        evidence="; ".join(["phase Terminating", *(f"condition {entry['type']}" for entry in held)]),
        what_to_do="nothing new starts here: let whoever owns what is named finish, or work in another namespace",
        since=namespace["metadata"].get("deletionTimestamp"),
        pods=0,
    )


def _stuck(snapshot: Snapshot, manifest: Manifest) -> Finding:
    metadata = manifest["metadata"]
    finalizers = [str(name) for name in metadata.get("finalizers") or ()]
    node = (manifest.get("spec") or {}).get("nodeName") if manifest["kind"] == "Pod" else None
    trouble = node_trouble(snapshot, node) if node else None
    evidence = [f"deleted at {metadata['deletionTimestamp']}"]
    what = label(manifest)
    if finalizers:
        evidence.append(f"finalizers: {', '.join(finalizers)}")
        advice = f"whoever set {', '.join(finalizers)} has to finish its work and take it away"
        if _IN_USE in finalizers:
            users = ", ".join(_users(snapshot, manifest)) or "no pod that is known"
            evidence.append(f"in use by {users}")
            advice = f"end the pods that mount the claim: {users}"
    elif trouble is not None:
        what = f"Node/{node}"
        evidence.append(trouble[0])
        advice = (
            f"tell the platform: node {node} can't confirm that the pod has ended; it goes when the node comes back"
        )
    else:
        advice = "tell the platform: nobody confirms that it has ended"
        if node:
            evidence.append(f"node {node} has not confirmed that it ended")
    return Finding(
        cause="stuck terminating",
        chain=snapshot.chain(manifest),
        namespace=metadata.get("namespace") or "",
        object=what,
        message="",
        evidence="; ".join(evidence),
        what_to_do=advice,
        since=metadata["deletionTimestamp"],
        pods=int(manifest["kind"] == "Pod"),
    )


def _users(snapshot: Snapshot, claim: Manifest) -> Iterator[str]:
    """The pods that mount a claim."""
    for pod in snapshot.all("Pod", claim["metadata"]["namespace"]):
        if claim["metadata"]["name"] in claims_of(pod) and (pod.get("status") or {}).get("phase") not in (
            "Succeeded",
            "Failed",
        ):
            yield label(pod)

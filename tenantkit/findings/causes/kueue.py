"""Workloads that Kueue has not admitted: its Workload objects say what they wait for.

Source: Kueue's page "Workload", conditions QuotaReserved, Admitted, Evicted, Requeued, Finished; v1beta1 and v1beta2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

QUEUED = "Workload"  # Kueue's kind
_NOT_YET = (("Evicted", "True"), ("QuotaReserved", "False"), ("Admitted", "False"))


def queued(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find why Kueue has not admitted workloads."""
    for workload in snapshot.all(QUEUED):
        if condition(workload, "Admitted", "True") or condition(workload, "Finished", "True"):
            continue
        yield _waiting(snapshot, workload)


def _waiting(snapshot: ClusterSnapshot, workload: Manifest) -> Finding:
    spec = workload.get("spec") or {}
    queue = spec.get("queueName")
    waiting = next(filter(None, (condition(workload, kind, status) for kind, status in _NOT_YET)), {})
    reason = f"condition {waiting['type']}, reason {waiting.get('reason')}" if waiting else "no condition yet"
    next_steps = (
        f"wait, or check which workloads are before it in queue {queue}"
        if queue
        else "set the label kueue.x-k8s.io/queue-name to a queue"
    )
    return Finding(
        cause="queued",
        chain=snapshot.chain(workload),
        namespace=workload["metadata"]["namespace"],
        object=label(workload),
        message=cut(str(waiting.get("message") or "")),
        evidence="; ".join([f"Kueue, queue {queue or 'none'}", reason]),
        next_steps="set spec.active to true: the workload is deactivated"
        if spec.get("active") is False
        else next_steps,
        by_editor=not queue or spec.get("active") is False,
        since=waiting.get("lastTransitionTime") or workload["metadata"].get("creationTimestamp"),
        pods=sum(int(part.get("count") or 0) for part in spec.get("podSets") or ()),
    )

"""Pods whose problems still matter: not finished, terminating or replaced ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.never_created import is_finished
from tenantkit.findings.snapshot import condition
from tenantkit.rules.manifest import controller_of

if TYPE_CHECKING:
    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest


def is_relevant(snapshot: ClusterSnapshot, pod: Manifest) -> bool:
    """Whether a problem of the pod is a problem of its workload."""
    phase = (pod.get("status") or {}).get("phase")
    if pod["metadata"].get("deletionTimestamp") or phase == "Succeeded":
        return False
    owner = controller_of(pod)
    if phase != "Failed" or owner is None:
        return True
    workload = snapshot.find(owner["kind"], owner["name"], pod["metadata"]["namespace"])
    if workload is None:
        return True
    if workload["kind"] == "Job":
        return condition(workload, "Failed", "True") is not None or not _has_recovered(workload)
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    wanted = spec.get("replicas", status.get("desiredNumberScheduled", 1))
    return int(status.get("readyReplicas") or status.get("numberReady") or 0) < int(wanted if wanted is not None else 1)


def _has_recovered(job: Manifest) -> bool:
    """Whether it is finished, or another pod of it runs."""
    return is_finished(job) or int((job.get("status") or {}).get("ready") or 0) > 0

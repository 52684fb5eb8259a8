"""Pods that were never created: the workload has fewer than it wants, and its controller has written down why.

A ReplicaSet says so in a condition for as long as it is true; a StatefulSet, a Job and a DaemonSet only in an event,
which is kept for an hour. So an event counts only while pods are missing. Rejected alternative: events alone, which
would report problems that were solved long ago.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.refusals import read_refusal
from tenantkit.findings.snapshot import condition, event_text, first_seen, label, last_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

_LEADS = re.compile(
    r"^(?:Error creating(?: job)?: |[Cc]reate (?:Pod|Claim) .*? failed error: |"
    r"Failed to create new replica set \"[^\"]*\": )"
)
_REASONS = ("FailedCreate", "FailedCreatePod")


def never_created(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find why pods, Jobs or ReplicaSets of a workload were never created."""
    for kind, missing in MISSING.items():
        for workload in snapshot.all(kind):
            count = missing(workload)
            if count > 0:
                yield from _refused(snapshot, workload, count)


def _refused(snapshot: ClusterSnapshot, workload: Manifest, count: int) -> Iterator[Finding]:
    report = _report(snapshot, workload)
    if report is None:
        return
    text, where, since = report
    message = _LEADS.sub("", text)
    namespace = workload["metadata"]["namespace"]
    refusal = read_refusal(snapshot, namespace, message)
    yield Finding(
        cause=refusal.cause,
        chain=snapshot.chain(workload),
        namespace=namespace,
        object=refusal.object or label(workload),
        message=cut(message),
        evidence="; ".join(filter(None, (refusal.detail, where))),
        next_steps=refusal.next_steps,
        by_editor=refusal.by_editor,
        since=since,
        pods=count,
    )


def _report(snapshot: ClusterSnapshot, workload: Manifest) -> tuple[str, str, str | None] | None:
    """The controller's message, where it was read, and when it was first seen."""
    for kind, status, reasons in _CONDITIONS:
        found = condition(workload, kind, status)
        if found is not None and found.get("reason") in reasons:
            where = f"condition {kind} of {label(workload)}"
            return str(found.get("message") or ""), where, found.get("lastTransitionTime")
    last_run = (workload.get("status") or {}).get("lastScheduleTime") or ""  # of a CronJob that has run since
    for event in snapshot.events(workload, *_REASONS):
        if last_seen(event) <= last_run:
            continue
        return str(event.get("message") or ""), event_text(event), first_seen(event)
    return None


_CONDITIONS = (
    ("ReplicaFailure", "True", {"FailedCreate"}),
    ("Progressing", "False", {"ReplicaSetCreateError"}),
)


def is_finished(job: Manifest) -> bool:
    """Whether a Job is complete or failed."""
    return any(condition(job, kind, "True") for kind in ("Complete", "Failed"))


def _replicas(workload: Manifest) -> int:
    wanted = (workload.get("spec") or {}).get("replicas")
    return (1 if wanted is None else int(wanted)) - int((workload.get("status") or {}).get("replicas") or 0)


def _of_job(job: Manifest) -> int:
    spec, status = job.get("spec") or {}, job.get("status") or {}
    if spec.get("suspend") or is_finished(job):
        return 0
    parallelism = spec.get("parallelism")
    wanted = 1 if parallelism is None else int(parallelism)
    if spec.get("completions") is not None:
        wanted = min(wanted, int(spec["completions"]) - int(status.get("succeeded") or 0))
    return wanted - int(status.get("active") or 0)


def _of_daemon_set(workload: Manifest) -> int:
    status = workload.get("status") or {}
    return int(status.get("desiredNumberScheduled") or 0) - int(status.get("currentNumberScheduled") or 0)


def _of_deployment(workload: Manifest) -> int:
    """Only a ReplicaSet that could not be created counts: existing ones have their own findings."""
    return int(condition(workload, "Progressing", "False") is not None)


def _of_cron_job(workload: Manifest) -> int:
    return int(not (workload.get("spec") or {}).get("suspend") and not (workload.get("status") or {}).get("active"))


MISSING: dict[str, Callable[[Manifest], int]] = {
    "Deployment": _of_deployment,
    "ReplicaSet": _replicas,
    "ReplicationController": _replicas,
    "StatefulSet": _replicas,
    "DaemonSet": _of_daemon_set,
    "CronJob": _of_cron_job,
    "Job": _of_job,
}

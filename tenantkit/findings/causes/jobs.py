"""Jobs that gave up, ran out of time, or are told to wait; and pods past their own deadline.

Source: page "Jobs"; in k8s.io/kubernetes, pkg/controller/job/job_controller.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.never_created import is_finished
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest

_DEADLINE = "DeadlineExceeded"


def given_up(snapshot: Snapshot) -> Iterator[Finding]:
    """Why Jobs, and pods with a deadline, are over without having done their work, or may not begin."""
    for job in snapshot.all("Job"):
        failed = condition(job, "Failed", "True") or condition(job, "FailureTarget", "True")
        if failed is not None:
            yield _failed(snapshot, job, failed)
        elif not is_finished(job):
            yield from _retrying(snapshot, job)
            yield from _told_to_wait(snapshot, job, "suspend")
    for deployment in snapshot.all("Deployment"):
        if not snapshot.is_older(deployment["metadata"].get("deletionTimestamp"), 0):
            yield from _told_to_wait(snapshot, deployment, "paused")
    for pod in snapshot.all("Pod"):
        status = pod.get("status") or {}
        if status.get("phase") == "Failed" and status.get("reason") == _DEADLINE:
            yield _overdue(snapshot, pod)


def _failed(snapshot: Snapshot, job: Manifest, failed: Manifest) -> Finding:
    is_late = failed.get("reason") == _DEADLINE
    spec, status = job.get("spec") or {}, job.get("status") or {}
    evidence = [f"condition {failed.get('type')}, reason {failed.get('reason')}"]
    if is_late:
        evidence.append(f"activeDeadlineSeconds {spec.get('activeDeadlineSeconds')}")
        advice = "give it a longer activeDeadlineSeconds, or less to do"
    else:
        evidence.append(f"pods that failed: {status.get('failed') or 0}, backoffLimit {spec.get('backoffLimit', 6)}")
        evidence += _last_ends(snapshot, job)
        advice = _see_log(job)
    return Finding(
        cause="deadline exceeded" if is_late else "job back-off",
        chain=snapshot.chain(job),
        namespace=job["metadata"]["namespace"],
        object=label(job),
        message=cut(str(failed.get("message") or failed.get("reason") or "")),
        evidence="; ".join(evidence),
        what_to_do=advice,
        since=failed.get("lastTransitionTime"),
        pods=int(status.get("failed") or 0),
    )


def _see_log(job: Manifest) -> str:
    metadata = job["metadata"]
    return f"see the log of its last pod: kubectl logs -n {metadata['namespace']} job/{metadata['name']}"


def _last_ends(snapshot: Snapshot, job: Manifest) -> Iterator[str]:
    """How its pods ended: `Pod/train-x: container main, exit code 1`."""
    for pod in sorted(snapshot.pods_of(job), key=label):
        for entry in (pod.get("status") or {}).get("containerStatuses") or ():
            end = (entry.get("state") or {}).get("terminated") or (entry.get("lastState") or {}).get("terminated")
            if end is not None and end.get("exitCode"):
                yield f"{label(pod)}: container {entry.get('name')}, exit code {end['exitCode']}"
                return


def _retrying(snapshot: Snapshot, job: Manifest) -> Iterator[Finding]:
    """A Job that has failed and waits for its next attempt."""
    spec, status = job.get("spec") or {}, job.get("status") or {}
    failed = int(status.get("failed") or 0)
    if failed and not status.get("ready") and not spec.get("suspend"):
        limit = spec.get("backoffLimit", 6)
        yield Finding(
            cause="job back-off",
            chain=snapshot.chain(job),
            namespace=job["metadata"]["namespace"],
            object=label(job),
            message=f"pods that failed: {failed}; it tries again until more than {limit} have",
            evidence="; ".join([f"status.failed {failed}, backoffLimit {limit}", *_last_ends(snapshot, job)]),
            what_to_do=_see_log(job),
            since=status.get("startTime"),
            pods=failed,
        )


def _told_to_wait(snapshot: Snapshot, workload: Manifest, field: str) -> Iterator[Finding]:
    """A Job that is suspended; a Deployment that is paused and has not rolled out what it should."""
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    if not spec.get(field):
        return
    wanted = spec.get("replicas", 1)
    if field == "paused" and int(status.get("updatedReplicas") or 0) >= int(wanted if wanted is not None else 1):
        return
    told = condition(workload, "Suspended", "True") or condition(workload, "Progressing", "Unknown") or {}
    yield Finding(
        cause="suspended",
        chain=snapshot.chain(workload),
        namespace=workload["metadata"]["namespace"],
        object=label(workload),
        message=cut(str(told.get("message") or "")),
        evidence=f"spec.{field}: true",
        what_to_do=f"set spec.{field} to false when it may run; a queue such as Kueue does that by itself",
        since=told.get("lastTransitionTime") or workload["metadata"].get("creationTimestamp"),
        pods=0,
    )


def _overdue(snapshot: Snapshot, pod: Manifest) -> Finding:
    status, deadline_s = pod["status"], (pod.get("spec") or {}).get("activeDeadlineSeconds")
    return Finding(
        cause="deadline exceeded",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message=cut(str(status.get("message") or "")),
        evidence=f"phase Failed, reason {_DEADLINE}; activeDeadlineSeconds {deadline_s}",
        what_to_do="give the pod a longer activeDeadlineSeconds, or less to do",
        since=status.get("startTime"),
    )

"""Jobs that failed, exceeded their deadline or are suspended, paused Deployments, and pods past their own deadline.

Source: page "Jobs"; in k8s.io/kubernetes, pkg/controller/job/job_controller.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.containers import log_call
from tenantkit.findings.causes.never_created import is_finished
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, label
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

_DEADLINE = "DeadlineExceeded"


def unsuccessful(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find Jobs and pods that ended without success, and workloads that are suspended or paused."""
    for job in snapshot.all("Job"):
        failed = condition(job, "Failed", "True") or condition(job, "FailureTarget", "True")
        if failed is not None:
            yield _failed(snapshot, job, failed)
        elif not is_finished(job):
            yield from _retrying(snapshot, job)
            yield from _suspended(snapshot, job, "suspend")
    for deployment in snapshot.all("Deployment"):
        if not snapshot.is_older(deployment["metadata"].get("deletionTimestamp"), 0):
            yield from _suspended(snapshot, deployment, "paused")
    for pod in snapshot.all("Pod"):
        status = pod.get("status") or {}
        if status.get("phase") == "Failed" and status.get("reason") == _DEADLINE:
            yield _past_deadline(snapshot, pod)


def _failed(snapshot: ClusterSnapshot, job: Manifest, failed: Manifest) -> Finding:
    next_steps: str | Message
    is_late = failed.get("reason") == _DEADLINE
    spec, status = job.get("spec") or {}, job.get("status") or {}
    evidence = [f"condition {failed.get('type')}, reason {failed.get('reason')}"]
    if is_late:
        evidence.append(f"activeDeadlineSeconds {spec.get('activeDeadlineSeconds')}")
        next_steps = "set a longer activeDeadlineSeconds, or make the Job do less work"
    else:
        evidence.append(f"failed pods: {status.get('failed') or 0}, backoffLimit {spec.get('backoffLimit', 6)}")
        evidence += _failures(snapshot, job)
        next_steps = _check_log(snapshot, job)
    return Finding(
        cause="deadline exceeded" if is_late else "job back-off",
        chain=snapshot.chain(job),
        namespace=job["metadata"]["namespace"],
        object=label(job),
        message=cut(str(failed.get("message") or failed.get("reason") or "")),
        evidence="; ".join(evidence),
        next_steps=next_steps,
        by_editor=is_late,
        since=failed.get("lastTransitionTime"),
        pods=int(status.get("failed") or 0),
    )


def _check_log(snapshot: ClusterSnapshot, job: Manifest) -> str | Message:
    """Where the log of its last failure is."""
    for pod, container, _, is_previous in _failed_containers(snapshot, job):
        log = log_call(snapshot, pod, container, is_previous=is_previous)
        return Message("check the log of its last failed pod: {log}", {"log": log})
    if snapshot.pods_of(job) or not snapshot.knows("Pod"):
        return Message("check why its pods failed: {pods} shows their reasons")
    policy = (((job.get("spec") or {}).get("template") or {}).get("spec") or {}).get("restartPolicy")
    keep = ": set restartPolicy to Never to keep them" if policy == "OnFailure" else ""
    return f"its failed pods were deleted, and their logs with them{keep}"


def _failures(snapshot: ClusterSnapshot, job: Manifest) -> Iterator[str]:
    """The last failure of its pods: `Pod/train-x: container main, exit code 1`."""
    for pod, container, end, _ in _failed_containers(snapshot, job):
        yield f"{label(pod)}: container {container}, exit code {end['exitCode']}"
        return


def _failed_containers(snapshot: ClusterSnapshot, job: Manifest) -> Iterator[tuple[Manifest, str, Manifest, bool]]:
    """Pod, container, its failure, and whether it has run again since; the newest pod first."""
    pods = sorted(snapshot.pods_of(job), key=label)
    for pod in sorted(pods, key=lambda each: each["metadata"].get("creationTimestamp") or "", reverse=True):
        status = pod.get("status") or {}
        for entry in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
            now = (entry.get("state") or {}).get("terminated")
            end = now or (entry.get("lastState") or {}).get("terminated") or {}
            if end.get("exitCode"):
                yield pod, str(entry.get("name")), end, not now


def _retrying(snapshot: ClusterSnapshot, job: Manifest) -> Iterator[Finding]:
    """A Job whose pod failed and that waits for its next attempt."""
    spec, status = job.get("spec") or {}, job.get("status") or {}
    failed = int(status.get("failed") or 0)
    if failed and not status.get("ready") and not spec.get("suspend"):
        limit = spec.get("backoffLimit", 6)
        yield Finding(
            cause="job back-off",
            chain=snapshot.chain(job),
            namespace=job["metadata"]["namespace"],
            object=label(job),
            message=f"failed pods: {failed}; the Job creates a new pod after each failure, "
            f"until more than {limit} have failed",
            evidence="; ".join([f"status.failed {failed}, backoffLimit {limit}", *_failures(snapshot, job)]),
            next_steps=_check_log(snapshot, job),
            since=status.get("startTime"),
            pods=failed,
        )


def _suspended(snapshot: ClusterSnapshot, workload: Manifest, field: str) -> Iterator[Finding]:
    """A suspended Job; a paused Deployment that has not rolled out its current template."""
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    if not spec.get(field):
        return
    wanted = spec.get("replicas", 1)
    if field == "paused" and int(status.get("updatedReplicas") or 0) >= int(wanted if wanted is not None else 1):
        return
    state = condition(workload, "Suspended", "True") or condition(workload, "Progressing", "Unknown") or {}
    yield Finding(
        cause="suspended",
        chain=snapshot.chain(workload),
        namespace=workload["metadata"]["namespace"],
        object=label(workload),
        message=cut(str(state.get("message") or "")),
        evidence=f"spec.{field}: true",
        next_steps=f"set spec.{field} to false to start it; a queue such as Kueue does that by itself",
        by_editor=True,
        since=state.get("lastTransitionTime") or workload["metadata"].get("creationTimestamp"),
        pods=0,
    )


def _past_deadline(snapshot: ClusterSnapshot, pod: Manifest) -> Finding:
    status, deadline_s = pod["status"], (pod.get("spec") or {}).get("activeDeadlineSeconds")
    return Finding(
        cause="deadline exceeded",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=label(pod),
        message=cut(str(status.get("message") or "")),
        evidence=f"phase Failed, reason {_DEADLINE}; activeDeadlineSeconds {deadline_s}",
        next_steps="set a longer activeDeadlineSeconds for the pod, or make the pod do less work",
        by_editor=True,
        since=status.get("startTime"),
    )

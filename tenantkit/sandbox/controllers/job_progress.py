"""The progress of a Job: how its pods have ended, whether it is finished, and when to create the next pod. Pure.

Source: pkg/controller/job, 1.37 (job_controller.go, backoff_utils.go, indexed_job_utils.go); page "Jobs".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.times import duration
from tenantkit.sandbox.apimachinery.go_text import go_int
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.controllers.job_indexes import Indexes
from tenantkit.sandbox.controllers.replicas import condition_of, is_terminating

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest

INDEX = "batch.kubernetes.io/job-completion-index"
_BACK_OFF_S, _LONGEST_BACK_OFF_S = 10, 600
End = Literal["succeeded", "failed", ""]
Decision = tuple[str, str, str]
MET: Decision = ("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")
_LIMIT: Decision = ("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
_DEADLINE: Decision = ("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline")
LAST = {"SuccessCriteriaMet": "Complete", "FailureTarget": "Failed"}


def finished_at(job: Manifest) -> datetime | None:
    """When the Job finished; None while it has not."""
    ends = (condition_of(job, kind) for kind in LAST.values())
    end = next((item for item in ends if item and item["status"] == "True"), None)
    return datetime.fromisoformat(end["lastTransitionTime"]) if end else None


def end_of(job: Manifest, pod: Manifest) -> End:
    """How a pod has ended. A terminating pod counts as failed, unless the Job waits for its end."""
    phase = pod["status"].get("phase")
    if phase in ENDED:
        return "succeeded" if phase == "Succeeded" else "failed"
    return "failed" if is_terminating(pod) and not waits_for_terminating(job) else ""


def waits_for_terminating(job: Manifest) -> bool:
    """Whether a pod is replaced only after it has ended."""
    return bool(job["spec"].get("podReplacementPolicy") == "Failed")


def is_indexed(job: Manifest) -> bool:
    """Whether each pod has an index."""
    return bool(job["spec"].get("completionMode") == "Indexed")


def index_of(pod: Manifest) -> int:
    """A pod's index; -1 if it has none."""
    index = go_int((pod["metadata"].get("annotations") or {}).get(INDEX, ""))
    return -1 if index is None else index


def with_ends(job: Manifest, status: Manifest, pods: Iterable[Manifest]) -> Manifest:
    """The status after counting how these pods have ended."""
    ended = [(end_of(job, pod), pod) for pod in pods]
    found = {**status, "failed": status.get("failed", 0) + sum(end == "failed" for end, _ in ended)}
    if not is_indexed(job):
        return found | {"succeeded": status.get("succeeded", 0) + sum(end == "succeeded" for end, _ in ended)}
    completions = job["spec"]["completions"]
    more = {index_of(pod) for end, pod in ended if end == "succeeded"}
    done = indexes(job, status).adding(index for index in more if 0 <= index < completions)
    return found | {"succeeded": done.count, "completedIndexes": done.text}


def indexes(job: Manifest, status: Manifest) -> Indexes:
    """The indexes that have succeeded."""
    return Indexes.parse(status.get("completedIndexes") or "", below=job["spec"].get("completions") or 0)


def decision(job: Manifest, status: Manifest, pods: list[Manifest], now: datetime) -> Decision | None:
    """Why the Job ends, if it does: an earlier decision, too many failures, or its deadline."""
    for kind in LAST:
        before = condition_of(job, kind)
        if before:
            return kind, before["reason"], before["message"]
    if status["failed"] > job["spec"]["backoffLimit"] or _restarts_too_often(job, pods):
        return _LIMIT
    due = deadline(job, status)
    return _DEADLINE if due is not None and due <= now else None


def deadline(job: Manifest, status: Manifest) -> datetime | None:
    """When the Job exceeds its deadline; None without one."""
    seconds, start = job["spec"].get("activeDeadlineSeconds"), status.get("startTime")
    if seconds is None or start is None or job["spec"]["suspend"]:
        return None
    return datetime.fromisoformat(start) + duration(seconds)


def wanted(job: Manifest, status: Manifest, active: int) -> int:
    """How many pods should run."""
    parallelism, completions = job["spec"]["parallelism"], job["spec"].get("completions")
    if completions is None:
        return active if status["succeeded"] else int(parallelism)
    return max(0, min(int(parallelism), int(completions) - int(status["succeeded"])))


def is_complete(job: Manifest, status: Manifest) -> bool:
    """Whether enough pods have succeeded; without `completions` one is enough."""
    completions = job["spec"].get("completions")
    return bool(status["succeeded"] >= completions if completions is not None else status["succeeded"])


def waits_until(job: Manifest, pods: Iterable[Manifest]) -> datetime | None:
    """When the next pod may be created: the delay doubles with each failure since the last success."""
    ends: dict[str, list[datetime]] = {"succeeded": [], "failed": [], "": []}
    for pod in pods:
        ends[end_of(job, pod)].append(_ended_at(pod))
    failures = [moment for moment in ends["failed"] if moment > max(ends["succeeded"], default=_LONG_AGO)]
    if not failures:
        return None
    return max(failures) + timedelta(seconds=min(_BACK_OFF_S * 2 ** (len(failures) - 1), _LONGEST_BACK_OFF_S))


def with_condition(  # noqa: PLR0913 (the fields of a condition)
    status: Manifest, kind: str, state: str, reason: str, message: str, *, now: datetime
) -> Manifest:
    """The status with a condition; a False one is only written if the condition existed before."""
    before = condition_of({"status": status}, kind)
    new = {"type": kind, "status": state, "reason": reason, "message": message}
    if (before is None and state == "False") or (before and new.items() <= before.items()):
        return status
    new |= dict.fromkeys(("lastProbeTime", "lastTransitionTime"), timestamp(now))
    conditions = status.get("conditions") or []
    if before is None:
        return {**status, "conditions": [*conditions, new]}
    return {**status, "conditions": [new if item is before else item for item in conditions]}


def for_index(job: Manifest, pod: Manifest, index: int) -> Manifest:
    """The pod with its index in a label, an annotation, the host name and the environment."""
    metadata, spec, name, number = pod["metadata"], pod["spec"], job["metadata"]["name"], str(index)
    tail = f"-{number}-"
    about = {
        **metadata,
        "labels": {**(metadata.get("labels") or {}), INDEX: number},
        "annotations": {**(metadata.get("annotations") or {}), INDEX: number},
        "generateName": name[: _PREFIX_LIMIT - len(tail)] + tail,
    }
    parts = {
        part: [_with_index(item) for item in spec[part]] for part in ("initContainers", "containers") if part in spec
    }
    return {**pod, "metadata": about, "spec": {**spec, **parts, "hostname": f"{name}-{number}"}}


_PREFIX_LIMIT = 58
_LONG_AGO = datetime.fromisoformat("0001-01-01T00:00:00Z")


def _with_index(container: Manifest) -> Manifest:
    environment, name = container.get("env") or [], "JOB_COMPLETION_INDEX"
    if any(item["name"] == name for item in environment):
        return container
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    return {**container, "env": [*environment, {"name": name, "valueFrom": source}]}


def _restarts_too_often(job: Manifest, pods: list[Manifest]) -> bool:
    """Whether restarts of containers exceed the Job's backoff limit."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    running = [pod["status"] for pod in pods if pod["status"].get("phase") in {"Running", "Pending"}]
    parts = ("initContainerStatuses", "containerStatuses")
    restarts = sum(item["restartCount"] for status in running for part in parts for item in status.get(part) or ())
    return bool(restarts >= (job["spec"]["backoffLimit"] or 1))


def _ended_at(pod: Manifest) -> datetime:
    """When a pod has ended, from the most reliable field that is set."""
    ends = [(item.get("state") or {}).get("terminated") or {} for item in pod["status"].get("containerStatuses") or ()]
    ready, metadata = condition_of(pod, "Ready") or {}, pod["metadata"]
    if ends and all("finishedAt" in end for end in ends):
        return max(datetime.fromisoformat(end["finishedAt"]) for end in ends)
    if ready.get("status") == "False" and ready.get("lastTransitionTime"):
        return datetime.fromisoformat(ready["lastTransitionTime"])
    if is_terminating(pod):
        grace = duration(metadata.get("deletionGracePeriodSeconds") or 0)
        return datetime.fromisoformat(metadata["deletionTimestamp"]) - grace
    return datetime.fromisoformat(metadata["creationTimestamp"])

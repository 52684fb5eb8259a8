"""The state of a workload of Kubernetes' own kinds in one word, and how many of its pods are desired and ready.

Source: pages "Deployments" (section "Deployment status"), "StatefulSets", "DaemonSet", "Jobs", "CronJob".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tenantkit.rules.pod_status import has_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.rules.manifest import Manifest


class WorkloadState(NamedTuple):
    """A workload's state; None where its kind has no such field.

    Args:
        state: `Ready`, `Progressing`, `Stalled`, `Failing` (pods are refused, crash or cannot start), `ScaledDown`; of
            Jobs `Pending` (no pod is ready), `Failing`, `Running`, `Complete`, `Failed`, `Suspended`; of CronJobs
            `Scheduled`, `Running`, `Suspended`; of all `Terminating`.
        pods_desired: how many pods it wants; of a Job, how many are to succeed.
        pods_ready: how many are ready.
        pods_succeeded, pods_failed: of a Job.
        schedule: of a CronJob.
    """

    state: str | None
    pods_desired: int | None = None
    pods_ready: int | None = None
    pods_succeeded: int | None = None
    pods_failed: int | None = None
    schedule: str | None = None


def workload_state(kind: str, manifest: Manifest) -> WorkloadState:
    """The state of an object of one of the kinds of `WORKLOAD_KINDS`; all None for any other kind."""
    read = _READERS.get(kind)
    state = read(manifest.get("spec") or {}, manifest.get("status") or {}) if read else WorkloadState(None)
    return state._replace(state="Terminating") if manifest["metadata"].get("deletionTimestamp") else state


def _replicas(spec: Manifest, status: Manifest) -> WorkloadState:
    wanted = spec.get("replicas")
    return _served(1 if wanted is None else wanted, status.get("readyReplicas") or 0, spec, status)


def _everywhere(spec: Manifest, status: Manifest) -> WorkloadState:
    return _served(status.get("desiredNumberScheduled") or 0, status.get("numberReady") or 0, spec, status)


def _served(desired: int, ready: int, spec: Manifest, status: Manifest) -> WorkloadState:
    conditions = {item.get("type"): item for item in status.get("conditions") or ()}
    if has_condition(status, "ReplicaFailure"):
        state = "Failing"  # pods are refused: by a quota, or a policy
    elif desired == 0:
        state = "ScaledDown"
    elif (conditions.get("Progressing") or {}).get("reason") == "ProgressDeadlineExceeded":
        state = "Stalled"
    else:
        updated = status.get("updatedReplicas", ready) if "strategy" in spec else ready
        state = "Ready" if ready >= desired and (updated or 0) >= desired else "Progressing"
    return WorkloadState(state, desired, ready)


def _job(spec: Manifest, status: Manifest) -> WorkloadState:
    if has_condition(status, "Complete"):
        state = "Complete"
    elif has_condition(status, "Failed"):
        state = "Failed"
    elif spec.get("suspend"):
        state = "Suspended"
    else:
        state = "Running" if status.get("ready") else "Pending"
    wanted = spec.get("completions")
    desired = (spec.get("parallelism") if wanted is None else wanted) or (1 if wanted is None else 0)
    return WorkloadState(
        state, desired, status.get("ready") or 0, status.get("succeeded") or 0, status.get("failed") or 0
    )


def _cron_job(spec: Manifest, status: Manifest) -> WorkloadState:
    state = "Suspended" if spec.get("suspend") else "Running" if status.get("active") else "Scheduled"
    return WorkloadState(state, schedule=spec.get("schedule"))


# the statuses of pods, without `Init:`, in which a container has failed or cannot start
_FAILING = frozenset(
    {
        *("CrashLoopBackOff", "Error", "OOMKilled", "StartError", "ContainerCannotRun", "RunContainerError"),
        *("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"),
        *("CreateContainerConfigError", "CreateContainerError", "CreatePodSandboxError", "PostStartHookError"),
    }
)
_UNFINISHED = frozenset({"Progressing", "Pending"})


def is_failing(pod_status: str | None) -> bool:
    """Whether a pod with this status, in kubectl's words, does not come up by itself."""
    return (pod_status or "").removeprefix("Init:") in _FAILING


def with_failing_pods(state: WorkloadState) -> WorkloadState:
    """The state of a workload of which pods fail: a controller's own status calls that progress for ten minutes."""
    return state._replace(state="Failing") if state.state in _UNFINISHED else state


_READERS: Mapping[str, Callable[[Manifest, Manifest], WorkloadState]] = {
    "Deployment": _replicas,
    "StatefulSet": _replicas,
    "ReplicaSet": _replicas,
    "DaemonSet": _everywhere,
    "Job": _job,
    "CronJob": _cron_job,
}
WORKLOAD_KINDS = tuple(_READERS)

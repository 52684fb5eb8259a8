"""The status of a Pod as `kubectl get pods` prints it: READY, STATUS and RESTARTS.

The phase alone is Running for a pod that crashes repeatedly. The sandbox's tables and the frames both use this module,
so that they agree with kubectl. It is optimised for speed, since a large cluster has thousands of pods.

Source: printPod in pkg/printers/internalversion/printers.go of Kubernetes 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tenantkit.rules.manifest import Manifest

ENDED = frozenset({"Succeeded", "Failed"})


class PodStatus(NamedTuple):
    """The values in the columns of `kubectl get pods`.

    Args:
        status: `Running`, `CrashLoopBackOff`, `Init:0/2`, `Terminating` …; empty if the pod has no status yet.
        up: the number of containers that run and are ready, sidecars included.
        containers: the number of containers, sidecars included.
        restarts: of the init containers while they run, then of the containers; of sidecars always.
        counted: the statuses of the containers that `restarts` counts.
    """

    status: str
    up: int
    containers: int
    restarts: int
    counted: Sequence[Manifest]

    @property
    def last_restart(self) -> str:
        """When a container last ended before a restart; empty if it never did, or the time is unknown."""
        return max(map(_last_end, self.counted), default="") if self.restarts else ""


def pod_status(pod: Manifest) -> PodStatus:
    """READY, STATUS and RESTARTS of a pod.

    Args:
        pod: a Pod; missing fields are allowed.

    Returns:
        The values, in kubectl's words.

    Source: page "Pod Lifecycle", and printPod in Kubernetes' printers.

    Example:
        >>> main = {"name": "main", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        >>> pod_status({"spec": {"containers": [{}]}, "status": {"phase": "Running", "containerStatuses": [main]}})[:4]
        ('CrashLoopBackOff', 0, 1, 4)
    """
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    prepared = spec.get("initContainers") or ()
    sidecars = {item["name"] for item in prepared if item.get("restartPolicy") == "Always"} if prepared else ()
    visited, up, reason = _initialised(status, sidecars, len(prepared))
    counted = visited
    if not reason or has_condition(status, "Initialized"):
        containers = status.get("containerStatuses") or ()
        counted = [*(item for item in visited if item["name"] in sidecars), *containers] if visited else containers
        running = [item for item in containers if is_container_up(item)]
        up += len(running)
        reason = _running(status, containers, reason or _base_reason(status), any_up=bool(running))
    restarts = sum([item.get("restartCount") or 0 for item in counted])
    is_ending = "deletionTimestamp" in pod.get("metadata", ())
    reason = (_ending(pod, status) or reason) if is_ending else reason
    return PodStatus(reason, up, len(spec.get("containers") or ()) + len(sidecars), restarts, counted)


def has_condition(status: Manifest, kind: str) -> bool:
    """Whether the first condition of that type is True."""
    for item in status.get("conditions") or ():
        if item.get("type") == kind:
            return bool(item.get("status") == "True")
    return False


def is_container_up(container: Manifest) -> bool:
    """Whether the container with this status runs and is ready."""
    state = container.get("state")
    if not state or not container.get("ready"):
        return False
    is_stopped = (state.get("waiting") or {}).get("reason") or state.get("terminated") is not None
    return state.get("running") is not None and not is_stopped


def _initialised(status: Manifest, sidecars: Collection[str], prepared: int) -> tuple[Sequence[Manifest], int, str]:
    """The init containers up to the first unfinished one, the number of ready sidecars, and the status it causes."""
    visited: list[Manifest] = []
    up = 0
    for number, item in enumerate(status.get("initContainerStatuses") or ()):
        visited.append(item)
        state = item.get("state") or {}
        terminated, waiting = state.get("terminated"), (state.get("waiting") or {}).get("reason")
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if item["name"] in sidecars and item.get("started"):
            up += bool(item.get("ready"))
            continue
        if terminated is not None:
            return visited, up, f"Init:{_ended(terminated)}"
        if waiting and waiting != "PodInitializing":
            return visited, up, f"Init:{waiting}"
        return visited, up, f"Init:{number}/{prepared}"
    return visited, up, ""


def _base_reason(status: Manifest) -> str:
    for item in status.get("conditions") or ():
        if item.get("type") == "PodScheduled" and item.get("reason") == "SchedulingGated":
            return "SchedulingGated"
    return str(status.get("reason") or status.get("phase") or "")


def _running(status: Manifest, containers: Sequence[Manifest], reason: str, *, any_up: bool) -> str:
    """The status after the init containers: of the first container that is waiting or has terminated."""
    failed = ""
    for item in reversed(containers):
        state = item.get("state")
        if not state:
            continue
        waiting, terminated = state.get("waiting"), state.get("terminated")
        if waiting and waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = _ended(terminated)
            failed = reason if terminated.get("exitCode") else failed
    if reason != "Completed":
        return reason
    if any_up and has_condition(status, "Ready"):
        return "Running"
    return failed or ("NotReady" if any_up else reason)


def _ended(terminated: Manifest) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    signal = terminated.get("signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated.get('exitCode', 0)}"


def _ending(pod: Manifest, status: Manifest) -> str:
    """The status of a Pod that is being deleted; empty for any other."""
    if not (pod.get("metadata") or {}).get("deletionTimestamp"):
        return ""
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return "" if status.get("phase") in ENDED else "Terminating"


def _last_end(container: Manifest) -> str:
    """When the container ended before its last start; empty if unknown."""
    return str(((container.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or "")

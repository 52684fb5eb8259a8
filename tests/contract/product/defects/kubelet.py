"""Statuses of pods as a kubelet writes them, for defects that only a kubelet names: captured, not observed.

The words are those of a kubelet with containerd, as its sources write them (pkg/kubelet/images, kuberuntime, prober,
eviction and volume, 1.37); no kubelet has run here.
"""

from __future__ import annotations

from typing import Any

IMAGE = "registry.example.ai/main:1"
BACK_OFF = "back-off 5m0s restarting failed container=main pod={pod}_{namespace}(6f0b1c1e-0000-4000-8000-000000000000)"


def status(*, phase: str = "Pending", init: dict[str, Any] | None = None, **main: Any) -> dict[str, Any]:
    """A pod's status with one container that is not ready."""
    started = {"name": "main", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 0, "started": False}
    unready = {"status": "False", "reason": "ContainersNotReady", "message": "containers with unready status: [main]"}
    initialized = (
        {"status": "True"}
        if init is None
        else {
            "status": "False",
            "reason": "ContainersNotInitialized",
            "message": "containers with incomplete status: [fetch]",
        }
    )
    conditions = [
        {"type": kind, "lastTransitionTime": "{now}", **of}
        for kind, of in (("Initialized", initialized), ("Ready", unready), ("ContainersReady", unready))
    ]
    status: dict[str, Any] = {
        "phase": phase,
        "conditions": conditions,
        "containerStatuses": [{**started, **main}],
    }
    if init is not None:
        status["initContainerStatuses"] = [{**started, "name": "fetch", **init}]
    return status


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, **({"message": message} if message else {})}}}


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    end = {"exitCode": code, "reason": reason, "startedAt": "{now}", "finishedAt": "{now}"}
    return {"terminated": {**end, **({"message": message} if message else {})}}


def looping(code: int, reason: str = "Error", *, container: str = "main") -> dict[str, Any]:
    """A container that ends again and again."""
    message = BACK_OFF.replace("=main", f"={container}")
    return {**waiting("CrashLoopBackOff", message), "lastState": ended(code, reason), "restartCount": 5}


RUNNING: dict[str, Any] = {"state": {"running": {"startedAt": "{now}"}}, "started": True}
CREATING: dict[str, Any] = waiting("ContainerCreating")

"""A Pod's row in a table: READY, STATUS and RESTARTS say in a word what stands all over its status.

Source: printPod in pkg/printers/internalversion/printers.go of Kubernetes 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.cells import NONE, at, since

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest

_ENDED = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


def pod_cells(pod: Manifest, now: datetime) -> list[Any]:
    """The cells of a Pod's row."""
    sidecars = {item["name"] for item in at(pod, "spec.initContainers", []) if item.get("restartPolicy") == "Always"}
    visited, up, reason = _initialised(pod, sidecars)
    counted = visited
    if not reason or _condition(pod, "Initialized") == "True":
        containers = at(pod, "status.containerStatuses", [])
        counted = [item for item in visited if item["name"] in sidecars] + containers
        up += sum(_is_up(item) for item in containers)
        reason = _running(pod, containers, reason or _base_reason(pod))
    return [
        at(pod, "metadata.name"),
        f"{up}/{len(at(pod, 'spec.containers', [])) + len(sidecars)}",
        _ending(pod) or reason,
        _restarts(counted, now),
        since(at(pod, "metadata.creationTimestamp"), now),
        next((item["ip"] for item in at(pod, "status.podIPs", [])), NONE),
        at(pod, "spec.nodeName", NONE),
        at(pod, "status.nominatedNodeName", NONE),
        _gates(pod),
    ]


def row_conditions(pod: Manifest) -> list[Manifest]:
    """What a Pod's row says beside its cells: that the Pod has ended."""
    phase = at(pod, "status.phase")
    message = _ENDED.get(phase)
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}] if message else []


def _initialised(pod: Manifest, sidecars: set[str]) -> tuple[list[Manifest], int, str]:
    """The init containers up to the first that is not done, how many sidecars are up, and what it waits for, if so."""
    visited: list[Manifest] = []
    up = 0
    for number, item in enumerate(at(pod, "status.initContainerStatuses", [])):
        visited.append(item)
        terminated, waiting = at(item, "state.terminated", None), at(item, "state.waiting.reason")
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if item["name"] in sidecars and item.get("started"):
            up += bool(item.get("ready"))
            continue
        if terminated is not None:
            return visited, up, f"Init:{_ended(terminated)}"
        if waiting and waiting != "PodInitializing":
            return visited, up, f"Init:{waiting}"
        return visited, up, f"Init:{number}/{len(at(pod, 'spec.initContainers', []))}"
    return visited, up, ""


def _base_reason(pod: Manifest) -> str:
    gated = any(
        (item["type"], item.get("reason")) == ("PodScheduled", "SchedulingGated")
        for item in at(pod, "status.conditions", [])
    )
    return "SchedulingGated" if gated else str(at(pod, "status.reason") or at(pod, "status.phase"))


def _running(pod: Manifest, containers: list[Manifest], reason: str) -> str:
    """The status of a Pod whose init containers are done: the first container that has something to tell says it."""
    failed = ""
    for item in reversed(containers):
        terminated = at(item, "state.terminated", None)
        if waiting := at(item, "state.waiting.reason"):
            reason = waiting
        elif terminated is not None:
            reason = _ended(terminated)
            failed = reason if terminated.get("exitCode") else failed
    if reason != "Completed":
        return reason
    is_up = any(_is_up(item) for item in containers)
    if is_up and _condition(pod, "Ready") == "True":
        return "Running"
    return failed or ("NotReady" if is_up else reason)


def _is_up(container: Manifest) -> bool:
    state = container.get("state") or {}
    is_told_otherwise = at(state, "waiting.reason") or state.get("terminated") is not None
    return bool(container.get("ready")) and state.get("running") is not None and not is_told_otherwise


def _ended(terminated: Manifest) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    signal = terminated.get("signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated.get('exitCode', 0)}"


def _ending(pod: Manifest) -> str:
    """The status of a Pod that is being deleted; empty for any other."""
    if not at(pod, "metadata.deletionTimestamp"):
        return ""
    if at(pod, "status.reason") == "NodeLost":
        return "Unknown"
    return "" if at(pod, "status.phase") in _ENDED else "Terminating"


def _restarts(containers: Iterable[Manifest], now: datetime) -> str:
    containers = list(containers)
    count = sum(item.get("restartCount", 0) for item in containers)
    last = max((at(item, "lastState.terminated.finishedAt") for item in containers), default="")
    return f"{count} ({since(last, now)} ago)" if count and last else str(count)


def _gates(pod: Manifest) -> str:
    gates = at(pod, "spec.readinessGates", [])
    passed = sum(_condition(pod, gate["conditionType"]) == "True" for gate in gates)
    return f"{passed}/{len(gates)}" if gates else NONE


def _condition(pod: Manifest, kind: str) -> str:
    """The status of the first condition of that type."""
    found = (item["status"] for item in at(pod, "status.conditions", []) if item["type"] == kind)
    return next(found, "")

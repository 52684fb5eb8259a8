"""The row of a Pod: READY, STATUS and RESTARTS summarize its status.

Source: printPod in pkg/printers/internalversion/printers.go of Kubernetes 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.pod_status import has_condition, pod_status
from tenantkit.sandbox.printers.cells import NONE, at, since

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest

_ENDED = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


def pod_cells(pod: Manifest, now: datetime) -> list[Any]:
    """The cells of a Pod's row."""
    found = pod_status(pod)
    return [
        at(pod, "metadata.name"),
        f"{found.up}/{found.containers}",
        found.status,
        f"{found.restarts} ({since(found.last_restart, now)} ago)" if found.last_restart else str(found.restarts),
        since(at(pod, "metadata.creationTimestamp"), now),
        next((item["ip"] for item in at(pod, "status.podIPs", [])), NONE),
        at(pod, "spec.nodeName", NONE),
        at(pod, "status.nominatedNodeName", NONE),
        _gates(pod),
    ]


def row_conditions(pod: Manifest) -> list[Manifest]:
    """The conditions of a Pod's row: whether the Pod has ended."""
    phase = at(pod, "status.phase")
    message = _ENDED.get(phase)
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}] if message else []


def _gates(pod: Manifest) -> str:
    gates = at(pod, "spec.readinessGates", [])
    passed = sum(has_condition(at(pod, "status", {}), gate["conditionType"]) for gate in gates)
    return f"{passed}/{len(gates)}" if gates else NONE

"""Pods as a server returns them, for the tests of the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

CREATED = "2026-11-25T12:00:00Z"
STARTED = "2026-11-25T12:00:01Z"
HOSTILE = "<b onload=x>\x1b[31m=1+1\u202e👩‍🚀"


def owned_by(kind: str, name: str, api_version: str = "apps/v1") -> list[Manifest]:
    return [{"apiVersion": api_version, "kind": kind, "name": name, "uid": "u", "controller": True}]


def pod(name: str = "api-7d9f-x", *, namespace: str = "vision", **parts: Any) -> Manifest:
    """A running pod with two GPUs; `metadata`, `spec` and `status` are merged in."""
    main = {
        "name": "main",
        "resources": {
            "requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "2"},
            "limits": {"memory": "2Gi", "nvidia.com/gpu": "2"},
        },
    }
    running = {"running": {"startedAt": STARTED}}
    return {
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": CREATED, **parts.get("metadata", {})},
        "spec": {"containers": [main], "nodeName": "gpu-1", **parts.get("spec", {})},
        "status": {
            "phase": "Running",
            "qosClass": "Burstable",
            "startTime": STARTED,
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "main", "ready": True, "restartCount": 1, "state": running}],
            **parts.get("status", {}),
        },
    }

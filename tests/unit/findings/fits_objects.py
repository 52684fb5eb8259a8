"""Live objects for the tests of `fits`."""

from __future__ import annotations

from typing import Any


def quota(
    hard: dict[str, str], used: dict[str, str] | None = None, *, name: str = "team", **spec: Any
) -> dict[str, Any]:
    counted = {"hard": hard, "used": {**dict.fromkeys(hard, "0"), **(used or {})}}
    metadata = {"name": name, "namespace": "vision"}
    return {"kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard, **spec}, "status": counted}


def node(name: str, amounts: dict[str, str], **spec: Any) -> dict[str, Any]:
    status = {"allocatable": {"pods": "110", **amounts}}
    return {"kind": "Node", "metadata": {"name": name}, "spec": spec, "status": status}


def holding(name: str, where: str, amounts: dict[str, str], **spec: Any) -> dict[str, Any]:
    containers = [{"name": "main", "resources": {"requests": amounts}}]
    metadata = {"name": name, "namespace": "vision"}
    own = {"nodeName": where, "containers": containers, **spec}
    return {"kind": "Pod", "metadata": metadata, "spec": own, "status": {"phase": "Running"}}

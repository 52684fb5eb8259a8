"""Pods of the pod security tests, and the violations that they expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_ALLOWED_CONTAINER = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_ALLOWED_POD = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
HOST_PROCESS = {"hostProcess": True}
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io"


@dataclass(frozen=True, slots=True)
class Case:
    """A pod, and its violations at each level; those of restricted default to those of baseline."""

    name: str
    pod: Manifest
    baseline: str = ""
    restricted: str | None = None

    def violations(self, level: str) -> str:
        """The violations at that level; empty for an allowed pod."""
        return self.baseline if level == "baseline" or self.restricted is None else self.restricted


def container(name: str, security: Manifest | None = None, **fields: Any) -> Manifest:
    """A container that every level allows, with these changes; a setting of None is left out."""
    context = {key: value for key, value in {**_ALLOWED_CONTAINER, **(security or {})}.items() if value is not None}
    return {"name": name, "image": "busybox", "securityContext": context, **fields}


def pod(
    *containers: Manifest, security: Manifest | None = None, annotations: Manifest | None = None, **spec: Any
) -> Manifest:
    """A pod that every level allows, with these changes; a setting of None is left out."""
    context = {key: value for key, value in {**_ALLOWED_POD, **(security or {})}.items() if value is not None}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "trainer", "annotations": annotations or {}},
        "spec": {"containers": list(containers) or [container("main")], "securityContext": context, **spec},
    }


def bare(name: str = "trainer") -> Manifest:
    """A pod without security settings."""
    spec = {"containers": [{"name": "main", "image": "busybox"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def windows(*, pod_options: Manifest | None = None, options: Manifest | None = None) -> Manifest:
    """A pod for Windows, without settings for Linux; one with options is on the node's network."""
    main = {"name": "main", "image": "busybox", "securityContext": {"windowsOptions": options or {}}}
    security = {"seccompProfile": None, "windowsOptions": pod_options or {}}
    return pod(main, security=security, os={"name": "windows"}, hostNetwork=pod_options is not None)


def http(host: str) -> Manifest:
    """A probe or hook that sends a request to a host."""
    return {"httpGet": {"path": "/", "port": 80, "host": host}}

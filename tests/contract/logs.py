"""Pods with logs, on both engines: annotations hold what their containers write, since no container runs."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.rules.manifest import ObjectRef
from tests.controlplane.kubelet_logs import kubelet_with_logs
from tests.eventually import eventually

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.engines import Engine

CRASHED = {
    "ready": False,
    "started": False,
    "restartCount": 3,
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": None, "finishedAt": None}},
}
_AMOUNTS = {"cpu": "10m", "memory": "16Mi"}
_RESTRICTED = {
    "resources": {"requests": _AMOUNTS, "limits": _AMOUNTS},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}


def serving_logs(cluster: Cluster, engine: Engine, node: str) -> AbstractContextManager[None]:
    """Let a node's kubelet serve logs: the sandbox's does so, kwok does not."""
    is_sandbox = getattr(engine, "name", "") == "sandbox"
    return nullcontext() if is_sandbox else kubelet_with_logs(cluster, node)


@dataclass(frozen=True, slots=True)
class LoggingPods:
    """The pods of one namespace."""

    cluster: Cluster
    namespace: str

    def create(
        self, name: str, *, previous: str | None = None, containers: tuple[str, ...] = ("main",), **log: str
    ) -> None:
        """Create a pod whose containers write something, and wait until it runs.

        Args:
            name: of the pod.
            previous: what the first container wrote in its previous run.
            containers: their names.
            log: what each container writes, by its name.
        """
        annotations = {f"log.stand-in.tenantkit.dev/{container}": text for container, text in log.items()}
        if previous is not None:
            annotations[f"previous-log.stand-in.tenantkit.dev/{containers[0]}"] = previous
        eventually(lambda: self.cluster.get("ServiceAccount", "default", self.namespace))
        spec = {
            "containers": [{"name": each, "image": "i", **_RESTRICTED} for each in containers],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        }
        metadata = {"name": name, "namespace": self.namespace, "annotations": annotations}
        self.cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        eventually(lambda: self.get(name)["status"].get("phase") == "Running")

    def get(self, name: str) -> Manifest:
        return self.cluster.get("Pod", name, self.namespace)

    def write_status(self, name: str, container: int, **fields: Any) -> None:
        """Write a container's status as a kubelet does."""
        now = self.get(name)["metadata"]["creationTimestamp"]
        before = self.get(name)["status"]["containerStatuses"][container]
        if "lastState" in fields:
            ended = fields["lastState"]["terminated"] | {"startedAt": now, "finishedAt": now}
            fields["lastState"] = {"terminated": ended}
        path = f"/status/containerStatuses/{container}"
        change = {"op": "replace", "path": path, "value": {**before, **fields}}
        self.cluster.patch_json(ObjectRef("v1", "Pod", name, self.namespace), [change], subresource="status")

    def write(self, name: str, container: str, text: str) -> None:
        """Let a container write more: the whole text of its log."""
        path = f"/metadata/annotations/log.stand-in.tenantkit.dev~1{container}"
        change = {"op": "replace", "path": path, "value": text}
        self.cluster.patch_json(ObjectRef("v1", "Pod", name, self.namespace), [change])

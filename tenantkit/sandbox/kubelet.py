"""A stand-in for the kubelet of every node: nodes are ready, and pods on them run at once. No container is started.

A pod is running and ready as soon as it has a node. A Job's pod succeeds, unless an annotation keeps it running. A
status that somebody else writes to a running pod is kept, so that broken pods can be shown. On the real control plane
of the tests, kwok's default stages do the same.

Source: kwok 0.7, kustomize/stage; page "Pod Lifecycle".
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tenantkit.rules.manifest import controller_of
from tenantkit.sandbox.apimachinery.resources import NODES, find
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.auth.users import node_user
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

RUNS_ON_ANNOTATION = "tenantkit.dev/stand-in-runs"
_NAME = "kubelet"
_PODS = find("", "v1", "pods")
_CONDITIONS = {
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "NetworkUnavailable": ("False", "RouteCreated", "RouteController created a route"),
}
_VERSIONS = dict.fromkeys(
    ("containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "kubeletVersion"), "stand-in"
)
_HOST = "10.0.0.1"
_CAPACITY = {"cpu": "1k", "memory": "1Ti", "pods": "1M"}
_READY = ("Initialized", "Ready", "ContainersReady")
_A_BYTE = 256


class Kubelets:
    """Acts for all nodes; keys are `namespace/name` of pods, and `/name` of nodes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = count(1)

    def keys(self, event: Event) -> Iterator[str]:
        """Pods with a node, and new nodes with their pods."""
        metadata = event.manifest["metadata"]
        if event.type == "DELETED":
            return
        if event.resource is NODES and event.type == "ADDED":
            yield f"/{metadata['name']}"
            yield from (_key(pod) for pod in self._store.list(_PODS) if pod["spec"].get("nodeName") == metadata["name"])
        elif event.resource is _PODS and event.manifest["spec"].get("nodeName"):
            yield _key(event.manifest)

    def sync(self, key: str) -> None:
        """Take the next step of one pod's life, or make one node ready."""
        namespace, _, name = key.partition("/")
        live = self._store.get(_PODS if namespace else NODES, name, namespace)
        if live is None:
            return
        if not namespace:
            self._make_ready(live)
        elif self._store.get(NODES, live["spec"]["nodeName"]) is not None:
            self._advance(live)

    def _of(self, node: str) -> InProcessClient:
        """The client of one node's kubelet."""
        return InProcessClient(self._store, _NAME, manager=_NAME, user=node_user(node))

    def _advance(self, pod: Manifest) -> None:
        metadata, status = pod["metadata"], pod["status"]
        if metadata.get("deletionTimestamp"):
            self._of(pod["spec"]["nodeName"]).delete(_PODS, pod, grace_period_s=0)
        elif status.get("phase") in (None, "Pending") and not status.get("podIP"):
            self._of(pod["spec"]["nodeName"]).update(
                _PODS, pod, subresource="status", status={**status, **self._running(pod)}
            )
        elif status.get("phase") == "Running" and _ends_by_itself(pod):
            self._of(pod["spec"]["nodeName"]).update(
                _PODS, pod, subresource="status", status={**status, **self._succeeded(pod)}
            )

    def _running(self, pod: Manifest) -> Manifest:
        now, spec, number = timestamp(self._store.clock()), pod["spec"], next(self._numbers)
        address = _HOST if spec.get("hostNetwork") else f"10.244.{number // _A_BYTE % _A_BYTE}.{number % _A_BYTE}"
        gates = [gate["conditionType"] for gate in spec.get("readinessGates") or ()]
        started = {"state": {"running": {"startedAt": now}}, "ready": True, "started": True}
        done = {"state": {"terminated": _end(now)}, "ready": True, "started": False}
        first = [
            _status(each, started if each.get("restartPolicy") == "Always" else done)
            for each in spec.get("initContainers") or ()
        ]
        status = {
            "phase": "Running",
            "conditions": self._with(pod, dict.fromkeys((*_READY, *gates), "True")),
            "containerStatuses": [_status(each, started) for each in spec["containers"]],
            "hostIP": _HOST,
            "hostIPs": [{"ip": _HOST}],
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": now,
        }
        return status | ({"initContainerStatuses": first} if first else {})

    def _succeeded(self, pod: Manifest) -> Manifest:
        done = {"state": {"terminated": _end(timestamp(self._store.clock()))}, "ready": False, "started": False}
        return {
            "phase": "Succeeded",
            "conditions": self._with(pod, dict.fromkeys(_READY[1:], "False"), reason="PodCompleted"),
            "containerStatuses": [_status(each, done) for each in pod["spec"]["containers"]],
        }

    def _with(self, pod: Manifest, replaced: dict[str, str], **further: str) -> list[Manifest]:
        """The pod's conditions, with some replaced."""
        now = timestamp(self._store.clock())
        others = [item for item in pod["status"].get("conditions") or [] if item["type"] not in replaced]
        new = {"lastProbeTime": None, "lastTransitionTime": now, **further}
        return [*({"type": kind, "status": status, **new} for kind, status in replaced.items()), *others]

    def _make_ready(self, node: Manifest) -> None:
        status, now = node.get("status") or {}, timestamp(self._store.clock())
        if any(item["type"] == "Ready" for item in status.get("conditions") or ()):
            return
        times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
        conditions = [
            {"type": kind, "status": state, "reason": reason, "message": message, **times}
            for kind, (state, reason, message) in _CONDITIONS.items()
        ]
        name = node["metadata"]["name"]
        ready = {
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": _HOST}, {"type": "Hostname", "address": name}],
            "allocatable": status.get("allocatable") or _CAPACITY,
            "capacity": status.get("capacity") or _CAPACITY,
            "nodeInfo": {
                **(status.get("nodeInfo") or {}),
                **_VERSIONS,
                "architecture": "amd64",
                "operatingSystem": "linux",
            },
        }
        self._of(name).update(NODES, node, subresource="status", status={**status, **ready})


def _key(pod: Manifest) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _ends_by_itself(pod: Manifest) -> bool:
    runs_on = RUNS_ON_ANNOTATION in (pod["metadata"].get("annotations") or {})
    return (controller_of(pod) or {}).get("kind") == "Job" and not runs_on


def _status(container: Manifest, state: Manifest) -> Manifest:
    return {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, **state}


def _end(now: str) -> Manifest:
    return {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}

"""The scheduler: gives pods a node, or writes down, in the real one's words, why none takes them.

A new pod is looked at when it comes, all that wait when there may be room for one: the most important first. The rules
are `rules/node_fit.py` and `rules/pod_affinity.py`, which the product's own answers come from, too. Left out: making
room by evicting others, and whatever is only preferred; of the nodes that fit, the emptiest is taken, of these the
first by name. Turned down: chance among them, with which a notebook would print something else each time; looking at
all pods at each change, which made thousands of pods a matter of minutes.

Source: pages "Kubernetes Scheduler" and "Scheduling Framework"; pkg/scheduler, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.node_fit import node_state
from tenantkit.rules.pod_affinity import Surroundings, keeps_away, looks_around
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names, ephemeral_claim_names
from tenantkit.rules.quantities import parse_quantity
from tenantkit.rules.unschedulable import NO_NODES, held_back, judge, unschedulable
from tenantkit.sandbox.apimachinery.resources import CLAIMS, NAMESPACES, NODES, VOLUMES, find
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.client.event_recorder import EventRecorder
from tenantkit.sandbox.client.in_process import OwnRequests
from tenantkit.sandbox.endpoints.pod_subresources import bound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState
    from tenantkit.sandbox.storage.store import Event, Store

_NAME = "default-scheduler"
_MANAGER = "kube-scheduler"
_PODS, _CLASSES = find("", "v1", "pods"), find("storage.k8s.io", "v1", "storageclasses")
_ALL = ""
_GATED = "Scheduling is blocked due to non-empty scheduling gates"


class Scheduler:
    """Places pods; keys are `namespace/name`, and the empty one for all that wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = OwnRequests(store, _MANAGER, manager=_MANAGER)
        self._events = EventRecorder(store, _NAME, account=_MANAGER, manager=_MANAGER)
        self._waiting: dict[str, Manifest] = {}
        self._on_node: dict[str, dict[str, Manifest]] = {}
        self._states: dict[str, NodeState] = {}

    def keys(self, event: Event) -> Iterable[str]:
        """The pod itself where it is new; all that wait, where there may be room that was not there before."""
        if event.resource is _PODS:
            return self._seen(event)
        if event.resource is NODES:
            self._states.pop(event.manifest["metadata"]["name"], None)
            return [_ALL]
        return [_ALL] if event.resource in (CLAIMS, VOLUMES, _CLASSES) else []

    def sync(self, key: str) -> None:
        """Place one pod, or all that wait."""
        waiting = [self._waiting[key]] if key in self._waiting else []
        if key == _ALL:
            waiting = sorted(self._waiting.values(), key=lambda pod: -int(pod["spec"].get("priority") or 0))
        for pod in waiting:
            self._place(pod)

    def _seen(self, event: Event) -> list[str]:
        """Keep who waits and who is where."""
        pod, before, metadata = event.manifest, event.previous, event.manifest["metadata"]
        key, node = f"{metadata['namespace']}/{metadata['name']}", pod["spec"].get("nodeName")
        is_there = event.type != "DELETED" and pod["status"].get("phase") not in ENDED
        waited = self._waiting.pop(key, None)
        if not node:
            if is_there and not metadata.get("deletionTimestamp") and pod["spec"].get("schedulerName", _NAME) == _NAME:
                self._waiting[key] = pod
                return [key] if waited is None or before is None or before["spec"] != pod["spec"] else []
            return []
        others = self._on_node.setdefault(node, {})
        was_there = others.pop(key, None)
        if is_there:
            others[key] = pod
            if was_there is None and node in self._states:
                self._states[node] = self._states[node].with_pod(pod["spec"])
            is_news = was_there is None or was_there["metadata"].get("labels") != metadata.get("labels")
            return [_ALL] if is_news and any(map(looks_around, self._waiting.values())) else []
        self._states.pop(node, None)
        return [_ALL] if self._waiting else []

    def _place(self, pod: Manifest) -> None:
        nodes = self._store.list(NODES)
        if pod["spec"].get("schedulingGates"):
            self._tell(pod, "SchedulingGated", _GATED)
        elif not nodes:
            self._fail(pod, NO_NODES)
        elif missing := self._missing_volume(pod):
            self._fail(pod, held_back(len(nodes), missing))
        else:
            judged = judge(pod, map(self._state, nodes), self._around(pod, nodes))
            fitting = [state for state, reasons in judged if not reasons]
            if fitting:
                self._bind(pod, max(fitting, key=lambda state: _emptiness(pod, state)))
            else:
                self._fail(pod, unschedulable(pod["spec"], judged))

    def _state(self, node: Manifest) -> NodeState:
        name = node["metadata"]["name"]
        if name not in self._states:
            self._states[name] = node_state(node, self._on_node.get(name, {}).values())
        return self._states[name]

    def _around(self, pod: Manifest, nodes: list[Manifest]) -> Surroundings:
        looks = looks_around(pod)
        placed = [
            (other, node)
            for node in nodes
            for other in self._on_node.get(node["metadata"]["name"], {}).values()
            if looks or keeps_away(other)
        ]
        return Surroundings(pod, nodes, placed, self._labels_of)

    def _missing_volume(self, pod: Manifest) -> str:
        """Why a claim of the pod keeps it from every node."""
        for name in claim_names(pod):
            claim = self._store.get(CLAIMS, name, pod["metadata"]["namespace"])
            if claim is None and name in ephemeral_claim_names(pod):
                continue  # the sandbox has no controller that creates it
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if claim["metadata"].get("deletionTimestamp"):
                return f'persistentvolumeclaim "{name}" is being deleted'
            found = self._store.get(_CLASSES, claim["spec"].get("storageClassName") or "")
            waits = found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"
            if (claim.get("status") or {}).get("phase") != "Bound" and not waits:
                return "pod has unbound immediate PersistentVolumeClaims"
        return ""

    def _labels_of(self, namespace: str) -> Manifest:
        found = self._store.get(NAMESPACES, namespace)
        return ((found or {}).get("metadata") or {}).get("labels") or {}

    def _bind(self, pod: Manifest, state: NodeState) -> None:
        node, metadata = state.node["metadata"]["name"], pod["metadata"]
        made = self._store.put(_PODS, bound(pod, node, timestamp(self._store.clock())))
        message = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {node}"
        self._events.record(made, "Scheduled", message, action="Binding")

    def _fail(self, pod: Manifest, message: str) -> None:
        if self._tell(pod, "Unschedulable", message):
            self._events.record(pod, "FailedScheduling", message, kind="Warning", action="Scheduling")

    def _tell(self, pod: Manifest, reason: str, message: str) -> bool:
        """Write the condition; whether it says something new."""
        status = pod["status"]
        conditions = status.get("conditions") or []
        before = next((item for item in conditions if item["type"] == "PodScheduled"), None)
        if before is not None and (before.get("reason"), before.get("message")) == (reason, message):
            return False
        now = timestamp(self._store.clock())
        since = before["lastTransitionTime"] if before is not None and before["status"] == "False" else now
        told = {"type": "PodScheduled", "status": "False", "lastProbeTime": None, "lastTransitionTime": since}
        others = [item for item in conditions if item["type"] != "PodScheduled"]
        told |= {"reason": reason, "message": message}
        if reason != "SchedulingGated":
            told["observedGeneration"] = pod["metadata"].get("generation", 1)
        self._requests.update(_PODS, pod, subresource="status", status={**status, "conditions": [*others, told]})
        return True


def _emptiness(pod: Manifest, state: NodeState) -> float:
    """How much of cores and memory stays free on the node with the pod on it, from 0 to 1."""
    allocatable = (state.node.get("status") or {}).get("allocatable") or {}
    left = state.with_pod(pod["spec"]).free
    shares = [
        float(left[name] / total) for name in ("cpu", "memory") if (total := parse_quantity(allocatable.get(name, 0)))
    ]
    return sum(shares) / len(shares) if shares else 0.0

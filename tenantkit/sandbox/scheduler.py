"""The scheduler: assigns pods to nodes, or reports in the real scheduler's words why no node fits.

A new pod is tried once, and all pending pods are tried when there may be room, the highest priority first. The rules
are `rules/node_fit.py` and `rules/pod_affinity.py`, which tenantkit's own findings use too. Of the nodes that fit, the
emptiest is chosen, then the first by name. Left out: preemption and preferences. Rejected alternatives: a random choice
among equal nodes, after which a notebook prints something else each time; trying all pods at each change, which took
minutes for thousands of pods.

Source: pages "Kubernetes Scheduler" and "Scheduling Framework"; pkg/scheduler, 1.37.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tenantkit.rules.node_fit import node_state
from tenantkit.rules.pod_affinity import Surroundings, has_anti_affinity, has_pod_constraints
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names, ephemeral_claim_names
from tenantkit.rules.quantities import parse_quantity
from tenantkit.rules.unschedulable import NO_NODES, filter_nodes, prefilter_message, unschedulable_message
from tenantkit.sandbox.apimachinery.resources import CLAIMS, NAMESPACES, NODES, VOLUMES, find
from tenantkit.sandbox.apimachinery.time import AT_ONCE, timestamp
from tenantkit.sandbox.auth.users import component_user
from tenantkit.sandbox.client.event_recorder import EventRecorder
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState
    from tenantkit.sandbox.storage.store import Event, Store

_NAME = "default-scheduler"
_MANAGER = "kube-scheduler"
_PODS, _CLASSES = find("", "v1", "pods"), find("storage.k8s.io", "v1", "storageclasses")
_ALL = ""
_MOST_PLACED = 16  # in one sync, so that requests do not wait for thousands of pods
_GATED = "Scheduling is blocked due to non-empty scheduling gates"


class Scheduler:
    """Assigns pods to nodes; keys are `namespace/name`, or empty for all pending pods."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, _MANAGER, manager=_MANAGER, user=component_user(f"system:{_MANAGER}"))
        self._events = EventRecorder(store, _NAME, account=_MANAGER, manager=_MANAGER)
        self._pending: dict[str, Manifest] = {}
        self._round: deque[str] = deque()  # the pods to try after a change of the nodes
        self._has_new_room = False  # since that round began
        self._on_node: dict[str, dict[str, Manifest]] = {}
        self._states: dict[str, NodeState] = {}

    def keys(self, event: Event) -> Iterable[str]:
        """The pod itself if it is new; all pending pods if there may be new room."""
        found = self._keys(event)
        self._has_new_room = self._has_new_room or _ALL in found
        return found

    def _keys(self, event: Event) -> list[str]:
        if event.resource is _PODS:
            return self._seen(event)
        if event.resource is NODES:
            self._states.pop(event.manifest["metadata"]["name"], None)
            return [_ALL]
        return [_ALL] if event.resource in (CLAIMS, VOLUMES, _CLASSES) else []

    def sync(self, key: str) -> datetime | None:
        """Try one pod, or some of all pending ones."""
        if key != _ALL:
            self._try([key])
            return None
        if not self._round:
            by_priority = sorted(self._pending.items(), key=lambda item: -int(item[1]["spec"].get("priority") or 0))
            self._round.extend(name for name, _ in by_priority)
            self._has_new_room = False
        self._try([self._round.popleft() for _ in range(min(_MOST_PLACED, len(self._round)))])
        return AT_ONCE if self._round or self._has_new_room else None

    def _try(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self._pending:
                self._place(self._pending[key])

    def _seen(self, event: Event) -> list[str]:
        """Record which pods are pending, and which are on each node."""
        pod, before, metadata = event.manifest, event.previous, event.manifest["metadata"]
        key, node = f"{metadata['namespace']}/{metadata['name']}", pod["spec"].get("nodeName")
        exists = event.type != "DELETED" and pod["status"].get("phase") not in ENDED
        pending = self._pending.pop(key, None)
        if not node:
            if exists and not metadata.get("deletionTimestamp") and pod["spec"].get("schedulerName", _NAME) == _NAME:
                self._pending[key] = pod
                return [key] if pending is None or before is None or before["spec"] != pod["spec"] else []
            return []
        others = self._on_node.setdefault(node, {})
        previous = others.pop(key, None)
        if exists:
            others[key] = pod
            if previous is None and node in self._states:
                self._states[node] = self._states[node].with_pod(pod["spec"])
            is_new = previous is None or previous["metadata"].get("labels") != metadata.get("labels")
            return [_ALL] if is_new and any(map(has_pod_constraints, self._pending.values())) else []
        self._states.pop(node, None)
        return [_ALL] if self._pending else []

    def _place(self, pod: Manifest) -> None:
        nodes = self._store.list(NODES)
        if pod["spec"].get("schedulingGates"):
            self._write_condition(pod, "SchedulingGated", _GATED)
        elif not nodes:
            self._fail(pod, NO_NODES)
        elif missing := self._missing_volume(pod):
            self._fail(pod, prefilter_message(len(nodes), missing))
        else:
            judged = filter_nodes(pod, map(self._state, nodes), self._around(pod, nodes))
            fitting = [state for state, reasons in judged if not reasons]
            if fitting:
                self._bind(pod, max(fitting, key=lambda state: _emptiness(pod, state)))
            else:
                self._fail(pod, unschedulable_message(pod["spec"], judged))

    def _state(self, node: Manifest) -> NodeState:
        name = node["metadata"]["name"]
        if name not in self._states:
            self._states[name] = node_state(node, self._on_node.get(name, {}).values())
        return self._states[name]

    def _around(self, pod: Manifest, nodes: list[Manifest]) -> Surroundings:
        has_terms = has_pod_constraints(pod)
        placed = [
            (other, node)
            for node in nodes
            for other in self._on_node.get(node["metadata"]["name"], {}).values()
            if has_terms or has_anti_affinity(other)
        ]
        return Surroundings(pod, nodes, placed, self._labels_of)

    def _missing_volume(self, pod: Manifest) -> str:
        """Why a claim of the pod keeps it from every node; empty if none does."""
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
        scheduled = self._client.bind(pod, node)
        message = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {node}"
        self._events.record(scheduled, "Scheduled", message, action="Binding")

    def _fail(self, pod: Manifest, message: str) -> None:
        if self._write_condition(pod, "Unschedulable", message):
            self._events.record(pod, "FailedScheduling", message, kind="Warning", action="Scheduling")

    def _write_condition(self, pod: Manifest, reason: str, message: str) -> bool:
        """Write the condition PodScheduled; returns whether it changes."""
        status = pod["status"]
        conditions = status.get("conditions") or []
        before = next((item for item in conditions if item["type"] == "PodScheduled"), None)
        if before is not None and (before.get("reason"), before.get("message")) == (reason, message):
            return False
        now = timestamp(self._store.clock())
        since = before["lastTransitionTime"] if before is not None and before["status"] == "False" else now
        condition = {"type": "PodScheduled", "status": "False", "lastProbeTime": None, "lastTransitionTime": since}
        others = [item for item in conditions if item["type"] != "PodScheduled"]
        condition |= {"reason": reason, "message": message}
        if reason != "SchedulingGated":
            condition["observedGeneration"] = pod["metadata"].get("generation", 1)
        self._client.update(_PODS, pod, subresource="status", status={**status, "conditions": [*others, condition]})
        return True


def _emptiness(pod: Manifest, state: NodeState) -> float:
    """The mean share of cores and memory that stays free on the node with the pod, from 0 to 1."""
    allocatable = (state.node.get("status") or {}).get("allocatable") or {}
    left = state.with_pod(pod["spec"]).free
    shares = [
        float(left[name] / total) for name in ("cpu", "memory") if (total := parse_quantity(allocatable.get(name, 0)))
    ]
    return sum(shares) / len(shares) if shares else 0.0

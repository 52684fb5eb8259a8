"""The scheduler: gives pods a node, or writes down, in the real one's words, why none takes them.

It looks at all that wait, the most important first, whenever a pod, a node or a claim has changed. Left out: making
room by evicting others, and whatever is only preferred; of the nodes that fit, the emptiest is taken. Where there is
no node, nobody looks: on a control plane without nodes no scheduler runs.

Source: pages "Kubernetes Scheduler" and "Scheduling Framework"; pkg/scheduler, 1.37.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tenantkit.rules.node_fit import misfit, node_state
from tenantkit.rules.pod_affinity import NOT_NEAR, around_misfit
from tenantkit.rules.pod_requests import pod_requests
from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.admission import CLAIMS, NAMESPACES, NODES, VOLUMES
from tenantkit.sandbox.event_recorder import EventRecorder
from tenantkit.sandbox.own_requests import OwnRequests
from tenantkit.sandbox.own_writes import timestamp
from tenantkit.sandbox.pod_subresources import bound
from tenantkit.sandbox.resources import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState
    from tenantkit.sandbox.store import Event, Store

_NAME = "default-scheduler"
_MANAGER = "kube-scheduler"
_PODS, _CLASSES = find("", "v1", "pods"), find("storage.k8s.io", "v1", "storageclasses")
_ENDED = frozenset({"Succeeded", "Failed"})
_NO_HELP = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"
# Whom these rule out, no eviction of others lets in.
_FINAL = frozenset(
    {
        "node(s) didn't match the requested node name",
        "node(s) were unschedulable",
        "node(s) had untolerated taint(s)",
        "node(s) didn't match Pod's node affinity/selector",
        NOT_NEAR,
    }
)


class Scheduler:
    """Places pods; it has one key, all that wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = OwnRequests(store, _MANAGER, manager=_MANAGER)
        self._events = EventRecorder(store, _NAME, account=_MANAGER, manager=_MANAGER)

    def keys(self, event: Event) -> Iterator[str]:
        """Whatever may let a pod in: a new one, room that is given back, a node or a claim that has changed."""
        if event.resource is _PODS:
            before, after = event.previous, event.manifest
            if before is None or event.type == "DELETED" or _standing(before) != _standing(after):
                yield ""
        elif event.resource in (NODES, CLAIMS, VOLUMES, _CLASSES):
            yield ""

    def sync(self, _key: str) -> None:
        """Look at all pods that wait."""
        nodes = self._store.list(NODES)
        if not nodes:
            return
        pods = self._store.list(_PODS)
        on_node: dict[str, list[Manifest]] = defaultdict(list)
        for pod in pods:
            if pod["spec"].get("nodeName") and pod["status"].get("phase") not in _ENDED:
                on_node[pod["spec"]["nodeName"]].append(pod)
        states = {node["metadata"]["name"]: node_state(node, on_node[node["metadata"]["name"]]) for node in nodes}
        placed = [(pod, states[name].node) for name, found in on_node.items() if name in states for pod in found]
        for pod in sorted(filter(_waits, pods), key=_rank):
            name = self._place(pod, states, placed)
            if name is not None:
                states[name] = states[name].with_pod(pod["spec"])
                placed.append((pod, states[name].node))

    def _place(
        self, pod: Manifest, states: dict[str, NodeState], placed: list[tuple[Manifest, Manifest]]
    ) -> str | None:
        """The node that the pod got; None where none takes it, which is written down."""
        if pod["spec"].get("schedulingGates"):
            message = "Scheduling is blocked due to non-empty scheduling gates"
            self._tell(pod, "SchedulingGated", message)
            return None
        lead = f"0/{len(states)} nodes are available:"
        if (missing := self._missing_volume(pod)) is not None:
            self._fail(pod, f"{lead} {missing}. not found")
            return None
        nodes, reasons, helpless = [state.node for state in states.values()], Counter[str](), 0
        fitting: list[str] = []
        for name, state in states.items():
            found = misfit(pod["spec"], state)
            found = found or [*filter(None, [around_misfit(pod, state.node, nodes, placed, self._labels_of)])]
            reasons.update(found)
            helpless += bool(found) and (not _FINAL.isdisjoint(found) or _is_too_small(pod, state, found))
            if not found:
                fitting.append(name)
        if fitting:
            name = max(fitting, key=lambda each: (_emptiness(pod, states[each]), each))
            self._bind(pod, name)
            return name
        counts = {_NO_HELP: helpless, _NO_VICTIMS: len(states) - helpless}
        self._fail(pod, f"{lead} {_listed(reasons)}. preemption: {lead} {_listed(counts)}.")
        return None

    def _missing_volume(self, pod: Manifest) -> str | None:
        """Why a claim of the pod keeps it from every node."""
        for volume in pod["spec"].get("volumes") or ():
            name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            if not name:
                continue
            claim = self._store.get(CLAIMS, name, pod["metadata"]["namespace"])
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if claim["metadata"].get("deletionTimestamp"):
                return f'persistentvolumeclaim "{name}" is being deleted'
            found = self._store.get(_CLASSES, claim["spec"].get("storageClassName") or "")
            waits = found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"
            if (claim.get("status") or {}).get("phase") != "Bound" and not waits:
                return "pod has unbound immediate PersistentVolumeClaims"
        return None

    def _labels_of(self, namespace: str) -> Manifest:
        found = self._store.get(NAMESPACES, namespace)
        return ((found or {}).get("metadata") or {}).get("labels") or {}

    def _bind(self, pod: Manifest, node: str) -> None:
        made = self._store.put(_PODS, bound(pod, node, timestamp(self._store.clock())))
        metadata = pod["metadata"]
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
        self._requests.update(_PODS, pod, subresource="status", status={**status, "conditions": [*others, told]})
        return True


def _standing(pod: Manifest) -> tuple[object, ...]:
    """What of a pod matters to where pods may go."""
    ended = (pod.get("status") or {}).get("phase") in _ENDED
    return pod["spec"], pod["metadata"].get("labels"), ended, bool(pod["metadata"].get("deletionTimestamp"))


def _waits(pod: Manifest) -> bool:
    spec = pod["spec"]
    is_ours = (spec.get("schedulerName") or _NAME) == _NAME and not pod["metadata"].get("deletionTimestamp")
    return is_ours and not spec.get("nodeName") and pod["status"].get("phase") not in _ENDED


def _rank(pod: Manifest) -> tuple[int, str, str]:
    metadata = pod["metadata"]
    return -int(pod["spec"].get("priority") or 0), metadata["creationTimestamp"], metadata["name"]


def _is_too_small(pod: Manifest, state: NodeState, reasons: list[str]) -> bool:
    """Whether the node would lack something even if it were empty."""
    allocatable = (state.node.get("status") or {}).get("allocatable") or {}
    requests = pod_requests(pod["spec"])
    names = [reason.removeprefix("Insufficient ") for reason in reasons if reason.startswith("Insufficient ")]
    return any(requests[name] > parse_quantity(allocatable.get(name, 0)) for name in names)


def _emptiness(pod: Manifest, state: NodeState) -> float:
    """How much of cores and memory stays free on the node with the pod on it, from 0 to 1."""
    allocatable = (state.node.get("status") or {}).get("allocatable") or {}
    left = state.with_pod(pod["spec"]).free
    shares = [
        float(left[name] / total) for name in ("cpu", "memory") if (total := parse_quantity(allocatable.get(name, 0)))
    ]
    return sum(shares) / len(shares) if shares else 0.0


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items() if count))

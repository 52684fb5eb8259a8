"""How many pods of one spec the nodes hold: whole pods on single nodes, never sums over nodes.

Pods of one spec do not get into each other's way but by room, so each node is counted for itself and the counts add up
exactly. What the scheduler looks at beyond one node (other pods, volumes), and what may change before it looks (pods
that wait, too, or that a higher priority would push out), makes the answer a maybe, and is named.
Source: page "Pod Priority and Preemption"; see `tenantkit.rules.node_fit`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.findings.snapshot import label
from tenantkit.rules.manifest import controller_of
from tenantkit.rules.node_fit import copies_that_fit, looks_beyond, misfit, node_state
from tenantkit.rules.pod_affinity import NOT_WANTED
from tenantkit.rules.pod_requests import pod_requests
from tenantkit.rules.selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_DEFAULT_SCHEDULER = "default-scheduler"


@dataclass(frozen=True, slots=True)
class NodeRoom:
    """What the nodes leave for such pods.

    Args:
        pods: how many would fit by room and by what single nodes say.
        reasons: how many nodes each reason rules out, in the scheduler's words.
        nodes: how many nodes there are.
        could_be_fewer: why fewer might be placed; empty where that can't be.
        could_be_more: why more might be placed; empty where that can't be.
        to_free: what would make room for one more; empty where nothing on one node would.
    """

    pods: int
    reasons: dict[str, int]
    nodes: int
    could_be_fewer: tuple[str, ...] = ()
    could_be_more: tuple[str, ...] = ()
    to_free: str = ""

    @property
    def reason(self) -> str:
        """The reasons in one line: `2 of 3 nodes: Insufficient cpu`."""
        if not self.nodes:
            return "the cluster has no node"
        counted = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        return "; ".join(f"{count} of {self.nodes} nodes: {reason}" for reason, count in counted)


def node_room(pod: Manifest, nodes: Sequence[Manifest], pods: Iterable[Manifest]) -> NodeRoom:
    """How many such pods the nodes hold.

    Args:
        pod: as the server would store it; its priority counts.
        nodes: all nodes.
        pods: all pods that have not ended, in all namespaces, with a node or without.
    """
    on_node: dict[str, list[Manifest]] = defaultdict(list)
    waiting: list[Manifest] = []
    for other in pods:
        name = (other.get("spec") or {}).get("nodeName") or (other.get("status") or {}).get("nominatedNodeName")
        if name:
            on_node[name].append(other)
        else:
            waiting.append(other)
    states = [node_state(node, on_node[node["metadata"]["name"]]) for node in nodes]
    spec, distance = pod["spec"], _distance(pod, states, on_node)
    open_to_it = [state for state in states if not distance.rules_out(state.node)]
    reasons = Counter(reason for state in states for reason in misfit(spec, state))
    kept_away = sum(not misfit(spec, state) for state in states if distance.rules_out(state.node))
    reasons.update({NOT_WANTED: kept_away} if kept_away else {})
    return NodeRoom(
        pods=sum(copies_that_fit(spec, state) for state in open_to_it),
        reasons=dict(reasons),
        nodes=len(states),
        could_be_fewer=tuple(_fewer(spec, states, distance, waiting)),
        could_be_more=tuple(_more(spec, states, on_node)),
        to_free=_to_free(spec, open_to_it, on_node),
    )


def _fewer(
    spec: Manifest, states: Sequence[NodeState], distance: _Distance, waiting: Sequence[Manifest]
) -> Iterator[str]:
    if (spec.get("schedulerName") or _DEFAULT_SCHEDULER) != _DEFAULT_SCHEDULER:
        yield f"another scheduler, {spec['schedulerName']}, decides"
    if spec.get("schedulingGates"):
        yield "it has scheduling gates"
    if beyond := looks_beyond(spec):
        yield f"the scheduler also looks at {', '.join(beyond)}"
    if not distance.is_whole:
        yield "pods that are there may not want such a pod beside them"
    rivals = sorted(
        f"{other['metadata'].get('namespace')}/{other['metadata']['name']}"
        for other in waiting
        if _is_rival(other, spec, states)
    )
    if rivals:
        yield f"pods that wait for a node, too, may be first: {', '.join(rivals[:3])}"


def _is_rival(other: Manifest, spec: Manifest, states: Sequence[NodeState]) -> bool:
    """Whether a pod that waits could take room before ours; one that fits nowhere can't."""
    own = other.get("spec") or {}
    if own.get("schedulingGates") or other["metadata"].get("deletionTimestamp"):
        return False
    return _priority(own) >= _priority(spec) and any(not misfit(own, state) for state in states)


@dataclass(frozen=True, slots=True)
class _Distance:
    """Where pods that are there want no such pod beside them.

    Args:
        places: label and value of the nodes that are ruled out by it.
        is_whole: whether that is all; a namespace that is selected by its labels is not looked up.
    """

    places: frozenset[tuple[str, str]]
    is_whole: bool

    def rules_out(self, node: Manifest) -> bool:
        """Whether the node is in one of the places."""
        labels = node["metadata"].get("labels") or {}
        return any(labels.get(key) == value for key, value in self.places)


def _distance(pod: Manifest, states: Sequence[NodeState], on_node: Mapping[str, Sequence[Manifest]]) -> _Distance:
    """What the required anti-affinity of pods that are there says of such a pod."""
    places: set[tuple[str, str]] = set()
    is_whole = True
    own_labels, namespace = pod["metadata"].get("labels") or {}, pod["metadata"]["namespace"]
    for state in states:
        labels = state.node["metadata"].get("labels") or {}
        for other in on_node[state.node["metadata"]["name"]]:
            for term in _terms(other):
                if not label_selector_of(term.get("labelSelector")).matches(own_labels):
                    continue
                named, selected = term.get("namespaces") or [], term.get("namespaceSelector")
                is_own = not named and selected is None and other["metadata"].get("namespace") == namespace
                if is_own or namespace in named or selected == {}:
                    key = term.get("topologyKey") or ""
                    places.update({(key, labels[key])} if key in labels else ())
                elif selected is not None:
                    is_whole = False
    return _Distance(frozenset(places), is_whole)


def _terms(pod: Manifest) -> Sequence[Manifest]:
    rules = ((pod.get("spec") or {}).get("affinity") or {}).get("podAntiAffinity") or {}
    return rules.get(_REQUIRED) or ()


def _more(spec: Manifest, states: Sequence[NodeState], on_node: Mapping[str, Sequence[Manifest]]) -> Iterator[str]:
    """Whether pods of lower priority may have to go: only where the pod would fit without them."""
    if spec.get("preemptionPolicy") == "Never":
        return
    for state in states:
        pods = on_node[state.node["metadata"]["name"]]
        staying = [other for other in pods if _priority(other.get("spec") or {}) >= _priority(spec)]
        if len(staying) < len(pods) and not misfit(spec, node_state(state.node, staying)):
            yield "its priority is higher than that of pods that are there, which it may push out"
            return


def _priority(spec: Manifest) -> int:
    return int(spec.get("priority") or 0)


def _to_free(spec: Manifest, states: Sequence[NodeState], on_node: dict[str, list[Manifest]]) -> str:
    """What to free on the node that lacks least, and who holds it there."""
    requests = pod_requests(spec)
    best: tuple[float, str, dict[str, str]] | None = None
    for state in states:
        reasons = misfit(spec, state)
        if not reasons or not all(reason.startswith("Insufficient ") for reason in reasons):
            continue
        short: dict[str, str] = {}
        share = 0.0
        for name in (reason.removeprefix("Insufficient ") for reason in reasons):
            lacking = requests[name] - state.free.get(name, 0)
            held = sum(pod_requests(pod["spec"]).get(name, 0) for pod in on_node[state.node["metadata"]["name"]])
            if held < lacking:
                break  # not even an empty node would do
            share += float(lacking / requests[name])
            short[name] = f"{float(lacking):g}"
        else:
            found = (share, str(state.node["metadata"]["name"]), short)
            best = min(best, found) if best is not None else found
    if best is None:
        return ""
    _, node, short = best
    parts = [f"{amount} {name} (held by {_holders(on_node[node], name)})" for name, amount in short.items()]
    return f"on Node/{node} free {', '.join(parts)}"


def _holders(pods: Iterable[Manifest], resource: str) -> str:
    held: Counter[str] = Counter()
    for pod in pods:
        amount = pod_requests(pod["spec"], status=pod.get("status")).get(resource)
        if amount:
            owner = controller_of(pod)
            name = f"{owner['kind']}/{owner['name']}" if owner else label({"kind": "Pod", **pod})
            held[f"{name} in {pod['metadata'].get('namespace')}"] += float(amount)  # type: ignore[assignment]
    return ", ".join(f"{name}: {amount:g}" for name, amount in held.most_common(3))

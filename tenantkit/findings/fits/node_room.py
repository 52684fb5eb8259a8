"""How many pods of one spec the nodes hold: whole pods on single nodes, never sums over nodes.

Pods of one spec only compete for resources, so each node is counted on its own and the counts add up; with required
anti-affinity, each topology domain takes one. Where pods of one spec depend on each other in another way, only the
first is certain. That, volumes, and changes before the scheduler runs (other pods that wait, or pods of lower priority
that it would preempt) make the answer a maybe, with the reason.
Source: page "Pod Priority and Preemption"; see `tenantkit.rules.node_fit`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from tenantkit.findings.causes.cordons import beyond_cordons
from tenantkit.findings.causes.scheduler_reasons import read_reason
from tenantkit.frames.quota import quantity_text
from tenantkit.rules.node_fit import copies_that_fit, misfit, multinode_fields, node_state
from tenantkit.rules.pod_affinity import NOT_FAR, NOT_NEAR, NOT_SPREAD, Surroundings, has_pod_constraints
from tenantkit.rules.pod_requests import pod_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState

_ABOUT_PODS = frozenset({"podAffinity", "podAntiAffinity", "topologySpreadConstraints"})
_MAY_OPEN = frozenset({NOT_NEAR, NOT_SPREAD})  # may be met once others are placed; anti-affinity stays as it is
_DEFAULT_SCHEDULER = "default-scheduler"


@dataclass(frozen=True, slots=True)
class NodeRoom:
    """How many such pods the nodes hold.

    Args:
        pods: how many would fit with the pods that exist now.
        reasons: how many nodes each reason rules out, by the scheduler's text.
        nodes: the number of nodes.
        to_change: as the reasons, but for cordoned nodes what else rules them out, if something does on all of them.
        could_be_fewer: why fewer might be placed; empty if they cannot.
        could_be_more: why more might be placed; empty if they cannot.
        after_first: why the second may be placed in another way than the first; empty if it is not.
        to_free: what to free on one node for one more pod; empty if that is not enough on any node.
    """

    pods: int
    reasons: dict[str, int]
    nodes: int
    to_change: dict[str, int] = field(default_factory=dict)
    could_be_fewer: tuple[str, ...] = ()
    could_be_more: tuple[str, ...] = ()
    after_first: str = ""
    to_free: str = ""

    @property
    def reason(self) -> str:
        """The reasons in one line: `2 of 3 nodes: Insufficient cpu`."""
        if not self.nodes:
            return "the cluster has no node"
        counted = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        return "; ".join(f"{count} of {self.nodes} nodes: {reason}" for reason, count in counted)


def node_room(
    pod: Manifest,
    nodes: Sequence[Manifest],
    pods: Iterable[Manifest],
    labels_of: Callable[[str], Manifest | None] = lambda _: None,
    *,
    workload_of: Callable[[Manifest], str],
) -> NodeRoom:
    """How many such pods the nodes hold.

    Args:
        pod: as the server would store it; its priority counts.
        nodes: all nodes.
        pods: all unfinished pods, in all namespaces, with a node or without.
        labels_of: a namespace's labels by its name; None where unknown. Default: always unknown.
        workload_of: a pod's root workload, as `Kind/name`.
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
    spec, unknown = pod["spec"], list[str]()

    def known_labels(namespace: str) -> Manifest:
        found = labels_of(namespace)
        unknown.extend([] if found is not None else [namespace])
        return found or {}

    placed = [(other, state.node) for state in states for other in on_node[state.node["metadata"]["name"]]]
    around = Surroundings(pod, nodes, placed, known_labels)
    ruled_out = {id(state): reason for state in states if (reason := around.misfit(state.node))}
    open_states = [state for state in states if id(state) not in ruled_out]
    reasons = Counter(reason for state in states for reason in misfit(spec, state) or [ruled_out.get(id(state), "")])
    del reasons[""]
    copies = [(state, count) for state in open_states if (count := copies_that_fit(spec, state))]
    if around.apart_by is not None and copies:
        reasons[NOT_FAR] += len(copies)  # for one more
    rivals = _rivals(spec, states, waiting)
    unsure = tuple(_around(pod, unknown, rivals))
    after_first = _after_first(spec) if around.counts_itself and copies else ""
    may_open = (*filter(None, [after_first]), *unsure) if _MAY_OPEN & {*ruled_out.values()} else ()
    return NodeRoom(
        pods=_placeable(copies, around.apart_by),
        reasons=dict(reasons),
        to_change=beyond_cordons(reasons, spec, states),
        nodes=len(states),
        could_be_fewer=tuple(dict.fromkeys((*_fewer(spec, rivals), *unsure))),
        could_be_more=(*_more(spec, states, on_node), *may_open),
        after_first=after_first,
        to_free=_to_free(spec, open_states, on_node, workload_of),
    )


def _placeable(copies: Sequence[tuple[NodeState, int]], apart_by: str | None) -> int:
    """How many can be placed: with anti-affinity one per topology domain, and any number on nodes without the label."""
    if apart_by is None:
        return sum(count for _, count in copies)
    places = [((state.node["metadata"].get("labels") or {}).get(apart_by), count) for state, count in copies]
    return sum(count for place, count in places if place is None) + len({place for place, _ in places} - {None})


def _after_first(spec: Manifest) -> str:
    """What changes once one of them is placed."""
    return (
        f"the scheduler also considers {', '.join(field for field in multinode_fields(spec) if field in _ABOUT_PODS)}"
    )


def _around(pod: Manifest, unknown: Sequence[str], rivals: str) -> Iterator[str]:
    """What is unknown about other pods."""
    if unknown:
        names = ", ".join(sorted(set(unknown))[:3])
        yield f"its affinity selects namespaces by labels, and the labels of {names} could not be read"
    if has_pod_constraints(pod) and rivals:
        yield rivals


def _fewer(spec: Manifest, rivals: str) -> Iterator[str]:
    if (spec.get("schedulerName") or _DEFAULT_SCHEDULER) != _DEFAULT_SCHEDULER:
        yield f"another scheduler, {spec['schedulerName']}, places it"
    if spec.get("schedulingGates"):
        yield "it has scheduling gates"
    if beyond := [field for field in multinode_fields(spec) if field not in _ABOUT_PODS]:
        yield f"the scheduler also considers {', '.join(beyond)}"
    if rivals:
        yield rivals


def _rivals(spec: Manifest, states: Sequence[NodeState], waiting: Sequence[Manifest]) -> str:
    found = sorted(
        f"{other['metadata'].get('namespace')}/{other['metadata']['name']}"
        for other in waiting
        if _is_rival(other, spec, states)
    )
    return f"other pods that wait for a node may be placed first: {', '.join(found[:3])}" if found else ""


def _is_rival(other: Manifest, spec: Manifest, states: Sequence[NodeState]) -> bool:
    """Whether a waiting pod could be placed before ours; one that fits nowhere cannot."""
    its_spec = other.get("spec") or {}
    if its_spec.get("schedulingGates") or other["metadata"].get("deletionTimestamp"):
        return False
    return _priority(its_spec) >= _priority(spec) and any(not misfit(its_spec, state) for state in states)


def _more(spec: Manifest, states: Sequence[NodeState], on_node: Mapping[str, Sequence[Manifest]]) -> Iterator[str]:
    """Whether it may preempt pods of lower priority: only where it would fit without them."""
    if spec.get("preemptionPolicy") == "Never":
        return
    for state in states:
        pods = on_node[state.node["metadata"]["name"]]
        staying = [other for other in pods if _priority(other.get("spec") or {}) >= _priority(spec)]
        if len(staying) < len(pods) and not misfit(spec, node_state(state.node, staying)):
            yield "its priority is higher than that of running pods, which it may preempt"
            return


def _priority(spec: Manifest) -> int:
    return int(spec.get("priority") or 0)


def _to_free(
    spec: Manifest,
    states: Sequence[NodeState],
    on_node: dict[str, list[Manifest]],
    workload_of: Callable[[Manifest], str],
) -> str:
    """What to free on the node with the smallest shortfall, and which workloads hold it there."""
    requests = pod_requests(spec)
    best: tuple[float, str, dict[str, str]] | None = None
    for state in states:
        resources = [read_reason(text).resource for text in misfit(spec, state)]
        if not resources or None in resources:
            continue
        short: dict[str, str] = {}
        share = 0.0
        for name in filter(None, resources):
            shortfall = requests[name] - state.free.get(name, 0)
            held = sum(pod_requests(pod["spec"]).get(name, 0) for pod in on_node[state.node["metadata"]["name"]])
            if held < shortfall:
                break  # not even an empty node would be enough
            share += float(shortfall / requests[name])
            short[name] = quantity_text(shortfall, name)
        else:
            found = (share, str(state.node["metadata"]["name"]), short)
            best = min(best, found) if best is not None else found
    if best is None:
        return ""
    _, node, short = best
    parts = [
        f"{amount} {name} (held by {_holders(on_node[node], name, workload_of)})" for name, amount in short.items()
    ]
    return f"on Node/{node} free {', '.join(parts)}"


def _holders(pods: Iterable[Manifest], resource: str, workload_of: Callable[[Manifest], str]) -> str:
    held: dict[str, Fraction] = defaultdict(Fraction)
    for pod in pods:
        if amount := pod_requests(pod["spec"], status=pod.get("status")).get(resource):
            held[f"{workload_of(pod)} in {pod['metadata'].get('namespace')}"] += amount
    largest = sorted(held.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ", ".join(f"{name}: {quantity_text(amount, resource)}" for name, amount in largest)

"""Affinity, anti-affinity and topology spread between pods, in the scheduler's words.

These are the requirements of a pod for other pods, and theirs for it. Preferences rule out no node.

Sources: page "Assigning Pods to Nodes", section "Inter-pod affinity and anti-affinity"; page "Pod Topology Spread
Constraints"; in k8s.io/kubernetes, pkg/scheduler/framework/plugins/interpodaffinity and podtopologyspread, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.node_fit import is_selected, untolerated_taint
from tenantkit.rules.selectors.label_selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.selectors.label_selectors import LabelSelector

    Placed: TypeAlias = Sequence[tuple[Manifest, Manifest]]  # pods and their nodes
    LabelsOf: TypeAlias = Callable[[str], Manifest]  # the labels of a namespace

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NOT_NEAR = "node(s) didn't match pod affinity rules"
NOT_FAR = "node(s) didn't match pod anti-affinity rules"
NOT_WANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
NOT_SPREAD = "node(s) didn't match pod topology spread constraints"
NO_PLACE = f"{NOT_SPREAD} (missing required label)"


class Surroundings:
    """The placed pods, as one pod to schedule sees them.

    Args:
        pod: as the server stored it.
        nodes: all nodes.
        placed: all unfinished pods with a node, and their nodes. If the pod has no constraints (`has_pod_constraints`),
            those with anti-affinity (`has_anti_affinity`) are enough.
        labels_of: returns the labels of a namespace.

    Attributes:
        apart_by: the topology key by which pods of this kind exclude each other; None if there is none or several.
        counts_itself: whether the placement of similar pods matters in another way.

    Example:
        >>> Surroundings({"metadata": {"namespace": "vision"}, "spec": {}}, [], [], lambda _: {}).misfit({})
        ''
    """

    def __init__(self, pod: Manifest, nodes: Sequence[Manifest], placed: Placed, labels_of: LabelsOf) -> None:
        self._labels_of = labels_of
        self._spread = _spread(pod, nodes, placed)
        self._near, self._far = _terms(pod, "podAffinity"), _terms(pod, "podAntiAffinity")
        near = any(self._are_of([term], pod, pod) for term in self._near)
        apart = {str(term["topologyKey"]) for term in self._far if self._are_of([term], pod, pod)}
        self.apart_by = next(iter(apart)) if len(apart) == 1 else None
        self.counts_itself = near or len(apart) > 1 or any(rule.counts_itself for rule in self._spread)
        wanted = [node for other, node in placed if self._are_of(self._near, pod, other)] if self._near else []
        self._near_at = [{_place(term, node) for node in wanted} - {None} for term in self._near]
        # pods on nodes without any of the labels do not count
        self._is_first = not any(self._near_at) and self._are_of(self._near, pod, pod)
        self._far_at = [
            {_place(term, node) for other, node in placed if self._are_of([term], pod, other)} for term in self._far
        ]
        self._unwanted = [
            (term, _place(term, node))
            for other, node in placed
            for term in _terms(other, "podAntiAffinity")
            if self._are_of([term], other, pod)
        ]

    def misfit(self, node: Manifest) -> str:
        """Why other pods keep the pod from a node; empty if they do not."""
        for rule in self._spread:
            if reason := rule.misfit(node):
                return reason
        if not self._is_near(node):
            return NOT_NEAR
        if any(_is_at(term, node, places) for term, places in zip(self._far, self._far_at, strict=True)):
            return NOT_FAR
        return NOT_WANTED if any(_is_at(term, node, {place}) for term, place in self._unwanted) else ""

    def _is_near(self, node: Manifest) -> bool:
        """Whether required pods are near; the first pod of a group with affinity to itself may go anywhere."""
        if self._is_first:
            return all(_place(term, node) is not None for term in self._near)
        return all(_is_at(term, node, places) for term, places in zip(self._near, self._near_at, strict=True))

    def _are_of(self, terms: Sequence[Manifest], owner: Manifest, other: Manifest) -> bool:
        """Whether all terms of the owner match another pod."""
        namespace, labels = other["metadata"]["namespace"], other["metadata"].get("labels") or {}
        for term in terms:
            selector = term.get("namespaceSelector")
            named = term.get("namespaces") or ([] if selector is not None else [owner["metadata"]["namespace"]])
            in_namespace = namespace in named or (selector is not None and self._is_selected(selector, namespace))
            if not (in_namespace and _selector(term.get("labelSelector")).matches(labels)):
                return False
        return True

    def _is_selected(self, selector: Manifest, namespace: str) -> bool:
        """Whether a namespace is selected; its labels are not needed if the selector is empty."""
        selected = _selector(selector)
        return not selected.requirements or selected.matches(self._labels_of(namespace))


def has_pod_constraints(pod: Manifest) -> bool:
    """Whether the placement of other pods matters to a pod."""
    return bool(_terms(pod, "podAffinity") or _terms(pod, "podAntiAffinity") or _rules(pod))


def has_anti_affinity(pod: Manifest) -> bool:
    """Whether a pod keeps other pods away."""
    return bool(_terms(pod, "podAntiAffinity"))


def _terms(pod: Manifest, kind: str) -> Sequence[Manifest]:
    return (((pod.get("spec") or {}).get("affinity") or {}).get(kind) or {}).get(_REQUIRED) or ()


def _rules(pod: Manifest) -> list[Manifest]:
    rules = (pod.get("spec") or {}).get("topologySpreadConstraints") or ()
    return [rule for rule in rules if rule.get("whenUnsatisfiable") == "DoNotSchedule"]


def _place(term: Manifest, node: Manifest) -> str | None:
    labels: Manifest = (node.get("metadata") or {}).get("labels") or {}
    return labels.get(term["topologyKey"])


def _is_at(term: Manifest, node: Manifest, places: set[str | None]) -> bool:
    place = _place(term, node)
    return place is not None and place in places


@dataclass(frozen=True, slots=True)
class _Rule:
    """A topology spread constraint, with the number of matching pods in each domain."""

    rule: Manifest
    counts: dict[str, int]
    matches_pod: bool
    counts_itself: bool

    def misfit(self, node: Manifest) -> str:
        place = _place(self.rule, node)
        if place is None:
            return NO_PLACE
        after = self.counts.get(place, 0) + int(self.matches_pod)
        is_enough = len(self.counts) >= int(self.rule.get("minDomains") or 1)
        least = min(self.counts.values(), default=after) if is_enough else 0
        return NOT_SPREAD if after - least > int(self.rule["maxSkew"]) else ""


def _spread(pod: Manifest, nodes: Sequence[Manifest], placed: Placed) -> list[_Rule]:
    """The topology spread constraints; nodes without all their labels do not count."""
    rules = _rules(pod)
    counting = [node for node in nodes if all(_place(rule, node) is not None for rule in rules)]
    return [_spread_by(rule, pod, counting, placed) for rule in rules]


def _spread_by(rule: Manifest, pod: Manifest, nodes: Sequence[Manifest], placed: Placed) -> _Rule:
    labels: Manifest = pod["metadata"].get("labels") or {}
    selector = _selector(rule.get("labelSelector"))
    same = {key: labels[key] for key in rule.get("matchLabelKeys") or () if key in labels}

    def matches(other: Manifest) -> bool:
        others: Manifest = other["metadata"].get("labels") or {}
        return selector.matches(others) and all(others.get(key) == value for key, value in same.items())

    domains = {node["metadata"]["name"]: str(_place(rule, node)) for node in nodes if _counts(rule, pod["spec"], node)}
    counts = dict.fromkeys(domains.values(), 0)
    is_counting = bool(same or selector.requirements)  # a constraint with an empty selector counts no pods
    if is_counting:
        for other, node in placed:
            place, metadata = domains.get(node["metadata"]["name"]), other["metadata"]
            is_near = metadata["namespace"] == pod["metadata"]["namespace"] and not metadata.get("deletionTimestamp")
            if place is not None and is_near and matches(other):
                counts[place] += 1
    return _Rule(rule, counts, matches_pod=matches(pod), counts_itself=is_counting and matches(pod))


def _counts(rule: Manifest, spec: Manifest, node: Manifest) -> bool:
    """Whether a node counts; for nodes that the pod may not use, the constraint decides."""
    if rule.get("nodeAffinityPolicy") != "Ignore" and not is_selected(spec, node):
        return False
    return rule.get("nodeTaintsPolicy") != "Honor" or untolerated_taint(spec, node) is None


def _selector(selector: Manifest | None) -> LabelSelector:
    """The selector; one that cannot be read selects nothing, as none does."""
    try:
        return label_selector_of(selector)
    except ValueError:
        return label_selector_of(None)

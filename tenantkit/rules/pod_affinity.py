"""Whether a node is far enough from some pods and near enough to others, in the scheduler's own words.

What a pod requires of the pods around it, and what they require of it; preferences rule nothing out.

Sources: page "Assigning Pods to Nodes", section "Inter-pod affinity and anti-affinity"; page "Pod Topology Spread
Constraints"; in k8s.io/kubernetes, pkg/scheduler/framework/plugins/interpodaffinity and podtopologyspread, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.label_selectors import label_selector_of
from tenantkit.rules.node_fit import is_selected, untolerated_taint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.rules.manifest import Manifest

    Placed: TypeAlias = Sequence[tuple[Manifest, Manifest]]  # pods with their nodes
    LabelsOf: TypeAlias = Callable[[str], Manifest]  # a namespace's labels

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NOT_NEAR = "node(s) didn't match pod affinity rules"
NOT_FAR = "node(s) didn't match pod anti-affinity rules"
NOT_WANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
NOT_SPREAD = "node(s) didn't match pod topology spread constraints"
NO_PLACE = f"{NOT_SPREAD} (missing required label)"


class Surroundings:
    """The pods around, as one pod that looks for a node sees them.

    Args:
        pod: as the server stored it.
        nodes: all nodes.
        placed: all pods that have a node and have not ended, with their nodes. Where the pod `looks_around` at none,
            those that `keep_away` others are enough.
        labels_of: a namespace's labels, by its name.

    Attributes:
        apart_by: the label of nodes of which each value takes one such pod at most; None where there is no such, or
            not just one.
        counts_itself: whether it matters to a pod in another way where others like it are placed.

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
        # those on nodes without any of the labels are nowhere
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
        """Why the pods around a node keep the pod from it; empty where they do not."""
        for rule in self._spread:
            if reason := rule.misfit(node):
                return reason
        if not self._is_near(node):
            return NOT_NEAR
        if any(_is_at(term, node, places) for term, places in zip(self._far, self._far_at, strict=True)):
            return NOT_FAR
        return NOT_WANTED if any(_is_at(term, node, {place}) for term, place in self._unwanted) else ""

    def _is_near(self, node: Manifest) -> bool:
        """Whether those that are wanted are there; the first of a group that wants its like may go anywhere."""
        if self._is_first:
            return all(_place(term, node) is not None for term in self._near)
        return all(_is_at(term, node, places) for term, places in zip(self._near, self._near_at, strict=True))

    def _are_of(self, terms: Sequence[Manifest], owner: Manifest, other: Manifest) -> bool:
        """Whether a pod is one that all these terms of the owner's speak of."""
        namespace, labels = other["metadata"]["namespace"], other["metadata"].get("labels") or {}
        for term in terms:
            selector = term.get("namespaceSelector")
            named = term.get("namespaces") or ([] if selector is not None else [owner["metadata"]["namespace"]])
            is_there = namespace in named or (selector is not None and self._is_selected(selector, namespace))
            if not (is_there and label_selector_of(term.get("labelSelector")).matches(labels)):
                return False
        return True

    def _is_selected(self, selector: Manifest, namespace: str) -> bool:
        """Whether a namespace is one of those; nobody has to know its labels where all of them are."""
        selected = label_selector_of(selector)
        return not selected.requirements or selected.matches(self._labels_of(namespace))


def looks_around(pod: Manifest) -> bool:
    """Whether it matters to a pod which others are where."""
    return bool(_terms(pod, "podAffinity") or _terms(pod, "podAntiAffinity") or _rules(pod))


def keeps_away(pod: Manifest) -> bool:
    """Whether it matters to others that a pod is there."""
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
    """A rule of spreading, how many such pods are at each place, and whether the pod is such a one."""

    rule: Manifest
    counts: dict[str, int]
    own: int
    counts_itself: bool

    def misfit(self, node: Manifest) -> str:
        place = _place(self.rule, node)
        if place is None:
            return NO_PLACE
        after = self.counts.get(place, 0) + self.own
        is_enough = len(self.counts) >= int(self.rule.get("minDomains") or 1)
        least = min(self.counts.values(), default=after) if is_enough else 0
        return NOT_SPREAD if after - least > int(self.rule["maxSkew"]) else ""


def _spread(pod: Manifest, nodes: Sequence[Manifest], placed: Placed) -> list[_Rule]:
    """The rules of spreading; nodes without all their labels do not count."""
    rules = _rules(pod)
    counting = [node for node in nodes if all(_place(rule, node) is not None for rule in rules)]
    return [_spread_by(rule, pod, counting, placed) for rule in rules]


def _spread_by(rule: Manifest, pod: Manifest, nodes: Sequence[Manifest], placed: Placed) -> _Rule:
    labels: Manifest = pod["metadata"].get("labels") or {}
    selector = label_selector_of(rule.get("labelSelector"))
    same = {key: labels[key] for key in rule.get("matchLabelKeys") or () if key in labels}

    def is_one(other: Manifest) -> bool:
        its: Manifest = other["metadata"].get("labels") or {}
        return selector.matches(its) and all(its.get(key) == value for key, value in same.items())

    there = {node["metadata"]["name"]: str(_place(rule, node)) for node in nodes if _counts(rule, pod["spec"], node)}
    counts = dict.fromkeys(there.values(), 0)
    is_counting = bool(same or selector.requirements)  # a rule that selects everything counts nobody
    if is_counting:
        for other, node in placed:
            place, metadata = there.get(node["metadata"]["name"]), other["metadata"]
            is_near = metadata["namespace"] == pod["metadata"]["namespace"] and not metadata.get("deletionTimestamp")
            if place is not None and is_near and is_one(other):
                counts[place] += 1
    return _Rule(rule, counts, own=int(is_one(pod)), counts_itself=is_counting and is_one(pod))


def _counts(rule: Manifest, spec: Manifest, node: Manifest) -> bool:
    """Whether a node counts: where the pod may not go anyway, as the rule says."""
    if rule.get("nodeAffinityPolicy") != "Ignore" and not is_selected(spec, node):
        return False
    return rule.get("nodeTaintsPolicy") != "Honor" or untolerated_taint(spec, node) is None

"""Whether a node is far enough from some pods and near enough to others, in the scheduler's own words.

What a pod requires of the pods around it, and what they require of it; preferences rule nothing out.

Sources: page "Assigning Pods to Nodes", section "Inter-pod affinity and anti-affinity"; page "Pod Topology Spread
Constraints"; in k8s.io/kubernetes, pkg/scheduler/framework/plugins/interpodaffinity and podtopologyspread, 1.37.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tenantkit.rules.manifest import Manifest

    Placed: TypeAlias = Sequence[tuple[Manifest, Manifest]]  # pods with their nodes
    LabelsOf: TypeAlias = Callable[[str], Manifest]  # a namespace's labels

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NOT_NEAR = "node(s) didn't match pod affinity rules"
NOT_FAR = "node(s) didn't match pod anti-affinity rules"
NOT_WANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
NOT_SPREAD = "node(s) didn't match pod topology spread constraints"


def around_misfit(pod: Manifest, node: Manifest, nodes: Iterable[Manifest], placed: Placed, labels_of: LabelsOf) -> str:
    """Why the pods around a node keep a pod from it; empty where they do not.

    Args:
        pod: as the server stored it.
        node: the Node.
        nodes: all nodes.
        placed: all pods that have a node, with their nodes.
        labels_of: a namespace's labels, by its name.
    """
    if not _is_spread(pod, node, nodes, placed):
        return NOT_SPREAD
    near, far = _terms(pod, "podAffinity"), _terms(pod, "podAntiAffinity")
    if not all(_is_near(term, pod, node, placed, labels_of) for term in near):
        return NOT_NEAR
    if any(_meets(term, pod, node, placed, labels_of) for term in far):
        return NOT_FAR
    wanted = all(
        not (_is_of(term, other, pod, labels_of) and _together(term, node, where))
        for other, where in placed
        for term in _terms(other, "podAntiAffinity")
    )
    return "" if wanted else NOT_WANTED


def _terms(pod: Manifest, kind: str) -> Sequence[Manifest]:
    return (((pod.get("spec") or {}).get("affinity") or {}).get(kind) or {}).get(_REQUIRED) or ()


def _is_near(term: Manifest, pod: Manifest, node: Manifest, placed: Placed, labels_of: LabelsOf) -> bool:
    """Whether one that is wanted is there; the first of a group that wants its like may go anywhere."""
    if term["topologyKey"] not in _labels(node):
        return False
    if _meets(term, pod, node, placed, labels_of):
        return True
    is_first = not any(_is_of(term, pod, other, labels_of) for other, _ in placed)
    return is_first and _is_of(term, pod, pod, labels_of)


def _meets(term: Manifest, pod: Manifest, node: Manifest, placed: Placed, labels_of: LabelsOf) -> bool:
    return any(_is_of(term, pod, other, labels_of) and _together(term, node, where) for other, where in placed)


def _is_of(term: Manifest, owner: Manifest, other: Manifest, labels_of: LabelsOf) -> bool:
    """Whether a pod is one that a term of the owner's speaks of."""
    namespace, selector = other["metadata"]["namespace"], term.get("namespaceSelector")
    named = term.get("namespaces") or ([] if selector is not None else [owner["metadata"]["namespace"]])
    is_there = namespace in named or (
        selector is not None and label_selector_of(selector).matches(labels_of(namespace))
    )
    return is_there and label_selector_of(term.get("labelSelector")).matches(other["metadata"].get("labels") or {})


def _together(term: Manifest, node: Manifest, other: Manifest) -> bool:
    place = _labels(node).get(term["topologyKey"])
    return place is not None and place == _labels(other).get(term["topologyKey"])


def _labels(manifest: Manifest) -> Manifest:
    return manifest["metadata"].get("labels") or {}


def _is_spread(pod: Manifest, node: Manifest, nodes: Iterable[Manifest], placed: Placed) -> bool:
    """Whether the node's places would not have too many more such pods than the emptiest ones."""
    for rule in pod["spec"].get("topologySpreadConstraints") or ():
        if rule.get("whenUnsatisfiable") != "DoNotSchedule":
            continue
        key, selector = rule["topologyKey"], label_selector_of(rule.get("labelSelector"))
        place = _labels(node).get(key)
        if place is None:
            return False
        counts = Counter({_labels(each)[key]: 0 for each in nodes if key in _labels(each)})
        counts.update(
            _labels(where)[key]
            for other, where in placed
            if key in _labels(where)
            and other["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and selector.matches(_labels(other))
        )
        if counts[place] + int(selector.matches(_labels(pod))) - min(counts.values()) > int(rule["maxSkew"]):
            return False
    return True

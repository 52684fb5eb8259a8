"""The labels that nodes have in place of those that a pod asks for and that no node has.

A pod's node selector needs all of its labels, and its node affinity one of its terms. What counts here is a single
label that no node has; that no node has several of them together is said only where each is on some node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.listing import first_of
from tenantkit.rules.node_fit import is_selected, required_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.rules.manifest import Manifest

_SHOWN_VALUES = 5


def existing_labels(spec: Manifest, nodes: Sequence[Manifest]) -> str:
    """Which values the nodes have for the labels that no node has as the pod asks for them.

    Args:
        spec: the pod's.
        nodes: all nodes; none if they may not be read.

    Returns:
        Empty where nothing is known, or where a node has what the pod asks for.

    Example:
        >>> node = {"metadata": {"name": "a", "labels": {"disk": "ssd"}}}
        >>> existing_labels({"nodeSelector": {"disk": "nvme", "zone": "x"}}, [node])
        'for disk, nodes have ssd; no node has a label zone'
    """
    if not nodes or any(is_selected(spec, node) for node in nodes):
        return ""
    asked = list(_asked(spec))
    missing = [key for key, one in asked if not any(is_selected(one, node) for node in nodes)]
    has_fields = any(term.get("matchFields") for term in required_terms(spec) or ())
    if not missing and len(asked) > 1 and not has_fields:
        return "no node has all of these labels together"
    return "; ".join(_values(key, nodes) for key in dict.fromkeys(missing))


def _asked(spec: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Each label that the pod asks for: its key, and a pod's spec that asks for nothing else."""
    for key, value in (spec.get("nodeSelector") or {}).items():
        yield key, {"nodeSelector": {key: value}}
    for term in required_terms(spec) or ():
        for each in term.get("matchExpressions") or ():
            required = {"nodeSelectorTerms": [{"matchExpressions": [each]}]}
            node_affinity = {"requiredDuringSchedulingIgnoredDuringExecution": required}
            yield each["key"], {"affinity": {"nodeAffinity": node_affinity}}


def _values(key: str, nodes: Sequence[Manifest]) -> str:
    labels = [(node["metadata"].get("labels") or {}) for node in nodes]
    found = sorted({str(each[key]) for each in labels if key in each})
    if not found:
        return f"no node has a label {key}"
    return f"for {key}, nodes have {first_of(found, _SHOWN_VALUES)}"

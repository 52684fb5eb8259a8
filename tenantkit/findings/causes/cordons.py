"""Cordoned nodes that would not take a pod anyway: the scheduler names the cordon alone, since it is checked first.

Source: in k8s.io/kubernetes, pkg/scheduler/framework/plugins/nodeunschedulable, and the order of filters in
pkg/scheduler/apis/config/v1/default_plugins.go.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.findings.causes.scheduler_reasons import SchedulerCode, read_reason
from tenantkit.rules.node_fit import misfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.node_fit import NodeState

_TAINT = "node.kubernetes.io/unschedulable"  # which the node controller adds to a cordoned node


def beyond_cordons(counts: Mapping[str, int], spec: Manifest, states: Iterable[NodeState]) -> dict[str, int]:
    """The reasons, with those that remain in place of the cordon, if no cordoned node would take the pod without it.

    Args:
        counts: how many nodes each reason rules out, by the scheduler's text.
        spec: the pod's.
        states: of all nodes, with what is free there.
    """
    if not any(read_reason(text).code is SchedulerCode.CORDONED for text in counts):
        return dict(counts)
    remaining: Counter[str] = Counter()
    for state in states:
        if (state.node.get("spec") or {}).get("unschedulable"):
            reasons = misfit(spec, replace(state, node=_uncordoned(state.node)))
            if not reasons:
                return dict(counts)
            remaining.update(reasons)
    if not remaining:  # the nodes may not be read
        return dict(counts)
    others = {text: n for text, n in counts.items() if read_reason(text).code is not SchedulerCode.CORDONED}
    return dict(Counter(others) + remaining)


def _uncordoned(node: Manifest) -> Manifest:
    spec = node.get("spec") or {}
    taints = [taint for taint in spec.get("taints") or () if taint.get("key") != _TAINT]
    return {**node, "spec": {**spec, "unschedulable": False, "taints": taints}}

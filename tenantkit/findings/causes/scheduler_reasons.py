"""The scheduler's reasons as codes: its texts are parsed here, and nowhere else compared.

The scheduler writes only text, and `tenantkit.rules.node_fit` uses the same text for what it computes itself.

Source: page "Scheduling Framework"; in k8s.io/kubernetes, pkg/scheduler/framework/types.go and plugins, 1.37.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class SchedulerCode(StrEnum):
    """Why a node, or every node, does not take a pod."""

    INSUFFICIENT = "insufficient resource"
    VOLUME = "volume"
    TAINT = "taint"
    NODE_SELECTOR = "node selector"
    POD_AFFINITY = "pod affinity"
    TOPOLOGY_SPREAD = "topology spread"
    CORDONED = "cordoned"
    HOST_PORT = "host port"
    TOO_MANY_PODS = "too many pods"
    NO_NODES = "no nodes"
    OTHER = "other"


class SchedulerReason(NamedTuple):
    """One of the scheduler's reasons.

    Args:
        code: what it means.
        text: as the scheduler wrote it.
        resource: the resource that is insufficient; None for any other code.
    """

    code: SchedulerCode
    text: str
    resource: str | None = None


# The first that matches counts.
_PATTERNS: tuple[tuple[SchedulerCode, re.Pattern[str]], ...] = (
    (SchedulerCode.INSUFFICIENT, re.compile(r"Insufficient (?P<resource>\S+)")),
    (
        SchedulerCode.VOLUME,
        re.compile(r"persistent ?volume|pvc|volume zone|available disk|free storage|max volume count", re.IGNORECASE),
    ),
    (SchedulerCode.TAINT, re.compile(r"taint")),
    (SchedulerCode.NODE_SELECTOR, re.compile(r"affinity/selector|node affinity|\[NodeAffinity\]")),
    (SchedulerCode.POD_AFFINITY, re.compile(r"affinity rules")),
    (SchedulerCode.TOPOLOGY_SPREAD, re.compile(r"topology spread")),
    (SchedulerCode.CORDONED, re.compile(r"unschedulable")),
    (SchedulerCode.HOST_PORT, re.compile(r"free ports")),
    (SchedulerCode.TOO_MANY_PODS, re.compile(r"Too many pods")),
    (SchedulerCode.NO_NODES, re.compile(r"no nodes available")),
)
_TOTAL = re.compile(r"^0/(\d+) nodes are available: ?(.*)", re.DOTALL)


def read_reason(text: str) -> SchedulerReason:
    """One reason by its text.

    Example:
        >>> read_reason("Insufficient nvidia.com/gpu").resource
        'nvidia.com/gpu'
    """
    for code, pattern in _PATTERNS:
        match = pattern.search(text)
        if match is not None:
            return SchedulerReason(code, text, match.groupdict().get("resource"))
    return SchedulerReason(SchedulerCode.OTHER, text)


def reasons_of(message: str) -> dict[str, int]:
    """How many nodes each reason rules out, from the message of a pod's condition; empty where it has no counts.

    Example:
        >>> reasons_of("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption: 0")
        {'Insufficient cpu': 1, 'node(s) had untolerated taint(s)': 2}
    """
    match = _TOTAL.match(message)
    if match is None:
        return {}
    listed = re.split(r"\. (?:preemption:|no new claims)|\.$", match[2])[0]
    counted = re.findall(r"(?:^|, )(\d+) (.*?)(?=, \d+ |$)", listed)
    return {reason.rstrip("."): int(count) for count, reason in counted}


def total_nodes(message: str) -> int:
    """How many nodes the message is about; 0 where it has no counts."""
    match = _TOTAL.match(message)
    return int(match[1]) if match else 0

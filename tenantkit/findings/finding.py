"""Findings: one cause each of something that does not run, with its evidence and what to do.

The vocabulary is fixed, and its order is data: what lies at the root stands before what follows from it, so that the
first row is the one to act on. A pod killed for its memory, for example, also restarts and makes its Job give up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

Cause: TypeAlias = Literal[
    "namespace terminating",  # its namespace is going: nothing new may be made there
    "service account missing",
    "priority class missing",
    "request missing",  # a quota wants a request or limit to be said
    "limit range",
    "pod security",
    "policy",  # an admission policy or webhook, such as a guardrail
    "quota exceeded",
    "not permitted",  # whoever makes the pods has no right to
    "refused",  # by the server, for a reason that is none of these
    "queued",  # Kueue has not admitted it
    "suspended",  # somebody, or Kueue, has told it to wait
    "scheduling gate",
    "volume unbound",
    "node not ready",
    "no node fits",
    "no scheduler",  # nobody has looked for a node
    "node refused",  # the kubelet would not take it
    "evicted",
    "secret missing",
    "config map missing",
    "volume not mounted",
    "image",
    "container not started",
    "out of memory",
    "probe failing",
    "deadline exceeded",
    "crash loop",
    "job back-off",
    "container failed",
    "stuck terminating",
    "unexplained",  # it does not run, and nothing says why
    "not readable",  # what would say so may not be read
]

CAUSES: tuple[Cause, ...] = get_args(Cause)  # most likely to be the root first

_MESSAGE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of something that does not run.

    Args:
        cause: of the vocabulary.
        chain: who it is about, from the object that suffers up to the workload that a person made:
            `("Pod/train-x", "ReplicaSet/train", "Deployment/train")`.
        namespace: theirs.
        object: what stands in the way, is missing or is broken: `ResourceQuota/tenantkit-quota`, `Secret/registry`.
        message: in the words of the server, controller or kubelet, where one has said it.
        evidence: where that was read, and the figures behind it.
        what_to_do: the next step.
        since: when it was first seen, as Kubernetes writes times; None where nothing says.
        pods: how many pods it holds up; those that were never made count, too.
    """

    cause: Cause
    chain: tuple[str, ...]
    namespace: str
    object: str
    message: str
    evidence: str
    what_to_do: str
    since: str | None = None
    pods: int = 1

    @property
    def workload(self) -> str:
        """What a person made: the top of the chain."""
        return self.chain[-1]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a cause and workload, most likely first; of pods with the same trouble the first by name stands."""
    kept: dict[tuple[str, ...], Finding] = {}
    for finding in sorted(findings, key=_place):
        own = finding.object == finding.chain[0]
        key = (finding.namespace, finding.workload, finding.cause, "" if own else finding.object)
        known = kept.setdefault(key, finding)
        if known is not finding:
            since = min(filter(None, (known.since, finding.since)), default=None)
            kept[key] = replace(known, since=since, pods=known.pods + finding.pods)
    return list(kept.values())


def cut(message: str) -> str:
    """The message, or as much of it as anybody reads."""
    return message if len(message) <= _MESSAGE_LIMIT else message[:_MESSAGE_LIMIT] + "…"


def _place(finding: Finding) -> tuple[int, str, str, str, str]:
    return CAUSES.index(finding.cause), finding.namespace, finding.workload, finding.chain[0], finding.object

"""Findings: each is one cause of something that does not run, with its evidence and the next steps.

The list of causes is fixed and ordered: a root cause comes before its consequences, so the first row is the one to act
on. For example, a container killed for its memory also restarts and makes its Job give up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.hints import Message

Cause: TypeAlias = Literal[
    "namespace terminating",  # its namespace is being deleted: nothing new can be created there
    "tenant frozen",  # by the platform: what runs goes on, and no new pods start
    "service account missing",
    "priority class missing",
    "request missing",  # a quota requires a request or limit
    "limit range",
    "pod security",
    "policy",  # an admission policy or webhook, such as a guardrail
    "quota exceeded",
    "not permitted",  # the pods' creator has no permission
    "refused",  # by the server, for a reason that is none of these
    "queued",  # Kueue has not admitted it
    "suspended",  # suspended or paused, by a person or by Kueue
    "scheduling gate",
    "volume unbound",
    "node not ready",
    "no node fits",
    "no scheduler",  # no scheduler has handled it
    "node refused",  # the kubelet rejected it
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
    "not readable",  # objects with the answer may not be read
]

CAUSES: tuple[Cause, ...] = get_args(Cause)  # root causes first

_MESSAGE_LIMIT = 2000
_WITHIN = frozenset(
    {"Pod", "ReplicaSet", "Workload"}
)  # parts of a workload, where they have an owner; the last: Kueue's


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of something that does not run.

    Args:
        cause: one of `CAUSES`.
        chain: the affected object and its owners, up to the top-level one:
            `("Pod/train-x", "ReplicaSet/train", "Deployment/train")`.
        namespace: of these objects.
        object: what blocks, is missing or is broken: `ResourceQuota/tenantkit-quota`, `Secret/registry`.
        message: as the server, a controller or the kubelet wrote it; empty where none did.
        evidence: where the message was read, and the figures behind it.
        next_steps: what to do; a Message where the words depend on the surface.
        since: when it was first seen, as Kubernetes writes times; None where unknown.
        pods: how many pods are affected, also those that were never created.
        by_editor: whether the next steps change objects of the namespace, which its owners and editors may.
    """

    cause: Cause
    chain: tuple[str, ...]
    namespace: str
    object: str
    message: str
    evidence: str
    next_steps: str | Message
    since: str | None = None
    pods: int = 1
    by_editor: bool = False

    @property
    def workload(self) -> str:
        """The workload in the chain: the first that is neither a pod nor a ReplicaSet with an owner."""
        return workload_of(self.chain)

    @property
    def root_workload(self) -> str:
        """The top-level owner."""
        return self.chain[-1]


def workload_of(chain: Sequence[str]) -> str:
    """The workload in a chain: the first object that is neither a pod nor another part of a workload."""
    return next((link for link in chain if link.partition("/")[0] not in _WITHIN), chain[-1])


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """One finding per cause and workload, root causes first; of pods with one cause, the first by name is shown."""
    merged: dict[tuple[str, ...], Finding] = {}
    for finding in sorted(findings, key=_sort_key):
        is_itself = finding.object == finding.chain[0]
        key = (finding.namespace, finding.workload, finding.cause, "" if is_itself else finding.object)
        known = merged.setdefault(key, finding)
        if known is not finding:
            since = min(filter(None, (known.since, finding.since)), default=None)
            merged[key] = replace(known, since=since, pods=known.pods + finding.pods)
    return list(merged.values())


def cut(message: str) -> str:
    """The message, at most 2,000 characters of it."""
    return message if len(message) <= _MESSAGE_LIMIT else message[:_MESSAGE_LIMIT] + "…"


def _sort_key(finding: Finding) -> tuple[int, str, str, str, str]:
    return CAUSES.index(finding.cause), finding.namespace, finding.workload, finding.chain[0], finding.object

"""Who holds a quota: what each workload's pods and claims count for, by the rule that the server counts by.

The one answer for `quota_holders`, `why` and `fits`. Pure: dicts in, amounts out.

A claim counts for the workload whose pods use it; for itself where no pod does, or pods of several workloads.
Source: page "Resource Quotas".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tenantkit.frames.kit.creators import creator_of, why_no_creator
from tenantkit.rules.amounts import ONE, ZERO, parse_amount
from tenantkit.rules.pod_quota import pod_entries, pod_in_scope, pod_usage
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names
from tenantkit.rules.quota_entries import class_and_counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from tenantkit.rules.amounts import Amount
    from tenantkit.rules.manifest import Manifest

_CLAIM_ENTRIES = frozenset({"persistentvolumeclaims", "count/persistentvolumeclaims", "requests.storage"})


class Holder(NamedTuple):
    """A workload, its top-level owner, and the creator that the object names or why none; `Deployment/api` in text."""

    workload: str
    root_workload: str
    creator: str | None
    creator_reason: str | None = None


HolderOf: TypeAlias = "Callable[[Manifest], Holder]"


@dataclass(slots=True)
class Share:
    """What one holder has of one entry.

    Args:
        amount: in base units.
        objects: how many pods or claims.
        since: when the oldest of them was created.
    """

    amount: Amount = ZERO
    objects: int = 0
    since: str | None = None

    def add(self, amount: Amount, created: str | None) -> None:
        """Count one more object."""
        self.amount += amount
        self.objects += 1
        self.since = min(filter(None, (self.since, created)), default=None)


Shares: TypeAlias = "dict[str, dict[Holder, Share]]"  # by entry and holder


def shares_of_pods(
    quota: Manifest, entries: Iterable[str], pods: Iterable[Manifest], holder_of: HolderOf, now: datetime
) -> Shares:
    """What the pods in the quota's scopes hold of these entries.

    Args:
        quota: the ResourceQuota; its scopes select pods.
        entries: such as `requests.cpu`; those that pods do not count for are left out.
        pods: of the quota's namespace.
        holder_of: a pod's holder.
        now: the server's time.
    """
    shares: Shares = {name: {} for name in pod_entries(entries)}
    for pod in pods:
        if pod_in_scope(quota, pod["spec"]):
            for name, amount in pod_usage(pod, now).items():
                if name in shares and amount.value:
                    share = shares[name].setdefault(holder_of(pod), Share())
                    share.add(amount, pod["metadata"].get("creationTimestamp"))
    return shares


def shares_of_claims(
    entries: Iterable[str], claims: Iterable[Manifest], pods: Sequence[Manifest], holder_of: HolderOf
) -> Shares:
    """What the volume claims of a namespace hold of these entries; those that claims do not count for are left out."""
    shares: Shares = {name: {} for name in entries if name in _CLAIM_ENTRIES or class_and_counted(name)[0]}
    users = _users(pods, holder_of) if shares else {}
    for claim in claims if shares else ():
        metadata = claim["metadata"]
        holder = _one(users.get(metadata["name"], set())) or _itself(metadata)
        for name in shares:
            of_class, bare = class_and_counted(name)
            if not of_class or of_class == (claim.get("spec") or {}).get("storageClassName"):
                amount = _size(claim) if bare == "requests.storage" else ONE
                shares[name].setdefault(holder, Share()).add(amount, metadata.get("creationTimestamp"))
    return shares


def _users(pods: Iterable[Manifest], holder_of: HolderOf) -> Mapping[str, set[Holder]]:
    """The holders whose unfinished pods use a claim, by the claim's name."""
    users: dict[str, set[Holder]] = {}
    for pod in pods:
        if (pod.get("status") or {}).get("phase") not in ENDED:
            for name in claim_names(pod):
                users.setdefault(name, set()).add(holder_of(pod))
    return users


def _one(holders: set[Holder]) -> Holder | None:
    """The only holder; or their root workload, where several workloads belong to one."""
    if len(holders) == 1:
        return next(iter(holders))
    roots = {(holder.root_workload, *holder[2:]) for holder in holders}
    if len(roots) == 1:
        [(root, *person)] = roots
        return Holder(root, root, *person)
    return None


def _itself(metadata: Manifest) -> Holder:
    name = f"PersistentVolumeClaim/{metadata['name']}"
    creator = creator_of(metadata)
    return Holder(name, name, creator, None if creator else why_no_creator(metadata))


def _size(claim: Manifest) -> Amount:
    """The requested size, or the allocated one where that is larger: while the claim is resized."""
    requested = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    allocated = (claim.get("status") or {}).get("allocatedResources") or {}
    sizes = [parse_amount(amounts.get("storage") or "0") for amounts in (requested, allocated)]
    return max(sizes, key=lambda size: size.value)

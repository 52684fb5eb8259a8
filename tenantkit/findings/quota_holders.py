"""Who holds a quota: what each workload's pods count for there, by the rule the server counts by."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tenantkit.frames.kit.creators import creator_of
from tenantkit.rules.amounts import ZERO
from tenantkit.rules.pod_quota import pod_in_scope, pod_usage

if TYPE_CHECKING:
    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.amounts import Amount
    from tenantkit.rules.manifest import Manifest

_SHOWN = 3


def holders(snapshot: Snapshot, quota: Manifest, entry: str) -> list[tuple[str, Amount]]:
    """The workloads whose pods count for an entry of a quota, and for how much, the largest first.

    A workload whose pods say who made them is named with that person.

    Args:
        snapshot: with the namespace's pods.
        quota: whose scopes count.
        entry: such as `requests.cpu`; what is not about pods has no holders here.
    """
    held: dict[str, Amount] = defaultdict(lambda: ZERO)
    for pod in snapshot.all("Pod", quota["metadata"]["namespace"]):
        if pod_in_scope(quota, pod["spec"]):
            amount = pod_usage(pod, snapshot.now).get(entry, ZERO)
            if amount.value:
                person = creator_of(pod["metadata"])
                held[snapshot.chain(pod)[-1] + (f" of {person}" if person else "")] += amount
    return sorted(held.items(), key=lambda item: (-item[1].value, item[0]))


def holders_text(snapshot: Snapshot, quota: Manifest, entry: str) -> str:
    """The same in words: `held by Deployment/serve (4), Job/train (2) and 3 more`; empty where nobody is known."""
    found = holders(snapshot, quota, entry)
    if not found:
        return ""
    shown = ", ".join(f"{workload} ({amount})" for workload, amount in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"held by {shown}{more}"

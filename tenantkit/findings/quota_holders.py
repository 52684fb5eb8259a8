"""Who holds a quota, in words: for the evidence of `why` and the next steps of `fits`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.frames.kit.quota_shares import Holder, shares_of_pods
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.amounts import Amount
    from tenantkit.rules.manifest import Manifest

_SHOWN = 3


def holders(snapshot: ClusterSnapshot, quota: Manifest, entry: str) -> list[tuple[str, Amount]]:
    """The workloads whose pods count for an entry of a quota, with their amounts, the largest first.

    A workload is listed with the creator that its pods name, or their owners.

    Args:
        snapshot: with the namespace's pods.
        quota: the ResourceQuota; its scopes select pods.
        entry: such as `requests.cpu`; an entry that pods do not count for has no holders here.
    """

    def holder_of(pod: Manifest) -> Holder:
        root = snapshot.chain(pod)[-1]
        return Holder(root, root, snapshot.creator(pod))

    pods = snapshot.all("Pod", quota["metadata"]["namespace"])
    shares = shares_of_pods(quota, [entry], pods, holder_of, snapshot.now).get(entry, {})
    named = [
        (f"{holder.root_workload} of {holder.creator}" if holder.creator else holder.root_workload, share.amount)
        for holder, share in shares.items()
    ]
    return sorted(named, key=lambda item: (-item[1].value, item[0]))


def holders_text(snapshot: ClusterSnapshot, quota: Manifest, entry: str) -> str:
    """The same in words: `held by Deployment/serve (4), Job/train (2) and 3 more`; empty where none is known."""
    named = holders(snapshot, quota, entry)
    if not named:
        return ""
    return f"held by {first_of((f'{workload} ({amount})' for workload, amount in named), _SHOWN)}"

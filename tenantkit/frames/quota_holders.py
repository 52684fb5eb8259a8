"""Who holds a tenant's quota: which workloads, whose they are, of which entry how much, and since when.

Each entry that pods or volume claims count for is shared out among their workloads, by the arithmetic of the server's
own quota controller. What it has counted beyond that (a pod that it has not let go of yet, one made a moment ago) is a
row without a workload, so that the rows of an entry always add up to what is used. Entries that only count objects
(configmaps, services) are left out: who holds those, `resources` lists.

A person is who the object says made it, see `creators`; most say nothing, and then neither does this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.kit.creators import creator_of
from tenantkit.frames.kit.owners import owner_of_pod, read_chains
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.frames.quota import scopes_text, unit_of
from tenantkit.frames.volumes import claims_of, users_of
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored import get_namespace
from tenantkit.rules.pod_quota import pod_entries, pod_in_scope, pod_usage
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.owners import Chains
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

WHO_USES: Schema = {
    "tenant": "string",
    "namespace": "string",
    "quota": "string",
    "scopes": "string",
    "resource": "string",
    "unit": "string",
    "workload": "string",
    "person": "string",
    "used": "Float64",
    "hard": "Float64",
    "share_pct": "Float64",
    "objects": "Int64",
    "since": TIME,
}

_CLAIM_ENTRIES = ("persistentvolumeclaims", "count/persistentvolumeclaims", "requests.storage")
_OF_CLASS = ".storageclass.storage.k8s.io/"

_Holder: TypeAlias = "tuple[str, str | None]"  # workload and person


@dataclass(slots=True)
class _Held:
    """What one holder has of one entry."""

    amount: Fraction = field(default_factory=Fraction)
    objects: int = 0
    since: str | None = None

    def add(self, amount: Fraction, created: str | None) -> None:
        self.amount += amount
        self.objects += 1
        self.since = min(filter(None, (self.since, created)), default=None)


@takes_cluster
def quota_holders(cluster: Cluster, tenant: str) -> pd.DataFrame:
    """Who holds a tenant's quota: one row per quota, resource, workload and person. Experimental.

    Args:
        cluster: where.
        tenant: its name.

    Returns:
        tenant, namespace, quota (the ResourceQuota's name), scopes (<NA>: all pods), resource as the quota spells it,
        unit (`cores`, `bytes`, `count`), workload (`Deployment/api`, the root of the owners as far as they may be read;
        a pod or claim that nobody owns is itself; <NA>: what the server has counted beyond what is there to be seen),
        person (who the object says made it; <NA>: it does not): string; used, hard in that unit, share_pct (of hard;
        <NA> where nothing is granted): Float64; objects (how many pods or claims): Int64; since (the oldest of them):
        datetime64[ns, UTC]. Sorted by quota and resource, the largest first. `attrs["scope"]` is the namespace;
        `attrs["unread"]` says by kind what could not be read.

    Raises:
        NotFound: there is no such tenant.
        PermissionDenied: its quotas or its pods may not be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: get the namespace; list resourcequotas, pods, persistentvolumeclaims and the kinds of the pods' owners there.
    Source: page "Resource Quotas".

    Example:
        >>> quota_holders(cluster, "vision").query("resource == 'requests.nvidia.com/gpu'")  # doctest: +SKIP
    """
    live = get_namespace(cluster, tenant)
    namespace = live["metadata"]["name"]
    where = [namespace]
    quotas, _ = list_visible(cluster, "ResourceQuota", namespaces=where)
    pods, scope = list_visible(cluster, "Pod", namespaces=where)
    starts = {(namespace, owner) for pod in pods if (owner := owner_of_pod(pod["metadata"])) is not None}
    chains = read_chains(cluster, starts, namespaces=where)
    claims: list[Manifest] | None = None
    try:
        claims, _ = list_visible(cluster, "PersistentVolumeClaim", namespaces=where)
    except PermissionDenied as refusal:
        chains.unread["PersistentVolumeClaim"] = str(refusal)
    name = (live["metadata"].get("labels") or {}).get(TENANT_LABEL) or tenant
    frame = who_uses_frame(name, quotas, pods, claims=claims, chains=chains, now=cluster.server_time)
    frame.attrs |= {"scope": scope, "unread": dict(chains.unread)}
    return frame


def who_uses_frame(  # noqa: PLR0913 (what was read, by kind)
    tenant: str,
    quotas: Iterable[Manifest],
    pods: Sequence[Manifest],
    *,
    claims: Sequence[Manifest] | None,
    chains: Chains,
    now: datetime,
) -> pd.DataFrame:
    """The frame of `quota_holders`, of what the server answered for one namespace; no claims (None): not known."""
    holders = {id(pod): _holder_of(pod, chains) for pod in pods}
    users = users_of(map(claims_of, pods))
    by_name = {pod["metadata"]["name"]: holders[id(pod)] for pod in pods}
    rows: list[tuple[Any, ...]] = []
    for quota in quotas:
        spec, metadata = quota.get("spec") or {}, quota["metadata"]
        hard = spec.get("hard") or {}
        held = _held_by_pods(quota, pods, holders, now)
        if claims is not None and not scopes_text(spec):
            held |= _held_by_claims(hard, claims, users, by_name)
        used = _used(quota)
        for resource, found in held.items():
            head = (tenant, metadata["namespace"], metadata["name"], scopes_text(spec), resource, unit_of(resource))
            granted = parse_quantity(hard[resource])
            rows += [(*head, *each) for each in _shares(found, used.get(resource), granted)]
    return frame_of_rows(sorted(rows, key=_place), WHO_USES)


def _place(row: Sequence[Any]) -> tuple[str, str, str, float, str, str]:
    _, namespace, quota, _, resource, _, workload, person, used, *_ = row
    return namespace, quota, resource, -used, workload or "", person or ""


def _holder_of(pod: Manifest, chains: Chains) -> _Holder:
    metadata = pod["metadata"]
    namespace, owner = metadata["namespace"], owner_of_pod(metadata)
    if owner is None:
        return f"Pod/{metadata['name']}", creator_of(metadata)
    return str(chains.root(namespace, owner)), creator_of(metadata) or chains.creator(namespace, owner)


def _held_by_pods(
    quota: Manifest, pods: Iterable[Manifest], holders: Mapping[int, _Holder], now: datetime
) -> dict[str, dict[_Holder, _Held]]:
    """By entry and holder: what the pods in the quota's scopes take of it."""
    held: dict[str, dict[_Holder, _Held]] = {
        name: {} for name in pod_entries((quota.get("spec") or {}).get("hard") or {})
    }
    for pod in pods:
        if pod_in_scope(quota, pod["spec"]):
            for name, amount in pod_usage(pod, now).items():
                if name in held and amount.value:
                    entry = held[name].setdefault(holders[id(pod)], _Held())
                    entry.add(amount.value, pod["metadata"].get("creationTimestamp"))
    return held


def _held_by_claims(
    hard: Mapping[str, str],
    claims: Iterable[Manifest],
    users: Mapping[tuple[str, str], Sequence[str]],
    holders: Mapping[str, _Holder],
) -> dict[str, dict[_Holder, _Held]]:
    """The same for claims: the workload that mounts it, or the claim itself where none does, or several do."""
    entries = [name for name in hard if name in _CLAIM_ENTRIES or _OF_CLASS in name]
    held: dict[str, dict[_Holder, _Held]] = {name: {} for name in entries}
    for claim in claims:
        metadata, spec = claim["metadata"], claim.get("spec") or {}
        using = {holders[pod] for pod in users.get((metadata["namespace"], metadata["name"]), ()) if pod in holders}
        alone: _Holder = (f"PersistentVolumeClaim/{metadata['name']}", creator_of(metadata))
        holder = using.pop() if len(using) == 1 else alone
        size = _size(claim)
        for name in entries:
            of_class, _, bare = name.rpartition(_OF_CLASS)
            if not of_class or of_class == spec.get("storageClassName"):
                amount = size if bare == "requests.storage" else Fraction(1)
                held[name].setdefault(holder, _Held()).add(amount, metadata.get("creationTimestamp"))
    return held


def _size(claim: Manifest) -> Fraction:
    """What is asked, or what was given of it already while it is made larger or smaller: the larger."""
    asked = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    given = (claim.get("status") or {}).get("allocatedResources") or {}
    return max(parse_quantity(amounts.get("storage") or "0") for amounts in (asked, given))


def _used(quota: Manifest) -> dict[str, Fraction]:
    used = (quota.get("status") or {}).get("used") or {}
    return {name: parse_quantity(text) for name, text in used.items()}


def _shares(found: Mapping[_Holder, _Held], used: Fraction | None, hard: Fraction) -> Iterator[tuple[Any, ...]]:
    """workload, person, used, hard, share_pct, objects and since; last what is counted and not to be seen."""
    for (workload, person), held in found.items():
        yield workload, person, *_share(held.amount, hard), held.objects, held.since
    rest = used - sum((held.amount for held in found.values()), start=Fraction(0)) if used is not None else Fraction(0)
    if rest:
        yield None, None, *_share(rest, hard), None, None


def _share(amount: Fraction, hard: Fraction) -> tuple[float, float, float | None]:
    return float(amount), float(hard), float(100 * amount / hard) if hard else None

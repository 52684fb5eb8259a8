"""Quota holders: how each tenant's quota is divided among workloads, with their creators, and since when.

Each entry that pods or volume claims count for is divided among their workloads, by the arithmetic of the server's own
quota controller. What the controller has counted beyond these objects (a pod that it still counts, one created a moment
ago) is a row without a workload, so the rows of an entry always add up to its usage. Entries that only count objects
(configmaps, services) are left out; `resources` lists such objects.

The creator is the one that the object names, see `creators`; most objects name none.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.requests.unreadable import ObjectList
from tenantkit.cluster.visible import list_visible
from tenantkit.display.shown import EMPTY
from tenantkit.exceptions import InvalidSpecError, PermissionDenied, Problem, Worded
from tenantkit.frames.kit.coverage import gap_in, note_scope, note_totals, note_unreadable
from tenantkit.frames.kit.creators import NO_OBJECT, creator_of, why_no_creator
from tenantkit.frames.kit.empty_answers import note_empty, place_text
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import NO_OWNER, namespace_owner, read_owners_of
from tenantkit.frames.kit.owners import owner_of, read_chains
from tenantkit.frames.kit.quota_shares import Holder, shares_of_claims, shares_of_pods
from tenantkit.frames.kit.schema import TIME, frame_of, frame_of_rows
from tenantkit.frames.quota import scopes_text, unit_of
from tenantkit.provision.hosts.granted import owners_of
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.accelerators import is_accelerator
from tenantkit.rules.quantities import parse_quantity
from tenantkit.rules.quota_status import counted_usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.namespace_owners import NamespaceOwner, NamespaceOwners
    from tenantkit.frames.kit.owners import Chains
    from tenantkit.frames.kit.quota_shares import Share
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

QUOTA_HOLDERS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "quota": "string",
    "scopes": "string",
    "resource": "string",
    "unit": "string",
    "workload": "string",
    "root_workload": "string",
    "creator": "string",
    "creator_reason": "string",
    "owners": "string",
    "used": "Float64",
    "hard": "Float64",
    "share_pct": "Float64",
    "objects": "Int64",
    "since": TIME,
}
QUOTA_HOLDERS_BY_PERSON: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "quota": "string",
    "scopes": "string",
    "resource": "string",
    "unit": "string",
    "creator": "string",
    "creator_reason": "string",
    "owners": "string",
    "workloads": "string",
    "used": "Float64",
    "hard": "Float64",
    "share_pct": "Float64",
    "objects": "Int64",
    "since": TIME,
}
GPU = "gpu"  # for the accelerators of all vendors
_REQUESTS = "requests."
_ADDED_UP = frozenset({"workloads", "used", "hard", "share_pct", "objects", "since"})


@takes_cluster
def quota_holders(  # noqa: PLR0913 (all but one are optional)
    cluster: Cluster,
    tenant: str | None = None,
    *,
    resource: str | None = None,
    by: Literal["workload", "person"] = "workload",
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return who holds the quotas of all tenants or one: one row per quota, resource, workload and creator.

    Holders in namespaces that you may not read are left out; the table says below which namespaces it covers.
    Experimental: columns may change.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's quotas, by name. Default: all tenants'.
        resource: only this entry of the quotas, as they spell it or without `requests.`; `gpu` stands for the
            accelerators of all vendors. Default: all entries.
        by: `workload`, or `person`: then one row per quota, resource and creator. Default: workload.
        namespaces: the quotas in these, a tenant's or not, in place of `tenant`. Default: the tenants' among those of
            the connection; if it has none, all that you may list, else those of your tenants.
        label_selector: only what pods and claims with these labels hold, in the API server's syntax; then without the
            rows that have no workload. Default: all.

    Returns:
        tenant, team, namespace, quota (the ResourceQuota's name), scopes (<NA>: all pods), resource as the quota spells
        it, unit (`cores`, `bytes`, `count`), workload (`Deployment/api`; a pod or claim without an owner is its own;
        <NA>: what the server has counted beyond the objects that exist), root_workload (its top-level owner, as far as
        your permissions allow), creator (the person, from labels or annotations that hubs, Kubeflow, Ray and workflow
        engines write; <NA>: none is named), creator_reason (why, where it is <NA>), owners (of the tenant, whom to ask
        where no creator is named; joined by `, `; <NA> where you may not read them): string; used, hard in that unit,
        share_pct (of hard; <NA> where nothing is granted): Float64; objects (how many pods or claims): Int64; since
        (when the oldest was created): datetime64[us, UTC]. Sorted by namespace, quota and resource, the largest first.
        By person, `workloads` (joined by `, `) takes the place of workload and root_workload. `attrs["scope"]`:
        `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by kind, why the rows or columns
        that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, no quota has that entry, or an argument is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: quotas or pods may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list resourcequotas, pods, persistentvolumeclaims and the kinds of the pods' owners, for the whole cluster or
    in each namespace; list or get namespaces.
    Source: page "Resource Quotas".

    Example:
        >>> gpus = tk.quota_holders(cluster, resource="gpu", by="person")  # by a provisioner; an owner gets their own
        >>> sorted(set(gpus["tenant"]))
        ['chatbot', 'recsys', 'robotics', 'search']
    """
    _check_choice(resource, by)
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    quotas, scope = list_visible(cluster, "ResourceQuota", namespaces=filters.namespaces)
    where = None if scope == "cluster" else scope
    pods, readable = list_visible(cluster, "Pod", namespaces=where, label_selector=label_selector)
    starts = {(pod["metadata"]["namespace"], owner) for pod in pods if (owner := owner_of(pod["metadata"])) is not None}
    chains = read_chains(cluster, starts, namespaces=where)
    if readable != scope:
        hidden = sorted({quota["metadata"]["namespace"] for quota in quotas} - {*readable})
        if hidden:
            chains.incomplete["Pod"] = f"not allowed to list Pod in {', '.join(hidden)}"
        kept = (quota for quota in quotas if quota["metadata"]["namespace"] not in hidden)
        quotas = ObjectList(kept, unreadable=quotas.unreadable)
    claims: list[Manifest] | None = None
    try:
        claims = _claims(cluster, scope, label_selector)
    except PermissionDenied as refusal:
        chains.incomplete["PersistentVolumeClaim"] = Worded.of(refusal)
    note_unreadable(chains.incomplete, quotas, pods, claims or ())
    granted = read_owners_of(quotas, cluster, scope, chains.incomplete, _owner_and_persons)
    owned = {name: found[0] for name, found in granted.items() if found is not None}
    if filters.namespaces is None and "Namespace" not in chains.incomplete:
        quotas = ObjectList(quota for quota in quotas if quota["metadata"]["namespace"] in owned)
    entries = None if resource is None else _entries(quotas, resource)
    frame = quota_holders_frame(
        quotas,
        pods,
        claims=claims,
        chains=chains,
        owned=owned,
        persons={name: found[1] for name, found in granted.items() if found is not None},
        now=cluster.server_time,
        is_whole=filters.label_selector is None,
        entries=entries,
    )
    frame = by_person(frame) if by == "person" else frame
    note_scope(frame, cluster, scope, filters.namespaces)
    note_totals(frame, cluster)
    note_empty(frame, "holders of quotas", scope, tenant=tenant, label_selector=filters.label_selector)
    if resource == GPU and not entries:
        place = place_text(scope, tenant)
        frame.attrs[EMPTY] = f"No quota limits accelerators {place}: pods(…) lists the pods that request them."
    return frame


def _claims(cluster: Cluster, scope: Scope, label_selector: str | None) -> list[Manifest]:
    """All claims in this scope: with a part of them, the rest of the usage would seem to have no workload."""
    where = None if scope == "cluster" else scope
    claims, covered = list_visible(cluster, "PersistentVolumeClaim", namespaces=where, label_selector=label_selector)
    if (gap := gap_in("PersistentVolumeClaim", covered, scope)) is not None:
        raise PermissionDenied(gap, status=403, kind="PersistentVolumeClaim")
    return claims


def quota_holders_frame(  # noqa: PLR0913 (what was read, by kind)
    quotas: Iterable[Manifest],
    pods: Sequence[Manifest],
    *,
    claims: Sequence[Manifest] | None,
    chains: Chains,
    now: datetime,
    owned: NamespaceOwners | None = None,
    persons: Mapping[str, Sequence[str]] | None = None,
    is_whole: bool = True,
    entries: frozenset[str] | None = None,
) -> pd.DataFrame:
    """The frame of `quota_holders`, from objects as the server returns them.

    Args:
        quotas: of any namespaces.
        pods: of these namespaces.
        claims: likewise; None: unknown.
        chains: the owners of the pods' owners.
        now: the server's time.
        owned: tenant and team by namespace. Default: unknown.
        persons: the tenant's owners by namespace. Default: unknown.
        is_whole: whether all pods and claims are given, so that the rest of the usage has no workload. Default: yes.
        entries: only these. Default: all.
    """
    quotas, pods = as_read("ResourceQuota", quotas), as_read("Pod", pods)
    claims = None if claims is None else as_read("PersistentVolumeClaim", claims)
    holders = {id(pod): _holder(pod, chains) for pod in pods}
    pods_in, claims_in = _by_namespace(pods), _by_namespace(claims or ())
    rows: list[tuple[Any, ...]] = []
    for quota in quotas:
        spec, metadata = quota.get("spec") or {}, quota["metadata"]
        namespace, scopes = metadata["namespace"], scopes_text(spec)
        owners = ", ".join((persons or {}).get(namespace, ())) or None
        granted_all = spec.get("hard") or {}
        hard = {name: text for name, text in granted_all.items() if entries is None or name in entries}
        local = pods_in.get(namespace, [])
        shares = shares_of_pods(quota, hard, local, lambda pod: holders[id(pod)], now)
        if claims is not None and not scopes:
            shares |= shares_of_claims(hard, claims_in.get(namespace, []), local, lambda pod: holders[id(pod)])
        used = {name: parse_quantity(text) for name, text in counted_usage(quota).items()} if is_whole else {}
        for resource, held in shares.items():
            place = (namespace, metadata["name"], scopes, resource, unit_of(resource))
            granted = parse_quantity(hard[resource])
            rows += [
                (*(owned or {}).get(namespace, NO_OWNER), *place, *whose, owners, *amounts)
                for whose, amounts in _shares(held, used.get(resource), granted)
            ]
    frame = frame_of_rows(sorted(rows, key=_sort_key), QUOTA_HOLDERS)
    frame.attrs["incomplete"] = dict(chains.incomplete)
    return frame


def by_person(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of `quota_holders` added up for each person; those without a person by the reason for that."""
    keys = [name for name in QUOTA_HOLDERS_BY_PERSON if name in QUOTA_HOLDERS and name not in _ADDED_UP]
    grouped = frame.groupby(keys, dropna=False, sort=False)
    added = grouped.agg(
        workloads=("workload", lambda names: ", ".join(dict.fromkeys(names.dropna())) or None),
        used=("used", "sum"),
        hard=("hard", "first"),
        objects=("objects", lambda counts: counts.sum(min_count=1)),
        since=("since", "min"),
    ).reset_index()
    share = 100 * added["used"] / added["hard"].where(added["hard"] != 0)
    added = added.assign(share_pct=share).sort_values(
        ["namespace", "quota", "resource", "used"], ascending=[True, True, True, False], kind="stable"
    )
    columns = {name: added.astype({name: dtype})[name].array for name, dtype in QUOTA_HOLDERS_BY_PERSON.items()}
    found = frame_of(columns, QUOTA_HOLDERS_BY_PERSON)
    found.attrs["incomplete"] = dict(frame.attrs.get("incomplete") or {})
    return found


def _check_choice(resource: object, by: object) -> None:
    problems: list[Problem] = []
    if resource is not None and (not isinstance(resource, str) or not resource):
        problems.append(Problem("resource", resource, "use 'gpu' or an entry of a quota, for example 'requests.cpu'"))
    if by not in ("workload", "person"):
        problems.append(Problem("by", by, "use 'workload' or 'person'"))
    if problems:
        raise InvalidSpecError(problems)


def _entries(quotas: Iterable[Manifest], resource: str) -> frozenset[str]:
    """The entries of these quotas that a resource means.

    Raises:
        InvalidSpecError: no quota has this entry, usually because of a typing error. An empty frame would mean that
            nobody holds it.
    """
    every = {name for quota in quotas for name in (quota.get("spec") or {}).get("hard") or {}}
    if resource in (GPU, "gpus"):
        return frozenset(name for name in every if is_accelerator(name.removeprefix(_REQUESTS)))
    found = frozenset({resource, f"{_REQUESTS}{resource}"} & every)
    if every and not found:
        reason = f"no quota has this entry: use 'gpu' or one of {', '.join(map(repr, sorted(every)))}"
        raise InvalidSpecError([Problem("resource", resource, reason)])
    return found


def _by_namespace(manifests: Iterable[Manifest]) -> dict[str, list[Manifest]]:
    grouped: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        grouped.setdefault(manifest["metadata"]["namespace"], []).append(manifest)
    return grouped


def _sort_key(row: Sequence[Any]) -> tuple[str, str, str, float, str, str]:
    _, _, namespace, quota, _, resource, _, workload, _, creator, _, _, used, *_ = row
    return namespace, quota, resource, -used, workload or "", creator or ""


def _holder(pod: Manifest, chains: Chains) -> Holder:
    metadata = pod["metadata"]
    namespace, owner = metadata["namespace"], owner_of(metadata)
    creator = creator_of(metadata) or (owner and chains.creator(namespace, owner))
    person = (creator, None if creator else why_no_creator(metadata))
    if owner is None:
        return Holder(f"Pod/{metadata['name']}", f"Pod/{metadata['name']}", *person)
    return Holder(str(chains.workload(namespace, owner)), str(chains.root(namespace, owner)), *person)


def _owner_and_persons(namespace: Manifest) -> tuple[NamespaceOwner, tuple[str, ...]]:
    return namespace_owner(namespace), owners_of(namespace)


def _shares(
    held: Mapping[Holder, Share], used: Fraction | None, hard: Fraction
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """The cells from `workload` to `creator_reason`, and those from `used` on; last, what no object accounts for."""
    for holder, share in held.items():
        yield (*holder,), (*_amounts(share.amount.value, hard), share.objects, share.since)
    if used is not None:
        rest = used - sum((share.amount.value for share in held.values()), start=Fraction(0))
        if rest:
            yield (None, None, None, NO_OBJECT), (*_amounts(rest, hard), None, None)


def _amounts(amount: Fraction, hard: Fraction) -> tuple[float, float, float | None]:
    return float(amount), float(hard), float(100 * amount / hard) if hard else None

"""Events: what happened to objects; events with one object, type, reason and message are one row, the latest first.

A crash loop writes its event again and again, and each writer counts differently: older ones in `count` and two times,
newer ones (events.k8s.io) in a series, many only by a further event. All of them are added up here. Rejected
alternative: one row per event, which hides the important one in a page of "Back-off restarting failed container".

Source: page "Event" of the API reference (both core and events.k8s.io).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from typing_extensions import TypedDict

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import project_visible
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import NO_OWNER, read_namespace_owners
from tenantkit.frames.kit.owners import Chains, Owner, read_chains
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.frames.kit.workload_state import WORKLOAD_KINDS
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.namespace_owners import NamespaceOwners
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

EVENTS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "last_seen": TIME,
    "first_seen": TIME,
    "count": "Int64",
    "type": "string",
    "reason": "string",
    "object": "string",
    "workload": "string",
    "root_workload": "string",
    "message": "string",
    "source": "string",
}

# what is equal in one row: namespace, object, type, reason, message; then source, count, first and last seen
_Key: TypeAlias = "tuple[str, tuple[str, str], str | None, str | None, str | None]"
_Read: TypeAlias = "tuple[_Key, str | None, int, datetime | None, datetime | None]"


class _Metadata(TypedDict, total=False):
    namespace: str
    creationTimestamp: str | None


class _Involved(TypedDict, total=False):
    kind: str
    name: str


class _Series(TypedDict, total=False):
    count: int
    lastObservedTime: str | None


class _Source(TypedDict, total=False):
    component: str


class _Fields(TypedDict, total=False):
    metadata: _Metadata
    involvedObject: _Involved
    type: str
    reason: str
    message: str
    count: int
    firstTimestamp: str | None
    lastTimestamp: str | None
    eventTime: str | None
    series: _Series
    source: _Source
    reportingComponent: str


@takes_cluster
def events(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return what happened to objects, the latest first: one row per object, type, reason and message.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants', and those of namespaces without a tenant.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only events whose own labels match, in the API server's syntax; few events have labels.
            Default: all.

    Returns:
        tenant, team (<NA>: not a tenant's namespace, or not readable), namespace: string; last_seen, first_seen:
        datetime64[us, UTC]; count: Int64; type (`Normal`, `Warning`), reason, object (`Pod/api-7d9f-x`), workload
        (`Deployment/api`: what the object is or belongs to), root_workload (its top-level owner, as far as known), both
        <NA> for an object that is not part of a workload, and for a pod or ReplicaSet that does not exist any more or
        may not be read; message, source (who reported it): string.
        Sorted by last_seen, the latest first. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers.
        `attrs["incomplete"]`: by kind, why the columns that depend on it are incomplete. A cluster deletes its events
        after a while, usually an hour.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: events may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list events, for the whole cluster or in each namespace; for tenant and team, list or get namespaces; for the
    workload, list pods and the kinds of their owners.
    Source: page "Event" of the API reference.

    Example:
        >>> warnings = events(cluster, tenant="speech").query("type == 'Warning'")
        >>> list(warnings.columns[:5])
        ['tenant', 'team', 'namespace', 'last_seen', 'first_seen']
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    reads, scope = project_visible(
        cluster, "Event", _read, fields=_Fields, namespaces=filters.namespaces, label_selector=filters.label_selector
    )
    starts = {(key[0], owner) for key, *_ in reads if (owner := _owner(key[1])) is not None}
    chains = read_chains(cluster, starts, namespaces=None if scope == "cluster" else scope)
    frame = _frame(reads, read_namespace_owners(cluster, scope, chains.incomplete), chains)
    note_unreadable(chains.incomplete, reads)
    frame.attrs["incomplete"] = dict(chains.incomplete)
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "events", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def events_frame(
    events: Iterable[Manifest], *, owned: NamespaceOwners | None = None, chains: Chains | None = None
) -> pd.DataFrame:
    """The frame of `events`, from Events of the core group as the server returns them.

    Args:
        events: of any namespaces.
        owned: tenant and team by namespace. Default: unknown.
        chains: the owners of objects. Default: unknown.
    """
    return _frame(map(_read, as_read("Event", events)), owned or {}, chains or Chains())


def _read(event: Manifest) -> _Read:
    metadata, involved = event["metadata"], event.get("involvedObject") or {}
    series = event.get("series") or {}
    reported = event.get("eventTime") or metadata.get("creationTimestamp")
    first = event.get("firstTimestamp") or reported
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or reported
    key = (
        metadata["namespace"],
        (str(involved.get("kind") or ""), str(involved.get("name") or "")),
        event.get("type") or None,
        event.get("reason") or None,
        event.get("message") or None,
    )
    source = (event.get("source") or {}).get("component") or event.get("reportingComponent") or None
    return key, source, series.get("count") or event.get("count") or 1, parse_time(first), parse_time(last)


def _owner(involved: tuple[str, str]) -> Owner | None:
    """The object as an owner, if it is a pod or a workload of Kubernetes' own kinds."""
    kind, name = involved
    return Owner(kind_of(kind).api_version, kind, name) if kind in ("Pod", *WORKLOAD_KINDS) else None


def _workloads(namespace: str, involved: tuple[str, str], chains: Chains) -> tuple[str | None, str | None]:
    """Workload and root workload of an object; a pod or ReplicaSet that was not read may have belonged to any."""
    this = _owner(involved)
    if this is None or (this.kind in ("Pod", "ReplicaSet") and (namespace, this) not in chains.owners):
        return None, None
    owner = chains.owners.get((namespace, this)) if this.kind == "Pod" else None
    return str(chains.workload(namespace, owner or this)), str(chains.root(namespace, this))


def _frame(reads: Iterable[_Read], owned: NamespaceOwners, chains: Chains) -> pd.DataFrame:
    merged: dict[_Key, _Read] = {}
    for read in reads:
        key, source, count, first, last = read
        known = merged.get(key)
        if known is not None:
            _, known_source, known_count, known_first, known_last = known
            first, last = _pick(min, first, known_first), _pick(max, last, known_last)
            read = (key, known_source or source, count + known_count, first, last)  # noqa: PLW2901 (the same, added up)
        merged[key] = read
    ordered = sorted(merged.values(), key=lambda read: [_label(text) for text in read[0]])
    ordered.sort(key=lambda read: -(read[4].timestamp() if read[4] is not None else 0.0))
    return frame_of_rows((_row(read, owned, chains) for read in ordered), EVENTS)


def _row(read: _Read, owned: NamespaceOwners, chains: Chains) -> tuple[object, ...]:
    (namespace, involved, kind, reason, message), source, count, first, last = read
    return (
        *owned.get(namespace, NO_OWNER),
        namespace,
        last and last.isoformat(),
        first and first.isoformat(),
        count,
        kind,
        reason,
        _label(involved),
        *_workloads(namespace, involved, chains),
        message,
        source,
    )


def _label(text: str | tuple[str, str] | None) -> str:
    return "/".join(text) if isinstance(text, tuple) else text or ""


def _pick(
    of_both: Callable[[datetime, datetime], datetime], one: datetime | None, other: datetime | None
) -> datetime | None:
    return of_both(one, other) if one is not None and other is not None else one or other

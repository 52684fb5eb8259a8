"""What the cluster says has happened: the same words about the same object are one row, the latest first.

A crash loop writes its event again and again, and each writer counts in its own way: older ones in `count` and two
times, newer ones (events.k8s.io) in a series, many not at all but by a further event. Here all are added up. Turned
down: an event a row, of which a page of "Back-off restarting failed container" hides the one that matters.

Source: page "Event" of the API reference (both core and events.k8s.io).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from typing_extensions import TypedDict

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import keep_visible
from tenantkit.frames.kit.namespace_owners import NOBODYS, read_owned
from tenantkit.frames.kit.schema import TIME, frame_of_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.namespace_owners import Owned
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
    "message": "string",
    "source": "string",
}

# namespace, object, type, reason, message: what is the same; then source, count, first and last seen
_Said: TypeAlias = "tuple[str, str, str | None, str | None, str | None]"
_Read: TypeAlias = "tuple[_Said, str | None, int, datetime | None, datetime | None]"


class _Metadata(TypedDict, total=False):
    namespace: str
    creationTimestamp: str | None


class _About(TypedDict, total=False):
    kind: str
    name: str


class _Series(TypedDict, total=False):
    count: int
    lastObservedTime: str | None


class _Source(TypedDict, total=False):
    component: str


class _Parts(TypedDict, total=False):
    metadata: _Metadata
    involvedObject: _About
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
def events(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """What has happened to objects, the latest first: one row per object, type, reason and message.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        tenant, team: string, <NA> for a namespace that is no tenant's or may not be read; namespace; last_seen,
        first_seen: datetime64[ns, UTC]; count (how often it was said): Int64; type (`Normal`, `Warning`), reason,
        object (`Pod/api-7d9f-x`), message, source (who says so): string. Sorted by last_seen, the latest first.
        `attrs["scope"]` is `cluster`, or the tuple of namespaces that it covers; `attrs["unread"]` says by kind what
        could not be read. A cluster forgets its events, mostly after an hour.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list events, for the whole cluster or in each namespace; for tenant and team, list or get namespaces.
    Source: page "Event" of the API reference.

    Example:
        >>> events(cluster).query("type == 'Warning'")  # doctest: +SKIP
    """
    reads, scope = keep_visible(cluster, "Event", _read, parts=_Parts, namespaces=namespaces)
    unread: dict[str, str] = {}
    frame = _frame(reads, read_owned(cluster, scope, unread))
    frame.attrs |= {"scope": scope, "unread": unread}
    return frame


def events_frame(events: Iterable[Manifest], *, owned: Owned | None = None) -> pd.DataFrame:
    """The frame of `events`, of Events of the core group as the server answered them."""
    return _frame(map(_read, events), owned or {})


def _read(event: Manifest) -> _Read:
    metadata, about = event["metadata"], event.get("involvedObject") or {}
    series = event.get("series") or {}
    born = event.get("eventTime") or metadata.get("creationTimestamp")
    first = event.get("firstTimestamp") or born
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or born
    said = (
        metadata["namespace"],
        f"{about.get('kind') or ''}/{about.get('name') or ''}",
        event.get("type") or None,
        event.get("reason") or None,
        event.get("message") or None,
    )
    source = (event.get("source") or {}).get("component") or event.get("reportingComponent") or None
    return said, source, series.get("count") or event.get("count") or 1, _time(first), _time(last)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _frame(reads: Iterable[_Read], owned: Owned) -> pd.DataFrame:
    merged: dict[_Said, _Read] = {}
    for read in reads:
        said, source, count, first, last = read
        known = merged.get(said)
        if known is not None:
            _, known_source, known_count, known_first, known_last = known
            first, last = _pick(min, first, known_first), _pick(max, last, known_last)
            read = (said, known_source or source, count + known_count, first, last)  # noqa: PLW2901 (the same, added up)
        merged[said] = read
    ordered = sorted(merged.values(), key=lambda read: tuple(text or "" for text in read[0]))
    ordered.sort(key=lambda read: -(read[4].timestamp() if read[4] is not None else 0.0))
    return frame_of_rows(
        (
            (
                *owned.get(said[0], NOBODYS),
                said[0],
                last and last.isoformat(),
                first and first.isoformat(),
                count,
                said[2],
                said[3],
                said[1],
                said[4],
                source,
            )
            for said, source, count, first, last in ordered
        ),
        EVENTS,
    )


def _pick(
    of_both: Callable[[datetime, datetime], datetime], one: datetime | None, other: datetime | None
) -> datetime | None:
    return of_both(one, other) if one is not None and other is not None else one or other

"""A snapshot: live objects by kind, and which kinds could not be read. Pure: no cluster, no clock.

A kind that was not read is not the same as a kind without objects; `knows` tells them apart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.frames.kit.creators import creator_of
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.owners import owners_of
from tenantkit.rules.manifest import controller_of
from tenantkit.rules.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from tenantkit.rules.manifest import Manifest

Key: TypeAlias = tuple[str, str, str]  # kind, namespace, name

_MAX_DEPTH = 8  # an owner chain is three or four long; owners that own each other must end


@dataclass(frozen=True)
class ClusterSnapshot:
    """Live objects at one moment.

    Args:
        objects: by kind, each object with its `kind`; a kind that is absent was not read.
        now: the server's time.
        incomplete: why kinds could not be read; a kind may have been read in part.
        above: by namespace and object, the owners of objects that were not read themselves, as `Kind/name`.
        creators: likewise, the creators that these objects name.
        unknown_owners: by kind, why the owners of its objects are unknown, so that chains end there.
        bound: the pods that hold resources on nodes, in all namespaces; or why they were not read.
        team: who maintains the platform, as `platform_team` words it.
    """

    objects: Mapping[str, Sequence[Manifest]]
    now: datetime
    incomplete: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[tuple[str, str], str] = field(default_factory=dict)
    creators: Mapping[tuple[str, str], str] = field(default_factory=dict)
    bound: Sequence[Manifest] | str = "not read"
    unknown_owners: Mapping[str, str] = field(default_factory=dict)
    team: str = "the platform team"

    def __post_init__(self) -> None:
        """Read what does not have its type as missing: one odd object must not hide the causes in the others."""
        object.__setattr__(self, "objects", {kind: as_read(kind, found) for kind, found in self.objects.items()})
        if not isinstance(self.bound, str):
            object.__setattr__(self, "bound", as_read("Pod", self.bound))

    def all(self, kind: str, namespace: str | None = None) -> Sequence[Manifest]:
        """The objects of a kind, in one namespace or all."""
        if namespace is None:
            return self.objects.get(kind) or ()
        return self._by_namespace.get((kind, namespace), ())

    def find(self, kind: str, name: str, namespace: str = "") -> Manifest | None:
        """One object; None where it does not exist or was not read."""
        return self._by_key.get((kind, namespace, name))

    def knows(self, kind: str) -> bool:
        """Whether all objects of this kind were read, so that a missing one does not exist."""
        return kind in self.objects and kind not in self.incomplete

    def events(self, manifest: Manifest, *reasons: str) -> list[Manifest]:
        """The events about an object, the latest first; only those with these reasons, if any are given."""
        found = self._events.get(_key(manifest), ())
        uid = manifest["metadata"].get("uid")
        return [
            event
            for event in found
            if (not reasons or event.get("reason") in reasons)
            and (event["involvedObject"].get("uid") or uid) == (uid or event["involvedObject"].get("uid"))
        ]

    def pods_of(self, manifest: Manifest) -> Sequence[Manifest]:
        """The pods that this object controls directly."""
        return self._controlled.get(_key(manifest), ())

    def chain(self, manifest: Manifest) -> tuple[str, ...]:
        """The object and its owners, up to the top-level one."""
        links, namespace = [label(manifest)], manifest["metadata"].get("namespace") or ""
        current: Manifest | None = manifest
        while len(links) < _MAX_DEPTH:
            above = [str(owner) for owner in owners_of(current["metadata"])] if current is not None else []
            if not above and (known := self.above.get((namespace, links[-1]))) is not None:
                above = [known]
            if not above:
                break
            links += above
            kind, _, name = links[-1].partition("/")
            current = self.find(kind, name, namespace)
        return tuple(links)

    def creator(self, manifest: Manifest) -> str | None:
        """The creator that the object names, or the nearest of its owners."""
        namespace = manifest["metadata"].get("namespace") or ""
        for link in self.chain(manifest):
            kind, _, name = link.partition("/")
            found = manifest if link == label(manifest) else self.find(kind, name, namespace)
            creator = self.creators.get((namespace, link)) if found is None else creator_of(found["metadata"])
            if creator:
                return creator
        return None

    def age(self, time: str | None) -> timedelta | None:
        """How long ago that was; None without a time that can be read."""
        moment = parse_time(time)
        return None if moment is None else self.now - moment

    def is_older(self, time: str | None, seconds: float) -> bool:
        """True if that is longer ago; False without a time."""
        age = self.age(time)
        return age is not None and age.total_seconds() > seconds

    @cached_property
    def _by_key(self) -> dict[Key, Manifest]:
        return {_key(manifest): manifest for found in self.objects.values() for manifest in found}

    @cached_property
    def _by_namespace(self) -> dict[tuple[str, str], list[Manifest]]:
        grouped: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for kind, found in self.objects.items():
            for manifest in found:
                grouped[kind, manifest["metadata"].get("namespace") or ""].append(manifest)
        return grouped

    @cached_property
    def _events(self) -> dict[Key, list[Manifest]]:
        grouped: dict[Key, list[Manifest]] = defaultdict(list)
        for event in sorted(self.all("Event"), key=last_seen, reverse=True):
            about = event.get("involvedObject") or {}
            grouped[about.get("kind") or "", about.get("namespace") or "", about.get("name") or ""].append(event)
        return grouped

    @cached_property
    def _controlled(self) -> dict[Key, list[Manifest]]:
        grouped: dict[Key, list[Manifest]] = defaultdict(list)
        for pod in self.all("Pod"):
            owner = controller_of(pod)
            if owner is not None:
                grouped[owner["kind"], pod["metadata"]["namespace"], owner["name"]].append(pod)
        return grouped


def label(manifest: Manifest) -> str:
    """The name of an object in a finding: `Job/train`."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def condition(manifest: Manifest, kind: str, status: str | None = None) -> Manifest | None:
    """The condition of that type; with `status`, only if it has that status."""
    for entry in (manifest.get("status") or {}).get("conditions") or ():
        if entry.get("type") == kind and status in (None, entry.get("status")):
            return dict(entry)
    return None


def last_seen(event: Manifest) -> str:
    """When it last happened, in either form of events."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next(filter(None, times), None) or event["metadata"].get("creationTimestamp") or ""


def first_seen(event: Manifest) -> str | None:
    """When it first happened."""
    times = (event.get("firstTimestamp"), event.get("eventTime"), event["metadata"].get("creationTimestamp"))
    return next(filter(None, times), None)


def event_text(event: Manifest) -> str:
    """Where a message was read: `event FailedCreate of ReplicaSet/train, 12 times`."""
    about = event.get("involvedObject") or {}
    count = (event.get("series") or {}).get("count") or event.get("count") or 1
    times = f", {count} times" if count > 1 else ""
    return f"event {event.get('reason')} of {about.get('kind')}/{about.get('name')}{times}"


def _key(manifest: Manifest) -> Key:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace") or "", metadata["name"]

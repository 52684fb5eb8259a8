"""What a live view knows of a cluster: a row an object, kept by events. No widget, no thread, no clock.

An object is read once, when it has changed, and only its row is kept: of 5,000 pods a few megabytes, and an annotation
of one megabyte not at all. Turned down: whole objects and a frame of them at each change, which takes a second each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.display.tables import clean
from tenantkit.findings.snapshot import last_seen
from tenantkit.frames.kit.owners import owner_of
from tenantkit.frames.kit.workload_state import workload_state
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.pod_status import pod_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.cluster.requests.watch import EventType
    from tenantkit.rules.manifest import Manifest

_TEXT_LIMIT = 300
_MOST_OWNERS = 10  # in a row; owners may name each other in a circle
_WHOLE = frozenset({"ResourceQuota"})  # few, and their frame wants all of them


@dataclass(frozen=True, slots=True)
class Row:
    """One object as it is shown; tenant and team are its namespace's.

    Args:
        of: its owner, or what an event is about: `Deployment/web`; empty where there is none.
        at: when an event was seen last, as the server writes it.
    """

    kind: str
    tenant: str
    team: str
    namespace: str
    name: str
    state: str
    detail: str
    of: str = ""
    at: str = ""

    @property
    def label(self) -> str:
        """`Pod/web-1`."""
        return f"{self.kind}/{self.name}"


@dataclass(slots=True)
class Model:
    """Objects by kind, and what could not be read."""

    found: dict[str, dict[tuple[str, str], Row]] = field(default_factory=dict)
    whole: dict[str, dict[tuple[str, str], Manifest]] = field(default_factory=dict)
    owned: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)  # by kind and namespace; "": everywhere

    def take(self, event: EventType, manifest: Manifest, kind: str) -> None:
        """What a watch has told of an object."""
        metadata = manifest["metadata"]
        key = (metadata.get("namespace") or "", metadata["name"])
        rows, whole = self.found.setdefault(kind, {}), self.whole.setdefault(kind, {})
        if event == "DELETED":
            rows.pop(key, None)
            whole.pop(key, None)
            if kind == "Namespace":
                self.owned.pop(metadata["name"], None)
            return
        if kind == "Namespace":
            labels = metadata.get("labels") or {}
            self.owned[metadata["name"]] = (labels.get(TENANT_LABEL) or "", labels.get(TEAM_LABEL) or "")
        if kind in _WHOLE:
            whole[key] = {
                **manifest,
                "metadata": {name: metadata.get(name) for name in ("name", "namespace", "labels")},
            }
        state, detail = (clean(text[:_TEXT_LIMIT]) for text in _seen(kind, manifest))
        at = last_seen(manifest) if kind == "Event" else ""
        rows[key] = Row(kind, "", "", *key, state, detail, _of(manifest), at)

    def forget(self, kind: str, namespace: str | None = None) -> None:
        """A watch begins anew, in a namespace or everywhere: what it does not tell again is gone."""
        place = 1 if kind == "Namespace" else 0
        for known in (self.found.get(kind, {}), self.whole.get(kind, {})):
            for key in [key for key in known if namespace in {None, key[place]}]:
                del known[key]
        if kind == "Namespace":
            self.owned = {name: whose for name, whose in self.owned.items() if namespace not in {None, name}}

    def rows(self, *, team: str = "", tenant: str = "", kind: str = "", state: str = "") -> Iterator[Row]:
        """What fits the filters (an empty one lets all through), by kind and name; last the events, latest first."""
        for each in [kind] if kind else sorted(self.found, key=lambda kind: (kind == "Event", kind)):
            for row in _in_order(self.found.get(each, {}).values()):
                whose = self.owned.get(row.namespace or row.name, ("", ""))
                if (tenant and whose[0] != tenant) or (team and whose[1] != team) or (state and row.state != state):
                    continue
                yield Row(row.kind, *whose, row.namespace, row.name, row.state, row.detail, row.of, row.at)

    def root(self, row: Row) -> str:
        """What a person made that an object belongs to, or an event is about, as far as it is known: `Job/train`."""
        label = row.of or row.label
        for _ in range(_MOST_OWNERS):
            kind, _, name = label.partition("/")
            owner = self.found.get(kind, {}).get((row.namespace, name))
            if owner is None or not owner.of:
                break
            label = owner.of
        return label

    def quotas(self) -> list[Manifest]:
        """The tenants' ResourceQuotas, each with the labels that its namespace says."""
        found = []
        for (namespace, _), quota in self.whole.get("ResourceQuota", {}).items():
            tenant, team = self.owned.get(namespace, ("", ""))
            if tenant or not self.owned:  # without the namespaces, a quota's own labels have to do
                own = {TENANT_LABEL: tenant, TEAM_LABEL: team} if tenant else quota["metadata"].get("labels") or {}
                found.append({**quota, "metadata": {**quota["metadata"], "labels": own}})
        return found

    @property
    def tenants(self) -> list[str]:
        """Their names, in order."""
        return sorted({tenant for tenant, _ in self.owned.values() if tenant})

    @property
    def teams(self) -> list[str]:
        """Their names, in order."""
        return sorted({team for _, team in self.owned.values() if team})

    @property
    def states(self) -> list[str]:
        """All that some object is in, in order."""
        return sorted({row.state for rows in self.found.values() for row in rows.values() if row.state})


def _in_order(rows: Iterable[Row]) -> list[Row]:
    by_name = sorted(rows, key=lambda row: (row.namespace, row.name))
    return sorted(by_name, key=lambda row: row.at, reverse=True)


def _of(manifest: Manifest) -> str:
    involved, owner = manifest.get("involvedObject"), owner_of(manifest["metadata"])
    if involved:
        return f"{involved.get('kind')}/{involved.get('name')}"
    return str(owner) if owner is not None else ""


def _seen(kind: str, manifest: Manifest) -> tuple[str, str]:
    """An object's state, and a line about it."""
    if kind == "Pod":
        spec, found = manifest.get("spec") or {}, pod_status(manifest)
        parts = [f"on {spec['nodeName']}" if spec.get("nodeName") else "no node yet"]
        parts += [f"{found.restarts} restarts"] if found.restarts else []
        return found.status or "", ", ".join(parts)
    if kind == "Event":
        return manifest.get("type") or "", f"{_of(manifest)}: {manifest.get('reason')}: {manifest.get('message')}"
    if kind == "Namespace":
        return (manifest.get("status") or {}).get("phase") or "", ""
    state = workload_state(kind, manifest)
    counts = f"{state.pods_ready} of {state.pods_desired} ready" if state.pods_ready is not None else ""
    return state.state or "", counts

"""What a live view knows of a cluster: a row an object, kept by events. No widget, no thread, no clock.

An object is read once, when it has changed, and only its row is kept: of 5,000 pods a few megabytes, and an annotation
of one megabyte not at all. Turned down: whole objects and a frame of them at each change, which takes a second each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.frames.workload_state import workload_state
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.pod_status import pod_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.watching import EventType
    from tenantkit.rules.manifest import Manifest

_TEXT_LIMIT = 300
_WHOLE = frozenset({"ResourceQuota"})  # few, and their frame wants all of them


@dataclass(frozen=True, slots=True)
class Row:
    """One object as it is shown; tenant and team are its namespace's."""

    kind: str
    tenant: str
    team: str
    namespace: str
    name: str
    state: str
    detail: str


@dataclass(slots=True)
class Model:
    """Objects by kind, and what could not be read."""

    found: dict[str, dict[tuple[str, str], Row]] = field(default_factory=dict)
    whole: dict[str, dict[tuple[str, str], Manifest]] = field(default_factory=dict)
    owned: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

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
        state, detail = _seen(kind, manifest)
        rows[key] = Row(kind, "", "", *key, state[:_TEXT_LIMIT], detail[:_TEXT_LIMIT])

    def forget(self, kind: str) -> None:
        """A watch begins anew: what it does not tell again is gone."""
        self.found.pop(kind, None)
        self.whole.pop(kind, None)
        if kind == "Namespace":
            self.owned.clear()

    def rows(self, *, team: str = "", tenant: str = "", kind: str = "", state: str = "") -> Iterator[Row]:
        """What fits the filters, of which an empty one lets all through; by kind, namespace and name."""
        for each in [kind] if kind else sorted(self.found):
            for row in sorted(self.found.get(each, {}).values(), key=lambda row: (row.namespace, row.name)):
                whose = self.owned.get(row.namespace or row.name, ("", ""))
                if (tenant and whose[0] != tenant) or (team and whose[1] != team) or (state and row.state != state):
                    continue
                yield Row(row.kind, *whose, row.namespace, row.name, row.state, row.detail)

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


def _seen(kind: str, manifest: Manifest) -> tuple[str, str]:
    """An object's state, and a line about it."""
    if kind == "Pod":
        spec, found = manifest.get("spec") or {}, pod_status(manifest)
        parts = [f"on {spec['nodeName']}" if spec.get("nodeName") else "no node yet"]
        parts += [f"{found.restarts} restarts"] if found.restarts else []
        return found.status or "", ", ".join(parts)
    if kind == "Event":
        about = manifest.get("involvedObject") or {}
        text = f"{about.get('kind')}/{about.get('name')}: {manifest.get('reason')}: {manifest.get('message')}"
        return manifest.get("type") or "", text
    if kind == "Namespace":
        return (manifest.get("status") or {}).get("phase") or "", ""
    state = workload_state(kind, manifest)
    counts = f"{state.ready} of {state.desired} ready" if state.ready is not None else ""
    return state.state or "", counts

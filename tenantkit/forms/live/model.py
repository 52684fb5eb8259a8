"""The data of a live view: one row per object, updated by events. It knows no widget or thread; its clock is handed in.

An object is read once per change, and only its row is kept: 5,000 pods take a few megabytes, and an annotation of one
megabyte takes nothing. Rejected alternative: whole objects, and a new frame at each change, which takes a second each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenantkit.display.tables import clean
from tenantkit.findings.snapshot import last_seen
from tenantkit.forms.live.texts import shortened
from tenantkit.frames.kit.owners import owner_of
from tenantkit.frames.kit.warnings import live_warning
from tenantkit.frames.kit.workload_state import workload_state
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.pod_status import pod_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.requests.unreadable import UnreadableObject
    from tenantkit.cluster.requests.watch import EventType
    from tenantkit.rules.manifest import Manifest

_TEXT_LIMIT = 500
_TIME_LENGTH = 32
_NO_OWNER = ("", "")
_OWNER_LIMIT = 10  # owners may refer to each other in a circle
_KEPT_WHOLE = frozenset({"ResourceQuota"})  # few, and their frame needs all of their fields


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object as a view shows it.

    Args:
        kind: of the object.
        namespace: empty for an object without one.
        name: of the object.
        state: such as `Running`.
        detail: one line about it.
        parent: its owner, or the object that an event is about: `Deployment/web`; empty if there is none.
        time: when it was created, or an event was last seen, as the server writes it.
    """

    kind: str
    namespace: str
    name: str
    state: str
    detail: str
    parent: str = ""
    time: str = ""

    @property
    def title(self) -> str:
        """The name that a reader knows: of the object, or the one that an event is about."""
        return self.parent.partition("/")[2] if self.kind == "Event" and self.parent else self.name

    @property
    def key(self) -> str:
        """Unique among all objects: `Pod/recsys/web-1`."""
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def label(self) -> str:
        """Kind and name: `Pod/web-1`."""
        return f"{self.kind}/{self.name}"


@dataclass(slots=True)
class Model:
    """The objects by kind, and the kinds that could not be read."""

    objects: dict[str, dict[tuple[str, str], ObjectRow]] = field(default_factory=dict)
    manifests: dict[str, dict[tuple[str, str], Manifest]] = field(default_factory=dict)
    namespaces: dict[str, tuple[str, str]] = field(default_factory=dict)  # tenant and team, by namespace
    unreadable: dict[tuple[str, str], str] = field(default_factory=dict)  # by kind and namespace; "": everywhere
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def update(self, event: EventType, manifest: Manifest, kind: str) -> None:
        """Apply an event of a watch."""
        metadata = manifest["metadata"]
        key = (metadata.get("namespace") or "", metadata["name"])
        rows, manifests = self.objects.setdefault(kind, {}), self.manifests.setdefault(kind, {})
        if event == "DELETED":
            rows.pop(key, None)
            manifests.pop(key, None)
            if kind == "Namespace":
                self.namespaces.pop(metadata["name"], None)
            return
        if kind == "Namespace":
            labels = metadata.get("labels") or {}
            self.namespaces[metadata["name"]] = (labels.get(TENANT_LABEL) or "", labels.get(TEAM_LABEL) or "")
        if kind in _KEPT_WHOLE:
            manifests[key] = {
                **manifest,
                "metadata": {name: metadata.get(name) for name in ("name", "namespace", "labels")},
            }
        state, detail = (
            clean(shortened(text, _TEXT_LIMIT)) for text in _state_and_detail(kind, manifest, self.clock())
        )
        seen = last_seen(manifest) if kind == "Event" else metadata.get("creationTimestamp") or ""
        rows[key] = ObjectRow(kind, *key, state, detail, _parent(manifest), str(seen)[:_TIME_LENGTH])

    def hide(self, unreadable: UnreadableObject) -> None:
        """Show an object that cannot be parsed by its name, without the content that it had before."""
        key = (unreadable.namespace or "", unreadable.name or "")
        self.manifests.get(unreadable.kind, {}).pop(key, None)
        row = ObjectRow(unreadable.kind, *key, "Not readable", clean(unreadable.reason))
        self.objects.setdefault(unreadable.kind, {})[key] = row

    def forget(self, kind: str, namespace: str | None = None) -> None:
        """Drop the objects of a kind, in a namespace or everywhere: a new watch lists all that still exist."""
        place = 1 if kind == "Namespace" else 0
        for known in (self.objects.get(kind, {}), self.manifests.get(kind, {})):
            for key in [key for key in known if namespace in {None, key[place]}]:
                del known[key]
        if kind == "Namespace":
            self.namespaces = {name: owner for name, owner in self.namespaces.items() if namespace not in {None, name}}

    def rows(self, *, team: str = "", tenant: str = "", kind: str = "") -> Iterator[ObjectRow]:
        """The rows that match the filters, in no order; an empty filter matches everything."""
        for each in [kind] if kind else list(self.objects):
            for row in self.objects.get(each, {}).values():
                owner = self.owner(row)
                if (not tenant or owner[0] == tenant) and (not team or owner[1] == team):
                    yield row

    def row(self, key: str) -> ObjectRow | None:
        """The object with a key, if it is known."""
        kind, _, rest = key.partition("/")
        namespace, _, name = rest.partition("/")
        return self.objects.get(kind, {}).get((namespace, name))

    def owner(self, row: ObjectRow) -> tuple[str, str]:
        """The tenant and team of a row's namespace; empty if there is none."""
        return self.namespaces.get(row.namespace or row.name, _NO_OWNER)

    def root(self, row: ObjectRow) -> str:
        """The top-level owner of an object, or of the object that an event is about: `Job/train`."""
        label = row.parent or row.label
        for _ in range(_OWNER_LIMIT):
            kind, _, name = label.partition("/")
            owner = self.objects.get(kind, {}).get((row.namespace, name))
            if owner is None or not owner.parent:
                break
            label = owner.parent
        return label

    def quotas(self) -> list[Manifest]:
        """The ResourceQuotas of tenants, with the tenant and team labels of their namespaces."""
        quotas = []
        for (namespace, _), quota in self.manifests.get("ResourceQuota", {}).items():
            tenant, team = self.namespaces.get(namespace, ("", ""))
            if tenant or not self.namespaces:  # if namespaces cannot be read, the quota's own labels are used
                labels = {TENANT_LABEL: tenant, TEAM_LABEL: team} if tenant else quota["metadata"].get("labels") or {}
                quotas.append({**quota, "metadata": {**quota["metadata"], "labels": labels}})
        return quotas

    @property
    def tenants(self) -> list[str]:
        """The names of all tenants, sorted."""
        return sorted({tenant for tenant, _ in self.namespaces.values() if tenant})

    @property
    def teams(self) -> list[str]:
        """The names of all teams, sorted."""
        return sorted({team for _, team in self.namespaces.values() if team})

    @property
    def states(self) -> list[str]:
        """The states of all objects, sorted."""
        return sorted({row.state for rows in self.objects.values() for row in rows.values() if row.state})


def _parent(manifest: Manifest) -> str:
    involved, owner = manifest.get("involvedObject"), owner_of(manifest["metadata"])
    if involved:
        return f"{involved.get('kind')}/{involved.get('name')}"
    return str(owner) if owner is not None else ""


def _state_and_detail(kind: str, manifest: Manifest, now: datetime) -> tuple[str, str]:
    """The state of an object, and one line about it."""
    if kind == "Pod":
        spec, pod = manifest.get("spec") or {}, pod_status(manifest)
        details = [f"on {spec['nodeName']}" if spec.get("nodeName") else "no node yet"]
        details += [f"{pod.restarts} restart{'s' * (pod.restarts != 1)}"] if pod.restarts else []
        return pod.status or "", ", ".join(details)
    if kind == "Event":
        return manifest.get("type") or "", f"{manifest.get('reason')}: {manifest.get('message')}"
    if kind == "Namespace":
        return (manifest.get("status") or {}).get("phase") or "", live_warning(manifest, now)
    workload = workload_state(kind, manifest)
    counts = f"{workload.pods_ready} of {workload.pods_desired} ready" if workload.pods_ready is not None else ""
    return workload.state or "", counts

"""Changes: what is wanted against what is live, as rows. Decides, and does nothing.

Only fields that tenantkit would own are compared: others belong to the server's defaults, to controllers and to people.
What tenantkit owned before and no longer wants goes. A field whose value differs and that somebody else owns is a
conflict, never an update. Turned down: comparing with what was planned last, which nobody stores and which a killed
run would falsify; the live object and its managed fields say all that is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.manifests.order import RANK
from tenantkit.provision.compare import digest, field_text, fields_of, is_exclusive, same_value
from tenantkit.provision.managed_fields import managers_of, owners_of
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.managed_fields import Owners, Path
    from tenantkit.rules.manifest import Manifest, ObjectRef

Action: TypeAlias = Literal["create", "update", "delete", "unchanged", "conflict", "blocked", "unknown"]

# What a tenant's people and routes are made of: of these, what is no longer wanted is deleted.
PRUNED_KINDS = ("RoleBinding", "Ingress", "HTTPRoute")

_TAKE_BACK = "to take it back, give this row to apply(take_back=…)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a plan; `before` and `after` are None where there is nothing.

    In a conflict `before` is theirs, `after` ours, and `manager` who they are.
    """

    action: Action
    ref: ObjectRef
    path: Path = ()
    before: Any = None
    after: Any = None
    reason: str = ""
    manager: str | None = None

    @property
    def field(self) -> str | None:
        """The field as a reader knows it; None for a row about the whole object."""
        return field_text(self.path) if self.path else None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen to one object: `wanted` is None when it is to go, `live` when it is not there."""

    action: Action
    ref: ObjectRef
    rows: tuple[Row, ...]
    tenant: str | None = None
    wanted: Manifest | None = None
    live: Manifest | None = None

    @property
    def digest(self) -> str:
        """A text that changes when the live object does, as far as this change looks at it."""
        comes_by_itself = _is_everybodys(self.ref)
        if self.live is None and not comes_by_itself:
            return "absent"
        found = self.live or {}
        live = fields_of(found)
        if self.wanted is None:
            looked_at = {path for path in live if path[0] == "metadata"}
        else:
            looked_at = {*fields_of(self.wanted), *owners_of(found).ours}
            looked_at |= {path for path in live if is_exclusive(self.ref.kind, path)}
        uid = "" if comes_by_itself else str(found["metadata"].get("uid", ""))
        return digest(self.ref.kind, live, looked_at, uid=uid)

    @property
    def conflicts(self) -> tuple[Row, ...]:
        """The rows of fields that somebody else owns."""
        return tuple(row for row in self.rows if row.action == "conflict")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is live, as far as it could be read.

    Args:
        objects: by ref.
        unknown: why a kind could not be read, by kind and namespace (for a Namespace: its own name).
        has_all_namespaces: whether every Namespace is among them, and with them the hosts of all tenants.
    """

    objects: Mapping[ObjectRef, Manifest]
    unknown: Mapping[tuple[str, str], str] = field(default_factory=dict)
    has_all_namespaces: bool = True

    def why_unknown(self, ref: ObjectRef) -> str | None:
        """Why it is not known whether an object is there; None when it is known."""
        return self.unknown.get((ref.kind, ref.namespace or ref.name))

    def by_namespace(self) -> dict[str, list[Manifest]]:
        """The namespaced objects of the kinds that may be deleted, by namespace."""
        found: dict[str, list[Manifest]] = {}
        for ref, manifest in self.objects.items():
            if ref.namespace is not None and ref.kind in PRUNED_KINDS:
                found.setdefault(ref.namespace, []).append(manifest)
        return found


def snapshot_of(
    manifests: Iterable[Manifest],
    *,
    unknown: Mapping[tuple[str, str], str] | None = None,
    has_all_namespaces: bool = True,
) -> Snapshot:
    """A snapshot of objects as the server sent them."""
    return Snapshot({ref_of(manifest): manifest for manifest in manifests}, unknown or {}, has_all_namespaces)


def changes(
    wanted: Sequence[Manifest], live: Snapshot, *, tenant: str | None = None, present: Iterable[Manifest] = ()
) -> list[Change]:
    """What takes the live objects to the wanted ones, in the order of doing it: deletions last, and backwards.

    Args:
        wanted: every object of one tenant (or of the platform), in the order of applying.
        live: what is there.
        tenant: whose; None for the platform's own objects.
        present: live objects that are deleted when they are the tenant's and not wanted.
    """
    made = [_change(manifest, live, tenant) for manifest in wanted]
    namespace = next((change for change in made if change.ref.kind == "Namespace"), None)
    if namespace is not None and namespace.action in ("blocked", "unknown"):
        return [_like_namespace(change, namespace) for change in made]
    refs = {change.ref for change in made}
    return made + [_deletion(manifest, tenant) for manifest in _unwanted(present, refs, tenant)]


def is_ours(manifest: Manifest, tenant: str | None) -> bool:
    """Whether an object carries our labels: tenantkit's, and the tenant's when it is one's."""
    labels = manifest.get("metadata", {}).get("labels") or {}
    return labels.get(MANAGED_BY_LABEL) == MANAGED_BY and labels.get(TENANT_LABEL) == tenant


def owner_of(manifest: Manifest) -> str:
    """Whose an object is, in words: by its labels, else by who wrote it."""
    labels = manifest.get("metadata", {}).get("labels") or {}
    if labels.get(MANAGED_BY_LABEL) == MANAGED_BY:
        tenant = labels.get(TENANT_LABEL)
        return f"tenant {tenant!r}" if tenant else "tenantkit's own installation"
    if labels.get(MANAGED_BY_LABEL):
        return f"{labels[MANAGED_BY_LABEL]!r} (label {MANAGED_BY_LABEL})"
    managers = managers_of(manifest)
    return (
        f"{', '.join(map(repr, managers))} (managed fields)"
        if managers
        else "somebody else, since it carries no label of tenantkit's"
    )


def blocked(change: Change, reason: str) -> Change:
    """The same object, not to be touched."""
    row = Row("blocked", change.ref, reason=reason)
    return Change("blocked", change.ref, (row,), change.tenant, change.wanted, change.live)


def _change(wanted: Manifest, snapshot: Snapshot, tenant: str | None) -> Change:
    ref = ref_of(wanted)
    live = snapshot.objects.get(ref)
    if live is None:
        reason = snapshot.why_unknown(ref)
        action: Action = "create" if reason is None else "unknown"
        return Change(action, ref, (Row(action, ref, reason=reason or ""),), tenant, wanted)
    reason = _why_blocked(ref, live, tenant)
    if reason is not None:
        return Change("blocked", ref, (Row("blocked", ref, reason=reason),), tenant, wanted, live)
    rows = tuple(_field_rows(ref, wanted, live))
    if not rows:
        return Change("unchanged", ref, (Row("unchanged", ref),), tenant, wanted, live)
    action = "update" if any(row.action == "update" for row in rows) else "conflict"
    return Change(action, ref, rows, tenant, wanted, live)


def _why_blocked(ref: ObjectRef, live: Manifest, tenant: str | None) -> str | None:
    if live["metadata"].get("deletionTimestamp"):
        return "it is being deleted: wait until it is gone, and plan again"
    if is_ours(live, tenant) or _is_everybodys(ref):
        return None
    return f"it exists and belongs to {owner_of(live)}: choose another name, or remove it first"


def _is_everybodys(ref: ObjectRef) -> bool:
    """Whether Kubernetes itself makes this object in every namespace, without labels and in its own time."""
    return ref.kind == "ServiceAccount" and ref.name == "default"


def _field_rows(ref: ObjectRef, wanted: Manifest, live: Manifest) -> Iterator[Row]:
    """A row for each field that differs, in a stable order."""
    ours, theirs, owners = fields_of(wanted), fields_of(live), owners_of(live)
    for path in sorted(ours.keys() | theirs.keys()):
        if path not in ours:
            yield from _extra_row(ref, path, theirs[path], owners)
        elif path not in theirs or not same_value(ref.kind, path, ours[path], theirs[path]):
            yield _differing_row(ref, path, theirs.get(path), ours[path], owners)


def _differing_row(ref: ObjectRef, path: Path, before: Any, after: Any, owners: Owners) -> Row:
    others = owners.others_of(path) if before is not None else ()
    if not others:
        return Row("update", ref, path, before, after)
    who = ", ".join(others)
    return Row("conflict", ref, path, before, after, f"set by {who!r}; {_TAKE_BACK}", who)


def _extra_row(ref: ObjectRef, path: Path, value: Any, owners: Owners) -> Iterator[Row]:
    """A field that is there and not wanted: ours goes, others' stays, unless everything there is ours."""
    others = owners.others_of(path)
    is_owned = path in owners.ours
    if is_owned and not others:
        yield Row("update", ref, path, value, None)
    elif is_exclusive(ref.kind, path):
        who = ", ".join(others) or "somebody unknown"
        yield Row("conflict", ref, path, value, None, f"added by {who!r}; {_TAKE_BACK}", who)
    elif is_owned:
        yield Row("update", ref, path, value, None, f"left to {', '.join(others)!r}, who set it, too")


def _unwanted(present: Iterable[Manifest], wanted: set[ObjectRef], tenant: str | None) -> list[Manifest]:
    found = [
        manifest
        for manifest in present
        if is_ours(manifest, tenant)
        and not manifest["metadata"].get("deletionTimestamp")
        and ref_of(manifest) not in wanted
    ]
    return sorted(found, key=lambda manifest: (-RANK[manifest["kind"]], ref_of(manifest)))


def _deletion(live: Manifest, tenant: str | None) -> Change:
    ref = ref_of(live)
    return Change("delete", ref, (Row("delete", ref, reason="no longer wanted"),), tenant, live=live)


def _like_namespace(change: Change, namespace: Change) -> Change:
    """What lies in a namespace that may not be touched is not touched."""
    if change is namespace:
        return change
    row = Row(namespace.action, change.ref, reason=f"its namespace is {namespace.action}")
    return Change(namespace.action, change.ref, (row,), change.tenant, change.wanted, change.live)

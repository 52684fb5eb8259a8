"""Field managers: keeps `metadata.managedFields` as the real server does.

After an update or patch its manager alone owns the changed fields, and nobody owns the removed ones. The steps are in
the order of apimachinery's util/managedfields (strip metadata, merge with the same manager's entry, cap the number of
updaters), so that entries equal a real server's. Rejected alternative: tracking applies only, because a later apply
would overwrite changes of `kubectl edit` without a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.sandbox.apimachinery.codec import empty
from tenantkit.sandbox.apimachinery.schema import schema_of
from tenantkit.sandbox.managedfields.fieldpath import compare, decode, encode, fields_of, is_leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.schema import Type
    from tenantkit.sandbox.managedfields.fieldpath import Comparison, Path

Operation = Literal["Apply", "Update"]

BEFORE_FIRST_APPLY = "before-first-apply"
_MOST_UPDATERS = 10
_OLDEST_UPDATERS = "ancient-changes"
_NEVER_OWNED: frozenset[Path] = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in (
            [
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "clusterName",
                "generation",
                "managedFields",
                "resourceVersion",
            ]
        )
    }
)


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """The owner of an entry; an apply has the same owner whatever its API version."""

    manager: str
    operation: Operation
    api_version: str
    subresource: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Entries with equal keys have the same owner."""
        version = "" if self.operation == "Apply" else self.api_version
        return (self.manager, self.operation, version, self.subresource)


@dataclass(frozen=True, slots=True)
class ManagedFieldsEntry:
    """One owner's fields, and the time of its last change."""

    owner: FieldOwner
    fields: frozenset[Path]
    time: str | None

    def without(self, paths: frozenset[Path] | set[Path]) -> ManagedFieldsEntry:
        """The entry without these fields."""
        return replace(self, fields=self.fields - paths)


Entries = dict[tuple[str, ...], ManagedFieldsEntry]


def read_entries(manifest: Manifest, api_version: str) -> Entries:
    """The entries of an object, without those of other API versions; none if any entry is invalid."""
    entries: Entries = {}
    for raw in manifest.get("metadata", {}).get("managedFields") or ():
        if raw.get("operation") not in ("Apply", "Update") or raw.get("fieldsType") != "FieldsV1":
            return {}
        if raw.get("apiVersion") == api_version:
            owner = FieldOwner(raw.get("manager", ""), raw["operation"], api_version, raw.get("subresource", ""))
            try:
                fields = decode(raw.get("fieldsV1"))
            except ValueError:  # the server, too, drops all entries if one is invalid
                return {}
            if fields:
                entries[owner.key] = ManagedFieldsEntry(owner, fields, raw.get("time"))
    return entries


def written_entries(entries: Mapping[tuple[str, ...], ManagedFieldsEntry]) -> list[Manifest]:
    """The entries as in `metadata.managedFields`, in the server's order."""
    ordered = sorted(
        entries.values(),
        key=lambda e: (e.owner.operation, e.time or "", e.owner.manager, e.owner.api_version, e.owner.subresource),
    )
    written = []
    for entry in ordered:
        owner = entry.owner
        raw: Manifest = {"manager": owner.manager, "operation": owner.operation, "apiVersion": owner.api_version}
        raw |= {"time": entry.time} if entry.time else {}
        raw |= {"fieldsType": "FieldsV1", "fieldsV1": encode(entry.fields)}
        written.append(raw | ({"subresource": owner.subresource} if owner.subresource else {}))
    return written


def with_entries(manifest: Manifest, entries: Mapping[tuple[str, ...], ManagedFieldsEntry]) -> Manifest:
    """The object with these entries in its metadata."""
    metadata = {key: value for key, value in manifest.get("metadata", {}).items() if key != "managedFields"}
    if entries:
        metadata["managedFields"] = written_entries(entries)
    return {**manifest, "metadata": metadata}


def without_entries(manifest: Manifest) -> Manifest:
    """The object without its managed fields, which nobody owns."""
    return with_entries(manifest, {})


def reset_fields(kind: Type, subresource: str) -> tuple[Path, ...]:
    """The fields that a write to the object or its subresource does not change, and so does not own."""
    if subresource == "status":
        if not kind.fields["metadata"].go:  # defined by its schema only, as CRDs are
            return (("f:metadata",), ("f:spec",))
        unchanged = {"Pod": ("f:deletionTimestamp", "f:ownerReferences"), "Deployment": ("f:labels",)}
        return (("f:spec",), *(("f:metadata", part) for part in unchanged.get(kind.name, ())))
    return (("f:status",),) if "status" in kind.fields and kind.fields["status"].type.form == "struct" else ()


def filtered(paths: set[Path], ignored: tuple[Path, ...]) -> set[Path]:
    """The set without these fields and the fields below them."""
    return {path for path in paths if not any(path[: len(head)] == head for head in ignored)} if ignored else paths


def differences(kind: Type, before: Manifest, after: Manifest, ignored: tuple[Path, ...]) -> Comparison:
    """The changed fields, without those that the write does not change."""
    found = compare(kind, before, after)
    found.removed = filtered(found.removed, ignored)
    found.modified = filtered(found.modified, ignored)
    found.added = filtered(found.added, ignored)
    return found


def stripped(fields: set[Path] | frozenset[Path]) -> frozenset[Path]:
    """The set without the metadata that has no owner."""
    return frozenset(fields - _NEVER_OWNED)


def same_but_for_times(before: Manifest, after: Manifest) -> bool:
    """Whether only the times in the managed fields differ; the old times are then kept."""
    if before.keys() != after.keys() or any(before[key] != after[key] for key in before if key != "metadata"):
        return False
    old, new = before.get("metadata", {}), after.get("metadata", {})
    if {**old, "managedFields": 0} != {**new, "managedFields": 0}:
        return False
    first, second = old.get("managedFields") or [], new.get("managedFields") or []
    pairs = zip(first, second, strict=False)
    return len(first) == len(second) and all({**a, "time": ""} == {**b, "time": ""} for a, b in pairs)


def track_update(
    before: Manifest | None, after: Manifest, *, manager: str, time: str, subresource: str = ""
) -> Manifest:
    """The object after a create, update or patch, with updated managed fields.

    Args:
        before: the live object; None on create.
        after: the object to store, with defaults; `managedFields: []` in it resets them, as on a real server.
        manager: the request's `fieldManager`, by default the first part of its User-Agent.
        time: the current time as Kubernetes writes it (`2026-11-25T12:00:00Z`).
        subresource: `status` and the like; empty for the object itself.

    Returns:
        A new object. If only times would change it is the live object, so that the caller can see that nothing changed.
    """
    api_version, kind = str(after["apiVersion"]), schema_of(str(after["apiVersion"]), str(after["kind"]))
    entries = _entries_to_start_from(before, after, api_version, subresource)
    if before is not None and not entries:
        return without_entries(after)
    live = empty(kind) if before is None else without_entries(before)
    plain = without_entries(after)
    owner = FieldOwner(manager or "unknown", "Update", api_version, subresource)
    entries = updated(kind, entries, live, plain, owner, time)
    tracked = with_entries(plain, _capped(entries))
    return before if before is not None and same_but_for_times(before, tracked) else tracked


def _entries_to_start_from(before: Manifest | None, after: Manifest, api_version: str, subresource: str) -> Entries:
    """The entries in the request, by default those of the live object."""
    sent: Any = after.get("metadata", {}).get("managedFields")
    if not subresource:
        if sent is not None and sent in ([], [{}]):
            return {}
        entries = read_entries(after, api_version)
        if entries:
            return entries
    return read_entries(before, api_version) if before is not None else {}


def updated(  # noqa: PLR0913, PLR0917 (both objects, the owner and the time)
    kind: Type, entries: Entries, live: Manifest, after: Manifest, owner: FieldOwner, time: str
) -> Entries:
    """The entries after an update: only `owner` owns the changed fields."""
    ignored = reset_fields(kind, owner.subresource)
    found = differences(kind, live, after, ignored)
    changed = found.removed | found.modified | found.added
    rest = {key: remaining for key, entry in entries.items() if (remaining := entry.without(changed)).fields}
    gained = stripped(filtered(found.modified | found.added, ignored))
    if gained:
        previous = rest.get(owner.key)
        rest[owner.key] = ManagedFieldsEntry(owner, gained | (previous.fields if previous else frozenset()), time)
    return rest


def _capped(entries: Entries) -> Entries:
    """The entries, with the oldest updaters merged if there are too many (capmanagers.go)."""
    updaters = sorted(
        (entry for entry in entries.values() if entry.owner.operation == "Update"),
        key=lambda e: (e.time or "", e.owner.key),
    )
    surplus = len(updaters) - _MOST_UPDATERS
    if surplus <= 0:
        return entries
    oldest = updaters[: surplus + 1]
    bucket = FieldOwner(_OLDEST_UPDATERS, "Update", oldest[0].owner.api_version)
    fields = frozenset[Any]().union(*(entry.fields for entry in oldest))
    merged = {entry.owner.key for entry in oldest}
    rest = {key: entry for key, entry in entries.items() if key not in merged}
    return rest | {bucket.key: ManagedFieldsEntry(bucket, fields, oldest[-1].time)}


def owned_by_config(kind: Type, config: Manifest, ignored: tuple[Path, ...]) -> frozenset[Path]:
    """The fields that the applier of an object owns."""
    return frozenset() if is_leaf(kind) else frozenset(filtered(fields_of(kind, config), ignored))

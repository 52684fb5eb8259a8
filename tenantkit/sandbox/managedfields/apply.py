"""Server-side apply: merges an applied object into the live one, as structured-merge-diff does.

Changing a field that another manager owns is a conflict, unless forced. A field that its manager no longer applies is
removed, unless another manager owns it. The steps are those of merge/update.go (merge, prune, compare), because each
shortcut gives a different result in some case: "equal to live means nothing to do" misses shared ownership, "remove
what is no longer applied" removes fields that an updater added below.

Source: page "Server-Side Apply".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import Portable
from tenantkit.sandbox.apimachinery.codec import DecodeError, canonical, decode, empty
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request
from tenantkit.sandbox.apimachinery.json_text import read_json
from tenantkit.sandbox.apimachinery.schema import schema_of
from tenantkit.sandbox.apis.defaults import defaulted
from tenantkit.sandbox.managedfields.fieldmanager import (
    BEFORE_FIRST_APPLY,
    FieldOwner,
    ManagedFieldsEntry,
    differences,
    owned_by_config,
    read_entries,
    reset_fields,
    same_but_for_times,
    stripped,
    updated,
    with_entries,
    without_entries,
)
from tenantkit.sandbox.managedfields.fieldpath import TypedError, fields_of, merge, spelled, with_structs, without
from tenantkit.sandbox.managedfields.typed import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.schema import Type
    from tenantkit.sandbox.managedfields.fieldmanager import Entries
    from tenantkit.sandbox.managedfields.fieldpath import Path

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class _Conflicts(Portable):
    """Fields of other owners that would change, by owner."""

    def __init__(self, by_owner: Mapping[FieldOwner, frozenset[Path]]) -> None:
        super().__init__(by_owner)
        self.by_owner = by_owner


def apply(  # noqa: PLR0913 (the parameters of an apply request)
    live: Manifest | None, applied: Manifest, *, manager: str, force: bool, time: str, subresource: str = ""
) -> Manifest:
    """The object after a server-side apply, with defaults and managed fields.

    Args:
        live: the stored object; None if it does not exist.
        applied: the object as it was sent, with apiVersion, kind and metadata.name.
        manager: the request's `fieldManager`.
        force: whether to take over fields of other managers instead of failing with a conflict.
        time: the current time as Kubernetes writes it.
        subresource: `status` and the like; empty for the object itself.

    Returns:
        A new object, not yet admitted or validated. If nothing changes it is the live object.

    Raises:
        ApiError: 409 with the server's message and causes for conflicts, 400 for `managedFields` in the request, 500
            (as on the real server) for an object that does not fit its type.
    """
    api_version, kind = str(applied["apiVersion"]), schema_of(str(applied["apiVersion"]), str(applied["kind"]))
    metadata = applied.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("managedFields"), list):
        if _are_entries(metadata["managedFields"]):
            raise bad_request("metadata.managedFields must be nil")
        metadata = {key: value for key, value in metadata.items() if key != "managedFields"}
        applied = {**applied, "metadata": metadata}
    _check_type(kind, applied)
    start = _empty_object(kind, applied) if live is None else live
    entries = read_entries(start, api_version)
    plain = without_entries(start)
    if not entries:
        first = FieldOwner(BEFORE_FIRST_APPLY, "Update", api_version, subresource)
        entries = updated(kind, {}, empty(kind), plain, first, time)
    job = _Job(kind, plain, applied, entries, FieldOwner(manager, "Apply", api_version, subresource), time)
    try:
        result = _applied(job, force=force)
    except _Conflicts as conflicts:
        remaining = _without_own_client_side_apply(job, conflicts) if manager == "kubectl" else conflicts
        if remaining is not None:
            raise _conflict_error(remaining) from None
        result = _applied(job, force=True)
    if manager == "kubectl":
        result = _with_last_applied(result, applied)
    return live if live is not None and same_but_for_times(live, result) else result


@dataclass(frozen=True, slots=True)
class _Job:
    """One apply: the live object, the applied one and the entries before."""

    kind: Type
    live: Manifest
    config: Manifest
    entries: Entries
    owner: FieldOwner
    time: str


def _are_entries(sent: list[Any]) -> bool:
    """Whether a list can be read as managed fields; the real server takes any other for none."""
    if None in sent:
        return False
    try:
        decode({"metadata": {"managedFields": sent}}, "v1", "ConfigMap")
    except DecodeError:
        return False
    return True


def check_configuration(applied: Manifest) -> None:
    """Raise ApiError 500, as the real server does, if an applied object does not fit the kind that it names."""
    _check_type(schema_of(str(applied["apiVersion"]), str(applied["kind"])), applied)


def _check_type(kind: Type, applied: Manifest) -> None:
    """Raise ApiError 500, as the real server does, if the object does not fit its type."""
    try:
        check(kind, applied)
    except TypedError as error:
        raise _failed(f"failed to create typed patch object ({_named(applied)}): {error}") from error


def _failed(message: str) -> ApiError:
    return ApiError(code=500, reason="", message=message)


def _named(manifest: Manifest) -> str:
    """An object as in those messages: `vision/a; networking.k8s.io/v1, Kind=Ingress`."""
    metadata = manifest.get("metadata")
    name, namespace = (_text(metadata, part) for part in ("name", "namespace"))
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    return f"{namespace}/{name}; {group}/{version}, Kind={manifest['kind']}"


def _text(metadata: Any, part: str) -> str:
    value = metadata.get(part) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""


def _empty_object(kind: Type, applied: Manifest) -> Manifest:
    """The object that an apply which creates is merged into."""
    return {"apiVersion": applied["apiVersion"], "kind": applied["kind"], **empty(kind)}


def _applied(job: _Job, *, force: bool) -> Manifest:
    """Merge, prune and compute the owners (merge/update.go, Apply)."""
    kind, owner, ignored = job.kind, job.owner, reset_fields(job.kind, job.owner.subresource)
    last = job.entries.get(owner.key)
    owned = owned_by_config(kind, job.config, ignored)
    entries = {**job.entries, owner.key: ManagedFieldsEntry(owner, owned, last.time if last else None)}
    merged = merge(kind, job.live, job.config)
    new = _pruned(kind, merged, entries, last.fields) if last else merged
    found = differences(kind, job.live, new, ignored)
    changed = found.modified | found.added
    conflicts = {
        entry.owner: contested
        for key, entry in entries.items()
        if key != owner.key and (contested := frozenset(entry.fields & changed))
    }
    if conflicts and not force:
        raise _Conflicts(conflicts)
    removed = frozenset(found.removed)
    rest = {owner.key: entries[owner.key]}
    for key, entry in entries.items():
        remaining = entry.without(removed | conflicts.get(entry.owner, frozenset()))
        if key != owner.key and remaining.fields:
            rest[key] = remaining
    nothing_changed = new == job.live
    applied = stripped(owned)
    if applied:
        rest[owner.key] = ManagedFieldsEntry(owner, applied, rest[owner.key].time if nothing_changed else job.time)
    else:
        rest.pop(owner.key, None)
    return with_entries(job.live if nothing_changed else _stored(job.config, new), rest)


def _stored(config: Manifest, merged: Manifest) -> Manifest:
    """The merged object in canonical form, with defaults."""
    try:
        return defaulted(canonical(merged))
    except DecodeError as error:
        lead = (
            f"failed to convert new object ({_named(config)}) to proper version: unable to convert unstructured object"
        )
        group, _, version = str(config["apiVersion"]).rpartition("/")
        why = re.sub(r"Go struct field \S+", "Go value", str(error))  # only times reach this point
        why = re.sub(
            r"json: cannot unmarshal number \S+ into Go value of type (int\d+)", r"cannot convert float64 to \1", why
        )
        why = f"error decoding from json: {why}" if "base64" in why else why
        raise _failed(f"{lead} to {group}/{version}, Kind={config['kind']}: {why}") from error


def _pruned(kind: Type, merged: Manifest, entries: Entries, last: frozenset[Path]) -> Manifest:
    """The merged object without fields that its manager no longer applies and nobody else owns."""
    if last <= _union(entries):
        return merged
    last_all = with_structs(kind, last)
    pruned = without(kind, merged, last_all)
    merged_all = with_structs(kind, fields_of(kind, merged))
    still_owned = with_structs(kind, fields_of(kind, pruned)) | with_structs(kind, _union(entries))
    pruned = without(kind, merged, merged_all - still_owned)
    dangling = (merged_all - with_structs(kind, fields_of(kind, pruned))) & last_all
    result: Manifest = without(kind, merged, dangling)
    return result


def _union(entries: Entries) -> frozenset[Path]:
    """The fields that any manager owns."""
    return frozenset[tuple[str, ...]]().union(*(entry.fields for entry in entries.values()))


def _conflict_error(conflicts: _Conflicts) -> ApiError:
    """The 409, in the server's words."""
    pairs = [
        (_shown(owner), path) for owner, paths in conflicts.by_owner.items() for path in sorted(paths, key=_sort_key)
    ]
    causes = [Cause(spelled(path), f"conflict with {manager}", "FieldManagerConflict") for manager, path in pairs]
    if len(pairs) == 1:
        message = f"Apply failed with 1 conflict: conflict with {pairs[0][0]}: {spelled(pairs[0][1])}"
    else:
        lines = []
        for manager in sorted({manager for manager, _ in pairs}):
            lines += [
                f"conflicts with {manager}:",
                *(f"- {spelled(path)}" for other, path in pairs if other == manager),
            ]
        message = f"Apply failed with {len(pairs)} conflicts: " + "\n".join(lines)
    return ApiError(code=409, reason="Conflict", message=message, causes=causes)


def _sort_key(path: Path) -> list[tuple[bool, str]]:
    """The sort key of a path: an item comes before the fields in it."""
    return [*((True, element) for element in path[:-1]), (False, path[-1])]


def _shown(owner: FieldOwner) -> str:
    """An owner as in conflict messages: `"kubectl-edit" using v1`."""
    text = json.dumps(owner.manager, ensure_ascii=False)
    text += f' with subresource "{owner.subresource}"' if owner.subresource else ""
    return f"{text} using {owner.api_version}" if owner.operation == "Update" else text


def _without_own_client_side_apply(job: _Job, conflicts: _Conflicts) -> _Conflicts | None:
    """The conflicts of kubectl, without those with its own client-side apply; None if there are no others."""
    text = (job.live["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    try:
        last = read_json(text or "")
        if last.get("apiVersion") != job.owner.api_version:
            return conflicts
        found = differences(job.kind, last, job.live, ())
        allowed = fields_of(job.kind, last) - found.modified - found.added - found.removed
    except (ValueError, AttributeError):
        return conflicts
    remaining = {owner: rest for owner, paths in conflicts.by_owner.items() if (rest := paths - allowed)}
    return _Conflicts(remaining) if remaining else None


def _with_last_applied(result: Manifest, applied: Manifest) -> Manifest:
    """The object with an updated last-applied annotation of kubectl, if it has one."""
    annotations = result["metadata"].get("annotations") or {}
    if not annotations.get(_LAST_APPLIED):
        return result
    metadata = applied.get("metadata", {})
    others = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _LAST_APPLIED}
    sent = {**applied, "metadata": {**metadata, "annotations": others}} if "annotations" in metadata else applied
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return {**result, "metadata": {**result["metadata"], "annotations": {**annotations, _LAST_APPLIED: text}}}

"""Server-side apply: an object laid over the live one, by field and by manager, as structured-merge-diff does it.

A field that another manager owns and that would get another value is a conflict, unless forced. A field that its
manager no longer applies goes, unless somebody else owns it too. The steps are those of merge/update.go (merge, prune,
compare), since each shortcut answers otherwise somewhere: "equal to live means nothing to do" misses shared ownership,
"remove what is no longer applied" takes what an updater added below.
Source: page "Server-Side Apply".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.codec import DecodeError, canonical, empty
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request
from tenantkit.sandbox.apimachinery.schema import schema_of
from tenantkit.sandbox.apis.defaults import defaulted
from tenantkit.sandbox.managedfields.fieldmanager import (
    BEFORE_FIRST_APPLY,
    Entry,
    Owner,
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
    from tenantkit.sandbox.managedfields.fieldmanager import (
        Entries,
    )
    from tenantkit.sandbox.managedfields.fieldpath import Path

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class _Conflicts(Exception):
    """The fields that others own and that would change, by owner."""

    by_owner: Mapping[Owner, frozenset[Path]]


def apply(  # noqa: PLR0913 (all that an apply request says)
    live: Manifest | None, applied: Manifest, *, manager: str, force: bool, time: str, subresource: str = ""
) -> Manifest:
    """The object after a server-side apply, defaults and managed fields included.

    Args:
        live: the stored object; None where there is none yet.
        applied: as sent, with apiVersion, kind and metadata.name.
        manager: the request's `fieldManager`.
        force: take over what others own, instead of a conflict.
        time: now, as Kubernetes writes times.
        subresource: `status` and the like; empty for the object itself.

    Returns:
        A new object, not yet admitted or validated. Where nothing changes it equals the live one, times included.

    Raises:
        ApiError: 409 with the server's message and causes on conflicts, 400 for `managedFields` in the request, 500 (as
            the real one) for an object that does not fit its type.
    """
    api_version, kind = str(applied["apiVersion"]), schema_of(str(applied["apiVersion"]), str(applied["kind"]))
    metadata = applied.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("managedFields"), list):
        raise bad_request("metadata.managedFields must be nil")
    _check_type(kind, applied)
    start = _empty_object(kind, applied) if live is None else live
    entries = read_entries(start, api_version)
    plain = without_entries(start)
    if not entries:
        first = Owner(BEFORE_FIRST_APPLY, "Update", api_version, subresource)
        entries = updated(kind, {}, empty(kind), plain, first, time)
    job = _Job(kind, plain, applied, entries, Owner(manager, "Apply", api_version, subresource), time)
    try:
        result = _applied(job, force=force)
    except _Conflicts as conflicts:
        settled = _settled_by_last_applied(job, conflicts) if manager == "kubectl" else conflicts
        if settled is not None:
            raise _conflict_error(settled) from None
        result = _applied(job, force=True)
    if manager == "kubectl":
        result = _with_last_applied(result, applied)
    return live if live is not None and same_but_for_times(live, result) else result


@dataclass(frozen=True, slots=True)
class _Job:
    """One apply: what is live, what is applied, who owned what before."""

    kind: Type
    live: Manifest
    config: Manifest
    entries: Entries
    owner: Owner
    time: str


def _check_type(kind: Type, applied: Manifest) -> None:
    """An apply of an object that does not fit its type ends as 500 on the real server, too."""
    try:
        check(kind, applied)
    except TypedError as error:
        raise _failed(f"failed to create typed patch object ({_named(applied)}): {error}") from error


def _failed(message: str) -> ApiError:
    return ApiError(code=500, reason="", message=message)


def _named(manifest: Manifest) -> str:
    """An object as those messages name it: `vision/a; networking.k8s.io/v1, Kind=Ingress`."""
    metadata = manifest.get("metadata")
    name, namespace = (_text(metadata, part) for part in ("name", "namespace"))
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    return f"{namespace}/{name}; {group}/{version}, Kind={manifest['kind']}"


def _text(metadata: Any, part: str) -> str:
    value = metadata.get(part) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""


def _empty_object(kind: Type, applied: Manifest) -> Manifest:
    """What an apply that creates is laid over."""
    return {"apiVersion": applied["apiVersion"], "kind": applied["kind"], **empty(kind)}


def _applied(job: _Job, *, force: bool) -> Manifest:
    """Merge, prune, settle who owns what (merge/update.go, Apply)."""
    kind, owner, ignored = job.kind, job.owner, reset_fields(job.kind, job.owner.subresource)
    last = job.entries.get(owner.key)
    owned = owned_by_config(kind, job.config, ignored)
    entries = {**job.entries, owner.key: Entry(owner, owned, last.time if last else None)}
    merged = merge(kind, job.live, job.config)
    new = _pruned(kind, merged, entries, last.fields) if last else merged
    found = differences(kind, job.live, new, ignored)
    changed = found.modified | found.added
    conflicts = {
        entry.owner: taken
        for key, entry in entries.items()
        if key != owner.key and (taken := frozenset(entry.fields & changed))
    }
    if conflicts and not force:
        raise _Conflicts(conflicts)
    gone = frozenset(found.removed)
    rest = {
        key: less
        for key, entry in entries.items()
        if (less := entry if key == owner.key else entry.less(gone | conflicts.get(entry.owner, frozenset()))).fields
    }
    nothing_changed = new == job.live
    mine = stripped(owned)
    if mine:
        rest[owner.key] = Entry(owner, mine, rest[owner.key].time if nothing_changed else job.time)
    else:
        rest.pop(owner.key, None)
    return with_entries(job.live if nothing_changed else _stored(job.config, new), rest)


def _stored(config: Manifest, merged: Manifest) -> Manifest:
    """The merged object as the server's types write it, with defaults."""
    try:
        return defaulted(canonical(merged))
    except DecodeError as error:
        lead = (
            f"failed to convert new object ({_named(config)}) to proper version: unable to convert unstructured object"
        )
        group, _, version = str(config["apiVersion"]).rpartition("/")
        why = re.sub(r"Go struct field \S+", "Go value", str(error))  # times alone get as far as this
        why = re.sub(
            r"json: cannot unmarshal number \S+ into Go value of type (int\d+)", r"cannot convert float64 to \1", why
        )
        why = f"error decoding from json: {why}" if "base64" in why else why
        raise _failed(f"{lead} to {group}/{version}, Kind={config['kind']}: {why}") from error


def _pruned(kind: Type, merged: Manifest, entries: Entries, last: frozenset[Path]) -> Manifest:
    """The merged object without what its manager applied before, applies no more, and nobody else owns."""
    if last <= _union(entries):
        return merged
    last_all = with_structs(kind, last)
    pruned = without(kind, merged, last_all)
    merged_all = with_structs(kind, fields_of(kind, merged))
    kept = with_structs(kind, fields_of(kind, pruned)) | with_structs(kind, _union(entries))
    pruned = without(kind, merged, merged_all - kept)
    dangling = (merged_all - with_structs(kind, fields_of(kind, pruned))) & last_all
    result: Manifest = without(kind, merged, dangling)
    return result


def _union(entries: Entries) -> frozenset[Path]:
    """What anybody owns."""
    return frozenset[tuple[str, ...]]().union(*(entry.fields for entry in entries.values()))


def _conflict_error(conflicts: _Conflicts) -> ApiError:
    """409 as the server words it."""
    pairs = [(_shown(owner), path) for owner, paths in conflicts.by_owner.items() for path in sorted(paths, key=_place)]
    causes = [Cause(spelled(path), f"conflict with {who}", "FieldManagerConflict") for who, path in pairs]
    if len(pairs) == 1:
        message = f"Apply failed with 1 conflict: conflict with {pairs[0][0]}: {spelled(pairs[0][1])}"
    else:
        lines = []
        for who in sorted({who for who, _ in pairs}):
            lines += [f"conflicts with {who}:", *(f"- {spelled(path)}" for other, path in pairs if other == who)]
        message = f"Apply failed with {len(pairs)} conflicts: " + "\n".join(lines)
    return ApiError(code=409, reason="Conflict", message=message, causes=causes)


def _place(path: Path) -> list[tuple[bool, str]]:
    """Where a path stands among others: what is a member of a set comes before what is in its members."""
    return [*((True, element) for element in path[:-1]), (False, path[-1])]


def _shown(owner: Owner) -> str:
    """An owner as conflict messages name it: `"kubectl-edit" using v1`."""
    text = json.dumps(owner.manager, ensure_ascii=False)
    text += f' with subresource "{owner.subresource}"' if owner.subresource else ""
    return f"{text} using {owner.api_version}" if owner.operation == "Update" else text


def _settled_by_last_applied(job: _Job, conflicts: _Conflicts) -> _Conflicts | None:
    """What is left of kubectl's conflicts without those with its own client-side apply; None when nothing is."""
    text = (job.live["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    try:
        last = json.loads(text or "")
        if last.get("apiVersion") != job.owner.api_version:
            return conflicts
        found = differences(job.kind, last, job.live, ())
        allowed = fields_of(job.kind, last) - found.modified - found.added - found.removed
    except (ValueError, AttributeError):
        return conflicts
    left = {owner: rest for owner, paths in conflicts.by_owner.items() if (rest := paths - allowed)}
    return _Conflicts(left) if left else None


def _with_last_applied(result: Manifest, applied: Manifest) -> Manifest:
    """The object with kubectl's own annotation brought up to date, where it is there at all."""
    annotations = result["metadata"].get("annotations") or {}
    if not annotations.get(_LAST_APPLIED):
        return result
    metadata = applied.get("metadata", {})
    others = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _LAST_APPLIED}
    sent = {**applied, "metadata": {**metadata, "annotations": others}} if "annotations" in metadata else applied
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return {**result, "metadata": {**result["metadata"], "annotations": {**annotations, _LAST_APPLIED: text}}}

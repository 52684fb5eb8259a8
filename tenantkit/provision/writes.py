"""One change, written: which requests it takes, and what is sent in them.

Server-side apply, which several writers can share; `force` only for fields that the user took back by name. The
objects that hold a stored spec are made by a POST, which only one of two people can win, and changed under a
`resourceVersion`: the second is told. Turned down: a lock object, which a killed kernel leaves behind.
Source: page "Server-Side Apply".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import AlreadyExists, Conflict, NotFound, StalePlanError
from tenantkit.manifests.labels import MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.provision.compare import digest, fields_of, pointer, same_value, with_value, without
from tenantkit.provision.managed_fields import owners_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import Change, Row
    from tenantkit.provision.managed_fields import Path
    from tenantkit.rules.manifest import Manifest

# Where specs are stored: the grant on the Namespace, the team's part and the platform's settings in ConfigMaps.
_STORED_KINDS = ("Namespace", "ConfigMap")
_IDENTITY = (MANAGED_BY_LABEL, TENANT_LABEL)
_ATTEMPTS = 5


def to_send(change: Change, taken: Collection[Path] = ()) -> Manifest:
    """What is applied of a change: the wanted object without the fields that are left to others.

    A field that tenantkit owns together with others is sent with their value, so that it stays owned; one that is
    theirs alone is not sent.

    Args:
        change: with `wanted`.
        taken: conflicting fields that are to be ours again.
    """
    manifest: Manifest = change.wanted or {}
    left = [row for row in change.conflicts if row.path not in taken and row.after is not None]
    if not left:
        return manifest
    ours = owners_of(change.live or {}).ours
    for row in left:
        if row.path in ours:
            manifest = with_value(manifest, row.path, row.before)
    return without(manifest, [row.path for row in left if row.path not in ours])


def carry_out(cluster: Cluster, change: Change, *, taken: Collection[Path] = (), is_won: bool = False) -> bool:
    """Write one change.

    Args:
        cluster: where.
        change: with what was live just now.
        taken: conflicting fields to take back.
        is_won: whether the object's namespace was made by this very run, so that nobody else makes what is in it.

    Returns:
        Whether anything was written: a change all of whose fields are left to others writes nothing.

    Raises:
        StalePlanError: somebody made or changed the object at the same moment; nothing of theirs was written over.
        ClusterError: the server said no.
    """
    if change.action == "delete":
        _delete(cluster, change)
        return True
    if change.action == "create":
        _create(cluster, change, is_won=is_won)
        return True
    taken_rows = [row for row in change.conflicts if row.path in taken]
    if not taken_rows and not any(row.action == "update" for row in change.rows):
        return False
    foreign = [row for row in taken_rows if row.after is None]
    if foreign:
        _remove(cluster, change, foreign)
    if len(foreign) < len(change.rows):
        is_forced = len(taken_rows) > len(foreign)
        _apply(cluster, change, to_send(change, taken), force=is_forced)
    return True


def _create(cluster: Cluster, change: Change, *, is_won: bool) -> None:
    manifest: Manifest = change.wanted or {}
    if change.ref.kind not in _STORED_KINDS or is_won:
        cluster.apply(manifest)
        return
    try:
        made = cluster.create(_claim(manifest))
    except AlreadyExists:
        raise StalePlanError(_at_once("made")) from None
    _apply(cluster, change, manifest, live=made)


def _claim(manifest: Manifest) -> Manifest:
    """The object with nothing but its name and whose it is."""
    metadata = manifest["metadata"]
    labels = {key: value for key, value in metadata["labels"].items() if key in _IDENTITY}
    named = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": {**named, "labels": labels}}


def _apply(
    cluster: Cluster, change: Change, manifest: Manifest, *, live: Manifest | None = None, force: bool = False
) -> None:
    """Apply; an object with a stored spec only if nobody has changed its own fields since it was read."""
    if change.ref.kind not in _STORED_KINDS:
        cluster.apply(manifest, force=force)
        return
    seen = live or change.live or {}
    for attempt in range(_ATTEMPTS):
        version = seen["metadata"]["resourceVersion"]
        try:
            cluster.apply(_at_version(manifest, version), force=force)
        except Conflict:
            now = cluster.get(change.ref.kind, change.ref.name, change.ref.namespace)
            if now["metadata"]["resourceVersion"] == version:
                raise  # a field's owner objects, not the version
            if _is_as_wanted(change, now):
                return  # whoever wrote it wrote the same
            if _marks(change, now) != _marks(change, seen):
                raise StalePlanError(_at_once("changed")) from None
            if attempt == _ATTEMPTS - 1:
                raise
            seen = now  # something else moved, such as its status or another's annotation
        else:
            return


def _is_as_wanted(change: Change, live: Manifest) -> bool:
    found = fields_of(live)
    return all(
        path in found and same_value(change.ref.kind, path, value, found[path])
        for path, value in fields_of(change.wanted or {}).items()
    )


def _at_version(manifest: Manifest, version: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}}


def _marks(change: Change, live: Manifest) -> str:
    """What must not change between reading and writing: the fields that this change is about."""
    paths = fields_of(change.wanted or {})
    return digest(change.ref.kind, fields_of(live), paths, uid=str(live["metadata"].get("uid", "")))


def _remove(cluster: Cluster, change: Change, rows: list[Row]) -> None:
    """Take out what somebody else added; not to apply it would leave it there, since it isn't ours."""
    operations = []
    for row in rows:
        place = pointer(row.path)
        operations += [{"op": "test", "path": place, "value": row.before}, {"op": "remove", "path": place}]
    cluster.patch_json(change.ref, operations)


def _delete(cluster: Cluster, change: Change) -> None:
    uid = (change.live or {}).get("metadata", {}).get("uid")
    try:
        cluster.delete(change.ref, uid=uid)
    except NotFound:
        return  # it is gone, as wanted


def _at_once(what: str) -> str:
    return f"somebody {what} it at the same moment; nothing of theirs was written over: plan again"

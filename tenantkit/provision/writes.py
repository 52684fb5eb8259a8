"""The requests that carry out one change.

Server-side apply lets several writers share an object; `force` is used only for conflicts that the user named. Objects
with a stored spec are created by POST, so that only one of two users succeeds, and updated with a `resourceVersion`, so
that the second gets an error. The list of members in the index keeps what each of several owners has changed at the
same time. Rejected alternative: a lock object, which a killed kernel leaves behind.
Source: page "Server-Side Apply".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import AlreadyExists, Conflict, NotFound, StalePlanError
from tenantkit.manifests.extra_objects import is_extra
from tenantkit.manifests.index import is_indexed_member
from tenantkit.manifests.labels import GRANT_ANNOTATION, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.manifests.order import AWAITED_KINDS
from tenantkit.provision.answers import check_answer, check_removed
from tenantkit.provision.compare import digest, fields_of, pointer, same_value, with_value, without
from tenantkit.provision.content.team import TEAM_KINDS
from tenantkit.provision.extras.contents import shown
from tenantkit.provision.index.members import with_others_changes
from tenantkit.provision.managed_fields import owners_of
from tenantkit.rules.pod_security.levels import LABEL_PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.extras.contents import CopyContents
    from tenantkit.provision.managed_fields import Path
    from tenantkit.rules.manifest import Manifest

# The kinds that hold stored specs: the grant is on the Namespace, the rest is in ConfigMaps.
_STORED_KINDS = ("Namespace", "ConfigMap")
# No object has it, so a server-side apply with it creates an object, and is a conflict where there is one.
_NO_VERSION = "1"
_IDENTITY = (MANAGED_BY_LABEL, TENANT_LABEL)
MARKS = (
    *(("metadata", "labels", name) for name in _IDENTITY),
    ("metadata", "annotations", GRANT_ANNOTATION),
)
_ATTEMPTS = 5
_MEMBERS_ATTEMPTS = 40  # each one that fails means that another owner's succeeded
# The type of a Secret cannot be changed either.
_REPLACED = (("roleRef",), ("metadata", "finalizers"), ("type",))


def to_send(change: PlanChange, forced: Collection[Path] = ()) -> Manifest:
    """The manifest to apply for a change.

    A field that tenantkit owns together with others is sent with their value, so that tenantkit still owns it. A field
    that only others own is not sent.

    Args:
        change: with `wanted`.
        forced: conflicting fields to overwrite.
    """
    manifest: Manifest = change.wanted or {}
    left = [row for row in change.conflicts if row.path not in forced and row.after is not None]
    if not left:
        return manifest
    ours = owners_of(change.live or {}).ours
    for row in left:
        if row.path in ours:
            manifest = with_value(manifest, row.path, row.before)
    return without(manifest, [row.path for row in left if row.path not in ours])


def carry_out(
    cluster: ClusterApi,
    change: PlanChange,
    *,
    forced: Collection[Path] = (),
    is_new_namespace: bool = False,
    contents: CopyContents | None = None,
) -> bool:
    """Write one change.

    Args:
        cluster: the cluster.
        change: planned from the current live object.
        forced: conflicting fields to overwrite.
        is_new_namespace: whether this run created the object's namespace, so that no other run writes into it.
        contents: fills copies with their content. Default: there are no copies.

    Returns:
        Whether anything was written: nothing is if all fields are left to others.

    Raises:
        StalePlanError: someone else created or changed the object at the same time; their change was not overwritten.
        StoredDifferentlyError: the server stored something else than what was sent.
        ClusterError: the server refused the request, or did not answer.
    """
    if change.action == "delete":
        _delete(cluster, change)
        return True
    if change.wanted is not None and contents is not None:
        change = replace(change, wanted=contents.filled(change.wanted))
    if change.action == "create":
        _create(cluster, change, is_new_namespace=is_new_namespace)
        return True
    if is_replaced(change):
        _replace(cluster, change)
        return True
    forced_rows = [row for row in change.conflicts if row.path in forced]
    if not forced_rows and not any(row.action == "update" for row in change.rows):
        return False
    added = [row for row in forced_rows if row.after is None]
    if added:
        _remove(cluster, change, added)
    if len(added) < sum(row.action != "foreign" for row in change.rows):
        is_forced = len(forced_rows) > len(added) or takes_back(change)
        _apply(cluster, change, to_send(change, forced), force=is_forced)
    return True


def takes_back(change: PlanChange) -> bool:
    """Whether a change sets fields again that the server would not let go without force.

    Others have set them, and only the spec decides about them; or somebody wrote them under tenantkit's own name.
    """
    named_as_ours = owners_of(change.live or {}).named_as_ours
    return any(row.action == "update" and (row.manager is not None or row.path in named_as_ours) for row in change.rows)


def is_replaced(change: PlanChange) -> bool:
    """Whether an object is deleted and made again: its role cannot be changed, or it is being deleted."""
    rows = [row for row in change.rows if row.path != ("type",) or change.ref.kind == "Secret"]
    return change.action == "update" and any(row.path in _REPLACED for row in rows)


def _create(cluster: ClusterApi, change: PlanChange, *, is_new_namespace: bool) -> None:
    manifest: Manifest = change.wanted or {}
    if change.ref.kind in TEAM_KINDS and not is_new_namespace:
        _create_once(cluster, change, manifest)
        return
    if not _is_stored(change) or is_new_namespace:
        check_answer(shown(manifest), shown(cluster.apply(manifest), manifest), None)
        return
    try:
        created = cluster.create(_claim(manifest))
    except AlreadyExists:
        raise StalePlanError(_at_the_same_time("created")) from None
    _apply(cluster, change, manifest, live=created)


def _create_once(cluster: ClusterApi, change: PlanChange, manifest: Manifest) -> None:
    """Apply an object that must not exist yet: two owners' objects of one name would overwrite each other."""
    try:
        answer = cluster.apply(_at_version(manifest, _NO_VERSION))
    except Conflict:
        now = _read_again(cluster, change)
        if not _is_as_wanted(change, now):
            raise StalePlanError(_at_the_same_time("created")) from None
        answer = now  # the other writer wrote the same
    check_answer(manifest, answer, None)


def _claim(manifest: Manifest) -> Manifest:
    """The object with its name, the labels of its owner and the Pod Security levels only."""
    metadata = manifest["metadata"]
    labels = {
        key: value for key, value in metadata["labels"].items() if key in _IDENTITY or key.startswith(LABEL_PREFIX)
    }
    named = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": {**named, "labels": labels}}


def _apply(
    cluster: ClusterApi, change: PlanChange, manifest: Manifest, *, live: Manifest | None = None, force: bool = False
) -> None:
    """Apply; an object with a stored spec only if its fields have not changed since it was read."""
    if change.live is not None and is_indexed_member(manifest):
        _apply_members(cluster, change, manifest, change.live, force=force)
        return
    if not _is_stored(change):
        check_answer(shown(manifest), shown(cluster.apply(manifest, force=force), manifest), change.live)
        return
    seen = live or change.live or {}
    for attempt in range(_ATTEMPTS):
        version = seen["metadata"]["resourceVersion"]
        try:
            answer = cluster.apply(_at_version(manifest, version), force=force)
        except Conflict:
            now = _read_again(cluster, change)
            if now["metadata"]["resourceVersion"] == version:
                raise  # a conflict of fields, not of versions
            if _is_as_wanted(change, now):
                return  # the other writer wrote the same
            if _marks(change, now) != _marks(change, seen):
                raise StalePlanError(_at_the_same_time("changed")) from None
            if attempt == _ATTEMPTS - 1:
                raise
            seen = now  # another field has changed, such as the status
        else:
            check_answer(manifest, answer, change.live)
            _remove_rest(cluster, change, answer)
            return


def _apply_members(cluster: ClusterApi, change: PlanChange, manifest: Manifest, seen: Manifest, *, force: bool) -> None:
    """Apply the list of a tenant's members in the index; what another owner changes meanwhile stays."""
    for _ in range(_MEMBERS_ATTEMPTS):
        version = seen["metadata"]["resourceVersion"]
        sent = with_others_changes(manifest, change.live or {}, seen)
        try:
            check_answer(sent, cluster.apply(_at_version(sent, version), force=force), change.live)
        except Conflict:
            seen = _read_again(cluster, change)
            if seen["metadata"]["resourceVersion"] == version:
                raise  # a conflict of fields, not of versions
        else:
            return
    raise StalePlanError(_at_the_same_time("changed"))


def _read_again(cluster: ClusterApi, change: PlanChange) -> Manifest:
    """The object after a conflict, which means that it was there."""
    try:
        return cluster.get(change.ref.kind, change.ref.name, change.ref.namespace)
    except NotFound:
        raise StalePlanError(_at_the_same_time("deleted")) from None


def _is_stored(change: PlanChange) -> bool:
    return change.ref.kind in _STORED_KINDS and not is_extra(change.wanted or {})


def _remove_rest(cluster: ClusterApi, change: PlanChange, answer: Manifest) -> None:
    """Remove fields that are not wanted, where the apply alone does not.

    tenantkit's own POST owns its fields apart from the applies. What marks an object as a tenant's goes even if others
    have set it as well.
    """
    owners = owners_of(answer)
    left = [
        row
        for row in change.rows
        if row.action == "update" and row.after is None and row.path in fields_of(answer)
        if row.path in MARKS or (row.path in owners.named_as_ours and not owners.others_of(row.path))
    ]
    if left:
        _remove(cluster, change, left)


def _is_as_wanted(change: PlanChange, live: Manifest) -> bool:
    live_fields = fields_of(live)
    ours = owners_of(live).ours
    if any(row.action == "update" and row.after is None and row.path in ours for row in change.rows):
        return False
    return all(
        path in live_fields and same_value(change.ref.kind, path, value, live_fields[path])
        for path, value in fields_of(change.wanted or {}).items()
    )


def _at_version(manifest: Manifest, version: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}}


def _marks(change: PlanChange, live: Manifest) -> str:
    """A digest of the fields that must not change between reading and writing."""
    paths = {*fields_of(change.wanted or {}), *(row.path for row in change.rows)}
    return digest(change.ref.kind, fields_of(live), paths, uid=str(live["metadata"].get("uid", "")))


def _remove(cluster: ClusterApi, change: PlanChange, rows: list[PlanRow]) -> None:
    """Remove fields that someone else added: an apply without them would not, since tenantkit does not own them."""
    operations = []
    for row in rows:
        place = pointer(row.path)
        operations += [{"op": "test", "path": place, "value": row.before}, {"op": "remove", "path": place}]
    answer = cluster.patch_json(change.ref, operations)
    check_removed(change.ref.kind, [row.path for row in rows], answer)


def _replace(cluster: ClusterApi, change: PlanChange) -> None:
    _delete(cluster, change)
    cluster.apply(change.wanted or {})


def _delete(cluster: ClusterApi, change: PlanChange) -> None:
    metadata = (change.live or {}).get("metadata", {})
    try:
        is_awaited = change.ref.kind in AWAITED_KINDS or is_extra(change.live or {})
        if metadata.get("finalizers") and not is_awaited:
            _release(cluster, change)
        cluster.delete(change.ref, uid=metadata.get("uid"))
    except NotFound:
        return  # already deleted


def _release(cluster: ClusterApi, change: PlanChange) -> None:
    """Remove the finalizers of an object, for which no controller of its kind waits.

    RBAC honours a RoleBinding until it no longer exists, so a finalizer would keep the rights of its subjects.
    """
    metadata = (change.live or {})["metadata"]
    operations: list[dict[str, object]] = [{"op": "test", "path": "/metadata/uid", "value": metadata["uid"]}]
    if change.ref.kind == "RoleBinding":
        operations.append({"op": "add", "path": "/subjects", "value": []})
    cluster.patch_json(change.ref, [*operations, {"op": "remove", "path": "/metadata/finalizers"}])


def _at_the_same_time(what: str) -> str:
    return f"someone else {what} it at the same time, and their change was not overwritten: plan again"

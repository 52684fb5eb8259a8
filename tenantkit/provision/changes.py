"""Changes: the difference between wanted and live objects, as rows. Pure: nothing is read or written here.

Only fields that tenantkit would own are compared. Others belong to the server's defaults, to controllers and to people.
Fields that tenantkit owned before and no longer wants are removed. A field that differs and has another owner is a
conflict, never an update. Rejected alternative: comparing with the last plan, which is not stored and which a killed
process would falsify. The live object and its managed fields are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tenantkit.manifests.extra_objects import is_copy, is_extra
from tenantkit.manifests.labels import QUOTA_NAME
from tenantkit.manifests.order import AWAITED_KINDS
from tenantkit.provision.compare import digest, field_text, fields_of, is_exclusive, same_value
from tenantkit.provision.content.fields import gives_rights, is_decided_by_spec, is_notable
from tenantkit.provision.lifecycle import terminating
from tenantkit.provision.managed_fields import owners_of
from tenantkit.provision.ownership import is_applied_by_us, is_ours, is_recognized, owner_of
from tenantkit.provision.reasons import (
    BEING_DELETED,
    MADE_AGAIN,
    REFUSED,
    WithReason,
    added_by_other,
    foreign_field,
    left_field,
    namespace_not_applied,
    owned_by_other,
    set_by_other,
    shared_field,
    taken_back,
)
from tenantkit.rules.manifest import ObjectRef, ref_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tenantkit.provision.content.unwanted import Unwanted
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.managed_fields import Owners, Path
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest

PlanAction: TypeAlias = Literal[
    "create", "update", "delete", "unchanged", "conflict", "blocked", "unknown", "foreign", "not yours"
]


# What an object's rows mean for the object; foreign fields change nothing.
_OBJECT_ACTIONS: tuple[PlanAction, ...] = ("update", "conflict")
FINALIZERS = ("metadata", "finalizers")


@dataclass(frozen=True, slots=True)
class PlanRow(WithReason):
    """One row of a plan: an object, or one of its fields.

    Args:
        action: what `apply` would do.
        ref: the object.
        path: of the field; empty for a row about the whole object.
        before: the live value, None if there is none; in a conflict, the value that others set.
        after: the wanted value, None if there is none.
        why: the reason, with a code; None if there is nothing to add.
        manager: the other field managers, in a conflict or of a field that is taken back from them.

    Example:
        >>> plan = tk.plan(cluster, tk.get_tenant(cluster, "forecast").with_(expires="2099-12-31T00:00:00Z"))
        >>> [(row.action, row.field) for row in plan.rows if row.action != "unchanged"]
        [('update', 'metadata.annotations[tenantkit.dev/grant]')]
    """

    action: PlanAction
    ref: ObjectRef
    path: Path = ()
    before: Any = None
    after: Any = None
    why: Reason | None = None
    manager: str | None = None

    @property
    def field(self) -> str | None:
        """The field, such as `spec.hard[requests.cpu]`; None for a row about the whole object."""
        return field_text(self.path) if self.path else None


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The change of one object.

    Args:
        action: what `apply` would do.
        ref: the object.
        rows: one for the whole object, or one per field.
        tenant: its owner; None for the platform's own objects.
        wanted: the object to apply; None if it is deleted.
        live: the live object; None if it does not exist yet.

    Example:
        >>> plan = tk.plan(cluster, tk.get_tenant(cluster, "forecast"))
        >>> [change.ref.kind for change in plan.changes][:4]
        ['Namespace', 'ResourceQuota', 'ResourceQuota', 'LimitRange']
    """

    action: PlanAction
    ref: ObjectRef
    rows: tuple[PlanRow, ...]
    tenant: str | None = None
    wanted: Manifest | None = None
    live: Manifest | None = None

    @property
    def digest(self) -> str:
        """A text that changes when the live object does, in the fields that this change is about."""
        is_kubernetes_own = _is_made_by_kubernetes(self.ref)
        if self.live is None and not is_kubernetes_own:
            return "absent"
        found = self.live or {}
        live = fields_of(found)
        if self.wanted is None:
            looked_at = {path for path in live if path[0] == "metadata"}
        else:
            looked_at = {*fields_of(self.wanted), *owners_of(found).ours}
            looked_at |= {path for path in live if is_exclusive(self.wanted, path)}
        uid = "" if is_kubernetes_own else str(found["metadata"].get("uid", ""))
        return digest(self.ref.kind, live, looked_at, uid=uid)

    @property
    def conflicts(self) -> tuple[PlanRow, ...]:
        """The rows of fields that someone else owns."""
        return tuple(row for row in self.rows if row.action == "conflict")


def changes(
    wanted: Sequence[Manifest],
    live: LiveState,
    *,
    tenant: str | None = None,
    as_it_is: Collection[ObjectRef] = (),
    unwanted: Iterable[Unwanted] = (),
) -> list[PlanChange]:
    """The changes from the live to the wanted objects, in execution order: deletions last, then foreign objects.

    Args:
        wanted: every object of one tenant (or of the platform), in the order of applying.
        live: the live state.
        tenant: the owner; None for the platform's own objects.
        as_it_is: wanted objects that the spec leaves as they are: what others have set there is foreign.
        unwanted: live objects that are not wanted, in the order of deletion.
    """
    planned = [_change(manifest, live, tenant, as_it_is) for manifest in wanted]
    namespace = next((change for change in planned if change.ref.kind == "Namespace"), None)
    if namespace is not None and namespace.action in REFUSED:
        return [_like_namespace(change, namespace) for change in planned]
    return planned + [_unwanted(found, tenant) for found in unwanted]


def blocked(change: PlanChange, reason: Reason) -> PlanChange:
    """The change of the same object as blocked."""
    row = PlanRow("blocked", change.ref, why=reason)
    return PlanChange("blocked", change.ref, (row,), change.tenant, change.wanted, change.live)


def unknown(ref: ObjectRef, reason: Reason, tenant: str) -> PlanChange:
    """An object of which nothing but its name is known."""
    return PlanChange("unknown", ref, (PlanRow("unknown", ref, why=reason),), tenant)


def _change(wanted: Manifest, state: LiveState, tenant: str | None, as_it_is: Collection[ObjectRef]) -> PlanChange:
    ref = ref_of(wanted)
    live = state.objects.get(ref)
    if live is None:
        reason = state.why_unknown(ref)
        action: PlanAction = "create" if reason is None else "unknown"
        return PlanChange(action, ref, (PlanRow(action, ref, why=reason),), tenant, wanted)
    reason = _why_blocked(wanted, live, tenant, state)
    if reason is not None:
        return PlanChange("blocked", ref, (PlanRow("blocked", ref, why=reason),), tenant, wanted, live)
    rows = tuple(_field_rows(_Compared(ref, wanted, live, tenant is not None, ref in as_it_is)))
    actions = {row.action for row in rows}
    action = next((it for it in _OBJECT_ACTIONS if it in actions), "unchanged")
    return PlanChange(action, ref, rows or (PlanRow("unchanged", ref),), tenant, wanted, live)


def _why_blocked(wanted: Manifest, live: Manifest, tenant: str | None, state: LiveState) -> Reason | None:
    ref = ref_of(wanted)
    is_deleted = bool(live["metadata"].get("deletionTimestamp")) and not _is_made_again(wanted, tenant)
    if is_extra(wanted):
        is_known = is_ours(live, tenant) or is_applied_by_us(live)
        if is_deleted:
            return BEING_DELETED
        return None if is_known else owned_by_other(owner_of(live), ref.kind)
    quota = state.objects.get(ObjectRef("v1", "ResourceQuota", QUOTA_NAME, ref.name))
    is_foreign = not is_recognized(live, tenant, quota)
    if is_deleted:
        is_tenants = tenant is not None and ref.kind == "Namespace"
        return terminating(live, tenant, is_foreign=is_foreign) if is_tenants else BEING_DELETED
    if not is_foreign:
        return None
    return owned_by_other(owner_of(live), ref.kind)


def _is_made_again(wanted: Manifest, tenant: str | None) -> bool:
    """Whether an object that is being deleted is made again: no controller waits for one of these kinds."""
    return tenant is not None and wanted["kind"] not in ("Namespace", *AWAITED_KINDS) and not is_extra(wanted)


def _is_made_by_kubernetes(ref: ObjectRef) -> bool:
    """Whether Kubernetes itself creates this object in every namespace, without labels and at any time."""
    return ref.kind == "ServiceAccount" and ref.name == "default"


@dataclass(frozen=True, slots=True)
class _Compared:
    """A wanted and a live object.

    Args:
        ref: of both.
        wanted: the manifest.
        live: as the server has it.
        is_tenants: whether it is a tenant's.
        is_as_it_is: whether the spec leaves it as it is.
    """

    ref: ObjectRef
    wanted: Manifest
    live: Manifest
    is_tenants: bool
    is_as_it_is: bool


def _field_rows(it: _Compared) -> Iterator[PlanRow]:
    """A row for each field that differs, in a stable order."""
    ours, theirs, owners = fields_of(it.wanted), fields_of(it.live), owners_of(it.live)
    if it.live["metadata"].get("deletionTimestamp"):
        yield PlanRow("update", it.ref, FINALIZERS, it.live["metadata"].get("finalizers"), None, MADE_AGAIN)
    for path in sorted(ours.keys() | theirs.keys()):
        if path not in ours:
            yield from _extra_row(it, path, theirs[path], owners)
        elif path not in theirs or not same_value(it.ref.kind, path, ours[path], theirs[path]):
            yield _differing_row(it, path, theirs.get(path), ours[path], owners)


def _differing_row(it: _Compared, path: Path, before: Any, after: Any, owners: Owners) -> PlanRow:
    others = owners.others_of(path) if before is not None else ()
    managers = ", ".join(others) or None
    is_decided = it.is_tenants and (is_decided_by_spec(it.ref.kind, path) or is_copy(it.wanted))
    is_left = it.is_as_it_is and (gives_rights(it.ref.kind, path) or not is_decided)
    if is_left and before is not None and path not in owners.ours:
        return PlanRow("foreign", it.ref, path, before, after, left_field(managers), managers)
    if managers is None:
        return PlanRow("update", it.ref, path, before, after)
    if is_decided:
        return PlanRow("update", it.ref, path, before, after, taken_back(managers), managers)
    return PlanRow("conflict", it.ref, path, before, after, set_by_other(managers), managers)


def _extra_row(it: _Compared, path: Path, value: Any, owners: Owners) -> Iterator[PlanRow]:
    """A live field that is not wanted: removed if ours, a conflict where everything must be ours, else foreign."""
    others = owners.others_of(path)
    managers = ", ".join(others) or None
    is_owned = path in owners.ours
    if is_owned and not others:
        yield PlanRow("update", it.ref, path, value, None)
    elif is_exclusive(it.wanted, path):
        yield PlanRow("conflict", it.ref, path, value, None, added_by_other(managers), managers)
    elif is_owned:
        yield PlanRow("update", it.ref, path, value, None, shared_field(", ".join(others)))
    elif is_extra(it.wanted):
        return  # what the server, controllers and people add to an extra object or a copy is theirs
    elif it.is_tenants and is_notable(it.ref.kind, path, is_owned=bool(others)):
        yield PlanRow("foreign", it.ref, path, value, None, foreign_field(managers), managers)


def _unwanted(found: Unwanted, tenant: str | None) -> PlanChange:
    ref = ref_of(found.manifest)
    action: PlanAction = "delete" if found.is_deleted else "foreign"
    return PlanChange(action, ref, (PlanRow(action, ref, why=found.why),), tenant, live=found.manifest)


def _like_namespace(change: PlanChange, namespace: PlanChange) -> PlanChange:
    """An object in a namespace that is not touched is not touched either."""
    if change is namespace:
        return change
    row = PlanRow(namespace.action, change.ref, why=namespace_not_applied(namespace.action))
    return PlanChange(namespace.action, change.ref, (row,), change.tenant, change.wanted, change.live)

"""Reasons that come from a tenant's life: frozen, thawed, being deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.reasons import Reason
from tenantkit.rules.deletion.namespaces import namespace_deletion

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

WRITES_WHILE_FROZEN = Reason(
    "frozen",
    "the tenant is frozen read-only, and this RoleBinding lets its subjects write: since tenantkit did not make it, it "
    "is deleted and not made again when the tenant is thawed",
)
ROLE_FROZEN = Reason(
    "role-frozen", "the tenant is frozen read-only: this person has the viewer role instead until it is thawed"
)
ROLE_GIVEN_BACK = Reason("role-given-back", "the tenant is not frozen read-only: this person has the own role again")
THAWED = Reason("thawed", "the spec does not freeze the tenant")


def terminating(namespace: Manifest, tenant: str | None, *, is_foreign: bool = False) -> Reason:
    """A Namespace that is being deleted: the tenant's own, or one of the same name that belongs to others.

    Args:
        namespace: as the server returns it.
        tenant: whose plan it stops.
        is_foreign: whether it belongs to others.
    """
    name = namespace["metadata"]["name"]
    deletion = namespace_deletion(namespace)
    is_held = deletion is not None and deletion.is_held
    held = f"; it waits for this: {deletion.what}; {deletion.next_steps}" if deletion and is_held else ""
    if is_foreign:
        return Reason(
            "other-being-deleted",
            f"a namespace {name!r} that does not belong to tenant {tenant!r} is being deleted: once it is deleted, its "
            f"name can be used, so plan again then, or choose another name{held}",
        )
    return Reason(
        "being-deleted",
        f"the tenant's namespace {name!r} is being deleted: wait until it is deleted, then plan again{held}",
    )

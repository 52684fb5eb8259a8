"""The changes of a deletion: a namespace, all that is in it, and what the tenant has in the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.reasons import (
    ALL_NAMES,
    IN_THE_INDEX,
    IN_THE_NAMESPACE,
    PROTECTED,
    Reason,
    namespace_not_applied,
)
from tenantkit.provision.stored.tenants import is_protected
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.manifest import ObjectRef, ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenantkit.provision.changes import PlanAction
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest


# why an object is as it is that is deleted with its namespace, by the action of that
_INSIDE: Mapping[PlanAction, Reason] = {
    "delete": IN_THE_NAMESPACE,
    "not yours": Reason("namespace-not-applied", "deleted with the tenant, which only the platform team may delete"),
}


def action_of(namespace: Manifest) -> tuple[PlanAction, Reason | None]:
    """Whether a namespace is deleted, or why not."""
    return ("blocked", PROTECTED) if is_protected(namespace) else ("delete", None)


def deletions(tenant: str, row: PlanRow, contents: LiveState, indexed: Iterable[Manifest]) -> list[PlanChange]:
    """The changes for a namespace, all that is in it, and its index. No object is kept: a Secret is among them."""
    action, name = row.action, row.ref.name
    inside = _INSIDE.get(action) or namespace_not_applied(action)
    entry = IN_THE_INDEX if action == "delete" else inside
    rows = [row]
    rows += [PlanRow(action, found, why=inside) for found in sorted(contents.objects) if found.namespace == name]
    for (kind, place), reason in contents.unknown.items():
        if place == name:
            rows.append(PlanRow("unknown", ObjectRef(KINDS[kind].api_version, kind, ALL_NAMES, name), why=reason))
    rows += [PlanRow(action, ref_of(manifest), why=entry) for manifest in indexed]
    return [PlanChange(row.action, row.ref, (row,), tenant) for row in rows]

"""What an apply leaves out: objects that must not be changed, and those that are somebody else's to change.

A team's object that is blocked stops only itself, so that no team can keep its own limits from being lowered. A wall
that is blocked stops its tenant: nobody gets access to a namespace without limits, or with an open network. Rights that
the spec takes away are taken away in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.manifests.claims import is_claim
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.reasons import REFUSED
from tenantkit.provision.report import ApplyOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import ObjectRef

_NOT_KEPT = ("local-only", "claims-host")
_REPLACED = ("role-frozen", "role-given-back")
_WALLS = ("Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The objects of a plan that an apply does not write.

    Args:
        refused: those that are blocked or unknown, in the plan or now.
        pending: those that this user may not change.
        closed: the tenants of which a wall is refused.
    """

    refused: Mapping[ObjectRef, ApplyOutcome]
    pending: Mapping[ObjectRef, ApplyOutcome]
    closed: frozenset[str | None]

    def is_written(self, change: PlanChange) -> bool:
        """Whether a change is to be written."""
        if change.action in ("unchanged", "foreign") or change.ref in self.refused or change.ref in self.pending:
            return False
        return change.tenant not in self.closed or takes_rights_away(change)

    def done(self, plan: Plan, current: Plan) -> list[PlanChange]:
        """The objects that were deleted or claimed since the plan was made, as unchanged."""
        refs = {change.ref for change in current.changes} | self.refused.keys()
        return [
            type(it)("unchanged", it.ref, (), it.tenant)
            for it in plan.changes
            if it.ref not in refs
            if it.action == "delete" or (is_claim(it.ref) and it.tenant not in self.closed)
        ]


def is_wall(ref: ObjectRef) -> bool:
    """Whether nobody gets access to a tenant without this object; without a claim its hosts may be another's."""
    return ref.kind in _WALLS or is_claim(ref)


def left_out(plan: Plan, current: Plan) -> LeftOut:
    """What is left out of a plan.

    Args:
        plan: as made.
        current: the same, made again now.
    """
    refused: dict[ObjectRef, ApplyOutcome] = {}
    pending: dict[ObjectRef, ApplyOutcome] = {}
    for change in (*current.changes, *plan.changes):
        outcome = ApplyOutcome(
            change.ref, change.action, change.tenant, why=change.rows[0].why if change.rows else None
        )
        if change.action in REFUSED:
            refused.setdefault(change.ref, outcome)
        elif change.action == "not yours":
            pending[change.ref] = outcome
    done = {change.ref for change in current.changes if change.action == "unchanged"}
    done |= {ref for ref in pending if is_claim(ref)} - {change.ref for change in current.changes}
    still = {ref: outcome for ref, outcome in pending.items() if ref not in refused and ref not in done}
    closed = frozenset(outcome.tenant for ref, outcome in refused.items() if is_wall(ref) or outcome.tenant is None)
    return LeftOut(refused, still, closed)


def groups_of(plan: Plan, current: Plan, left: LeftOut) -> dict[str | None, list[PlanChange]]:
    """The changes by tenant; an object that was deleted or claimed since the plan was made is unchanged."""
    groups: dict[str | None, list[PlanChange]] = {}
    for change in current.changes:
        if change.action != "foreign" and change.ref not in left.refused and change.ref not in left.pending:
            groups.setdefault(change.tenant, []).append(change)
    for change in left.done(plan, current):
        groups.setdefault(change.tenant, []).append(change)
    return groups


def kept_notes(plan: Plan) -> dict[ObjectRef, Reason]:
    """The plan's notes about objects to create, which are still true once these exist."""
    rows = [change.rows[0] for change in plan.changes if change.action == "create"]
    return {row.ref: row.why for row in rows if row.why is not None and row.why.code not in _NOT_KEPT}


def takes_rights_away(change: PlanChange) -> bool:
    """Whether a change deletes a RoleBinding, or gives an existing one the subjects of the spec.

    One in the index gives no rights in the tenant.
    """
    is_binding = change.ref.kind == "RoleBinding" and not is_in_index(change.ref)
    return change.action in ("delete", "update") and is_binding and not replaces_role(change)


def replaces_role(change: PlanChange) -> bool:
    """Whether a RoleBinding is deleted in place of which its person has another one.

    If that other one could not be created, nothing would say any more which role the person has.
    """
    return change.ref.kind == "RoleBinding" and any(row.code in _REPLACED for row in change.rows)

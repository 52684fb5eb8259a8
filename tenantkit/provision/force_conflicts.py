"""The conflicts that `force_conflicts` names: rows of a plan, a slice of its frame, or all of them.

Each must be a conflict of that very plan, so that a user has seen what is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.changes import PlanRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from tenantkit.provision.managed_fields import Path
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import ObjectRef

# Public functions write it out, since Shift+Tab shows an alias by its name only. A Union, since a frame is only a name
# at runtime: pandas is not imported for it.
ForceConflicts: TypeAlias = Union[Literal["all"], "pd.DataFrame", Sequence[PlanRow], Sequence[Mapping[str, Any]]]

_KEY = ("kind", "namespace", "name", "field")
_EXPECTED = "pass rows of plan.rows, a slice of plan.frame with all of its columns, or 'all'"


def forced_fields(plan: Plan, force_conflicts: ForceConflicts | None) -> dict[ObjectRef, frozenset[Path]]:
    """The fields to overwrite, by object.

    Args:
        plan: the plan of the conflicts.
        force_conflicts: rows of `plan.rows`, of `plan.frame`, mappings with kind, namespace, name and field, or `all`.

    Raises:
        InvalidSpecError: a row is not a conflict of this plan.
    """
    conflicts = [row for row in plan.rows if row.action == "conflict"]
    if isinstance(force_conflicts, str) and force_conflicts == "all":
        return _by_object(conflicts)
    known = {_key_of_row(row): row for row in conflicts}
    keys = _keys(force_conflicts)
    unknown = [" ".join(part for part in key if part) for key in keys if key not in known]
    if unknown:
        reason = "is not a conflict of this plan: pass rows of it with action 'conflict'"
        raise InvalidSpecError([Problem("force_conflicts", name, reason) for name in unknown])
    return _by_object([known[key] for key in keys])


def _by_object(rows: Iterable[PlanRow]) -> dict[ObjectRef, frozenset[Path]]:
    forced: dict[ObjectRef, set[Path]] = {}
    for row in rows:
        forced.setdefault(row.ref, set()).add(row.path)
    return {ref: frozenset(paths) for ref, paths in forced.items()}


def _keys(force_conflicts: ForceConflicts | None) -> list[tuple[str | None, ...]]:
    if force_conflicts is None:
        return []
    rows: Iterable[Any]
    if isinstance(force_conflicts, list | tuple):
        rows = force_conflicts
    elif all(name in getattr(force_conflicts, "columns", ()) for name in _KEY):
        rows = force_conflicts.to_dict("records")  # type: ignore[union-attr]
    else:
        shown = force_conflicts if isinstance(force_conflicts, str) else type(force_conflicts).__name__
        raise InvalidSpecError([Problem("force_conflicts", shown, _EXPECTED)])
    return [_key_of_row(row) if isinstance(row, PlanRow) else _key_of_mapping(row) for row in rows]


def _key_of_row(row: PlanRow) -> tuple[str | None, ...]:
    return row.ref.kind, row.ref.namespace, row.ref.name, row.field


def _key_of_mapping(row: Any) -> tuple[str | None, ...]:
    """Missing cells of a frame are pandas' <NA>, which is not text."""
    if not isinstance(row, Mapping):
        raise InvalidSpecError([Problem("force_conflicts", row, _EXPECTED)])
    return tuple(value if isinstance(value := row.get(name), str) else None for name in _KEY)

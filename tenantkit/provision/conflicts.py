"""Which conflicting fields a user takes back: rows of a plan, as rows or as a slice of its frame.

Each row must be a conflict of that very plan: what is forced was seen by somebody first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.changes import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from tenantkit.provision.managed_fields import Path
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import ObjectRef

    TakeBack: TypeAlias = pd.DataFrame | Sequence[Row] | Sequence[Mapping[str, Any]]

_KEY = ("kind", "namespace", "name", "field")


def taken_fields(plan: Plan, take_back: TakeBack | None) -> dict[ObjectRef, frozenset[Path]]:
    """The fields to take back, by object.

    Args:
        plan: in which they are conflicts.
        take_back: rows of `plan.rows`, of `plan.frame`, or mappings with kind, namespace, name and field.

    Raises:
        InvalidSpecError: a row is no conflict of this plan.
    """
    known = {_key_of_row(row): row for row in plan.rows if row.action == "conflict"}
    taken: dict[ObjectRef, set[Path]] = {}
    problems = []
    for key in _keys(take_back):
        row = known.get(key)
        if row is None:
            shown = " ".join(part for part in key if part)
            problems.append(
                Problem("take_back", shown, "is no conflict of this plan: give rows of it with action 'conflict'")
            )
        else:
            taken.setdefault(row.ref, set()).add(row.path)
    if problems:
        raise InvalidSpecError(problems)
    return {ref: frozenset(paths) for ref, paths in taken.items()}


def _keys(take_back: TakeBack | None) -> list[tuple[str | None, ...]]:
    if take_back is None:
        return []
    rows: Iterable[Any] = take_back
    if not isinstance(take_back, list | tuple):
        missing = [name for name in _KEY if name not in getattr(take_back, "columns", ())]
        if missing:
            reason = "give rows of plan.rows, or a slice of plan.frame with all of its columns"
            raise InvalidSpecError([Problem("take_back", type(take_back).__name__, reason)])
        rows = take_back.to_dict("records")  # type: ignore[union-attr]
    return [_key_of_row(row) if isinstance(row, Row) else _key_of_mapping(row) for row in rows]


def _key_of_row(row: Row) -> tuple[str | None, ...]:
    return row.ref.kind, row.ref.namespace, row.ref.name, row.field


def _key_of_mapping(row: Any) -> tuple[str | None, ...]:
    """A frame's missing cells are pandas' <NA>, which is no text."""
    if not isinstance(row, Mapping):
        reason = "give rows of plan.rows, or a slice of plan.frame"
        raise InvalidSpecError([Problem("take_back", row, reason)])
    return tuple(value if isinstance(value := row.get(name), str) else None for name in _KEY)

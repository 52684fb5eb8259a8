"""The rows of a plan as a person reads them: by meaning, and what takes something away first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.display.tables import value_text
from tenantkit.provision.plans.wording import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.hints import Surface
    from tenantkit.provision.changes import PlanChange, PlanRow

COLUMNS = ("action", "tenant", "kind", "namespace", "name", "field", "before", "after", "reason")
SHOWN_COLUMNS = ("action", "tenant", "kind", "namespace", "name", "change", "field", "reason")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a plan with what is shown beside it.

    Args:
        tenant: its owner; None for the platform's own objects.
        row: the row.
        lines: its differences in words.
        is_loss: whether something is deleted, or somebody loses access.
    """

    tenant: str | None
    row: PlanRow
    lines: tuple[str, ...]
    is_loss: bool

    def cells(self, surface: Surface) -> tuple[str | None, ...]:
        """The cells of `COLUMNS`, with the fields and values as the API has them."""
        row = self.row
        values = (row.field, value_text(row.before), value_text(row.after), row.words(surface) or None)
        return (row.action, self.tenant, row.ref.kind, row.ref.namespace, row.ref.name, *values)

    def shown(self, surface: Surface) -> list[tuple[str | None, ...]]:
        """The cells of `SHOWN_COLUMNS`, in one line for each difference."""
        row = self.row
        # a conflict is named by its field on the command line
        field = row.field if row.action == "conflict" else None
        object_cells = (row.action, self.tenant, row.ref.kind, row.ref.namespace, row.ref.name)
        return [(*object_cells, line, field, row.words(surface) or None) for line in self.lines or (None,)]


def entries(changes: Iterable[PlanChange]) -> list[Entry]:
    """The rows of some changes: deletions and lost access first, the others in the order of applying."""
    found = [_entry(change, row) for change in changes for row in change.rows]
    return sorted(found, key=lambda entry: not entry.is_loss)


def _entry(change: PlanChange, row: PlanRow) -> Entry:
    lines = describe(change, row)
    is_loss = row.action == "delete" or (row.action == "update" and any(line.is_loss for line in lines))
    return Entry(change.tenant, row, tuple(line.text for line in lines), is_loss)

"""A phrase, and the edits that phrases are about: objects before and after, with the rows that change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.changes import PlanAction, PlanChange, PlanRow
    from tenantkit.rules.manifest import Manifest, ObjectRef


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a change means.

    Args:
        text: such as `CPU 4 → 16`.
        is_loss: whether something is deleted, or somebody loses access.
    """

    text: str
    is_loss: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """The change of one object, by rows of some actions.

    Args:
        change: the change.
        rows: those of these actions; others of the same object, such as conflicts, are not carried out.
    """

    change: PlanChange
    rows: tuple[PlanRow, ...]

    @classmethod
    def of(cls, change: PlanChange, actions: Collection[PlanAction]) -> Self | None:
        """The edit by the rows of these actions; None without such a row."""
        rows = tuple(row for row in change.rows if row.action in actions)
        return cls(change, rows) if rows else None

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return self.change.ref

    @property
    def kind(self) -> str:
        """The object's kind."""
        return self.change.ref.kind

    @property
    def before(self) -> Manifest | None:
        """The live object; None if it is created."""
        return self.change.live

    @property
    def after(self) -> Manifest | None:
        """The desired object; None if it is deleted."""
        return self.change.wanted

    @property
    def is_whole(self) -> bool:
        """Whether a row is about the object as a whole: it is created, deleted, or somebody else's to change."""
        return any(not row.path for row in self.rows)


def counted(count: int, noun: str) -> str:
    """`1 Pod`, `2 Pods`, `3 NetworkPolicies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"

"""Reports: what applying a plan did, object by object.

Nothing stands under `applied` that the server has not answered for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tenantkit.display.tables import html_table, text_table

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.rules.manifest import ObjectRef

COLUMNS = ("result", "tenant", "action", "kind", "namespace", "name", "field", "reason")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object, or of one of its fields; `tenant` is None for the platform's own.

    `reason` says why it was not done; of an object that was created, what the plan noted beside it.
    """

    ref: ObjectRef
    action: str
    tenant: str | None = None
    field: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        place = f"{self.ref} {self.field}" if self.field else str(self.ref)
        return f"{place}: {self.reason}" if self.reason else place


@dataclass(frozen=True)
class Report:
    """What applying a plan did; shows itself as a table, in a terminal and in a notebook.

    Args:
        applied: objects that were written, with `create`, `update` or `delete`.
        unchanged: objects that were as wanted; nothing was written.
        failed: objects or fields that were not done, with the reason.
        not_attempted: objects that come after a failure in the same tenant, or after an interruption.
        not_ready: quotas that did not count in time: nothing holds a tenant to what isn't counted.
        urls: where each tenant's routes are reached, by tenant; only of routes that are there.
        hostnames: the hosts of these routes, by tenant.
        interrupted: whether it was cancelled before its end.
    """

    applied: tuple[Outcome, ...] = ()
    unchanged: tuple[Outcome, ...] = ()
    failed: tuple[Outcome, ...] = ()
    not_attempted: tuple[Outcome, ...] = ()
    not_ready: tuple[Outcome, ...] = ()
    urls: dict[str, list[str]] = field(default_factory=dict)
    hostnames: dict[str, list[str]] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything is as planned."""
        return not (self.failed or self.not_attempted or self.not_ready or self.interrupted)

    @property
    def summary(self) -> str:
        """Objects by result: `12 applied, 2 unchanged`."""
        parts = [f"{len(outcomes)} {name}" for name, outcomes in self._groups if outcomes]
        lead = "interrupted: " if self.interrupted else ""
        return lead + (", ".join(parts) or "nothing to do")

    @property
    def frame(self) -> pd.DataFrame:
        """One row per object or field.

        Returns:
            result (`applied`, `unchanged`, `failed`, `not attempted`, `not ready`), tenant, action, kind, namespace,
            name, field, reason: all `string`, <NA> where there is nothing.
        """
        import pandas as pd

        cells = self._cells
        return pd.DataFrame(
            {name: pd.array([row[index] for row in cells], dtype="string") for index, name in enumerate(COLUMNS)}
        )

    def as_json(self) -> dict[str, Any]:
        """The report as plain data, for a file or a pipe."""
        objects = [
            {name: cell for name, cell in zip(COLUMNS, row, strict=True) if cell is not None} for row in self._cells
        ]
        return {"summary": self.summary, "urls": self.urls, "hostnames": self.hostnames, "objects": objects}

    def __str__(self) -> str:
        table = text_table(COLUMNS, self._shown)
        urls = "\n".join(f"{tenant}  {url}" for tenant, urls in self.urls.items() for url in urls)
        return "\n\n".join(part for part in (table, urls, self.summary) if part)

    def __repr__(self) -> str:
        return f"<Report: {self.summary}>"

    def _repr_html_(self) -> str:
        urls = [(tenant, url) for tenant, urls in self.urls.items() for url in urls]
        return html_table(self.summary, COLUMNS, self._shown) + (
            html_table("URLs", ("tenant", "url"), urls) if urls else ""
        )

    @property
    def _groups(self) -> tuple[tuple[str, tuple[Outcome, ...]], ...]:
        return (
            ("applied", self.applied),
            ("unchanged", self.unchanged),
            ("failed", self.failed),
            ("not attempted", self.not_attempted),
            ("not ready", self.not_ready),
        )

    @property
    def _cells(self) -> list[tuple[str | None, ...]]:
        return [
            (name, it.tenant, it.action, it.ref.kind, it.ref.namespace, it.ref.name, it.field, it.reason)
            for name, outcomes in self._groups
            for it in outcomes
        ]

    @property
    def _shown(self) -> list[tuple[str | None, ...]]:
        """The rows that a reader wants to see: the unchanged ones are only counted."""
        return [row for row in self._cells if row[0] != "unchanged"]

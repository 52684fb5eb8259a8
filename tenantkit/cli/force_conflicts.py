"""Conflicts of a plan by their names on the command line: `[NAMESPACE/]KIND/NAME[:FIELD]`, or `all`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.provision.changes import PlanRow
    from tenantkit.provision.plan import Plan

_ALL = "all"


def force_conflicts_option(command: Callable[..., int]) -> Callable[..., int]:
    """Add `--force-conflicts` to a command."""
    option = click.option(
        "--force-conflicts",
        metavar="WHAT",
        multiple=True,
        help="Overwrite fields that others changed: [NAMESPACE/]KIND/NAME[:FIELD] as the plan shows them, or `all`. "
        "Repeatable.",
    )
    return option(command)


def named_conflicts(plan: Plan, names: Sequence[str]) -> list[PlanRow]:
    """The conflicts of a plan that are named: by object, by field, or all of them.

    Raises:
        InvalidSpecError: a name is not a conflict of this plan.
    """
    names_of_rows = [(row, _names(row)) for row in plan.rows if row.action == "conflict"]
    known = {_ALL}.union(*(row_names for _, row_names in names_of_rows))
    listed = ", ".join(sorted(max(row_names, key=len) for _, row_names in names_of_rows)) or "none"
    reason = f"is not a conflict of this plan; its conflicts: {listed}"
    problems = [Problem("--force-conflicts", name, reason) for name in names if name not in known]
    if problems:
        raise InvalidSpecError(problems)
    return [row for row, row_names in names_of_rows if not row_names.isdisjoint(names)]


def _names(row: PlanRow) -> set[str]:
    """All names of a conflict; the longest one names no other conflict."""
    name = f"{row.ref.kind}/{row.ref.name}"
    names = {name, f"{row.ref.namespace}/{name}"} if row.ref.namespace else {name}
    return {_ALL, *names, *(f"{name}:{row.field}" for name in names)}

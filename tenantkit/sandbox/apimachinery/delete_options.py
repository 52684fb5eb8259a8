"""The options of a delete."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How a delete is to be done; `propagation` is empty where nobody says."""

    dry_run: bool = False
    grace_period_s: int | None = None
    uid: str | None = None
    version: str | None = None
    propagation: str = ""
    orphan_dependents: bool | None = None

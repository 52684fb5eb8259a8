"""The options of a delete."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How to delete an object; `propagation` is empty if the request names no policy."""

    dry_run: bool = False
    grace_period_s: int | None = None
    uid: str | None = None
    version: str | None = None
    propagation: str = ""
    orphan_dependents: bool | None = None
    unsafe: bool = False  # delete it only if it can't be decoded

"""The options of a delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


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

    def shown(self) -> Manifest:
        """The options as an object, as admission sees them."""
        preconditions = {"uid": self.uid, "resourceVersion": self.version}
        found = {
            "gracePeriodSeconds": self.grace_period_s,
            "preconditions": {name: value for name, value in preconditions.items() if value is not None} or None,
            "orphanDependents": self.orphan_dependents,
            "propagationPolicy": self.propagation or None,
            "dryRun": ["All"] if self.dry_run else None,
        }
        given = {name: value for name, value in found.items() if value is not None}
        return {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1", **given}

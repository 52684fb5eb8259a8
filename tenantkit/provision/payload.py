"""The manifest that a change sends: the wanted object without the fields that are left to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.compare import with_value, without
from tenantkit.provision.managed_fields import owners_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.managed_fields import Path
    from tenantkit.rules.manifest import Manifest


def to_send(change: PlanChange, forced: Collection[Path] = ()) -> Manifest:
    """The manifest to apply for a change.

    A field that tenantkit owns together with others is sent with their value, so that tenantkit still owns it. A field
    that only others own is not sent.

    Args:
        change: with `wanted`.
        forced: conflicting fields to overwrite.
    """
    manifest: Manifest = change.wanted or {}
    left = [row for row in change.conflicts if row.path not in forced and row.after is not None]
    if not left:
        return manifest
    ours = owners_of(change.live or {}).ours
    for row in left:
        if row.path in ours:
            manifest = with_value(manifest, row.path, row.before)
    return without(manifest, [row.path for row in left if row.path not in ours])

"""Why a tenant's form may not plan or apply. Pure: permissions and fields in, a reason out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.hints import Hint

if TYPE_CHECKING:
    from tenantkit.provision.permissions import MissingPermissions

APPLY_HINT = Hint("ask somebody who has this permission to apply {form_yaml}")


def plan_refusal(missing: MissingPermissions) -> str:
    """Why the user may not plan; empty if they may."""
    return f"you need permission to {missing.plan}" if missing.plan else ""


def apply_refusal(missing: MissingPermissions, *, is_new: bool) -> str:
    """Why the user may not apply anything; empty if they may change at least one part of the tenant."""
    permissions = missing.grant
    if not is_new:
        permissions = f"{missing.grant}, or to {missing.team}" if missing.grant and missing.team else ""
    return f"you need permission to {permissions}" if permissions else ""

"""Tenants that do not fit the platform, or that exist in a namespace of another name: each is one blocked row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError
from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.ownership import tenant_of
from tenantkit.provision.reasons import does_not_fit, exists_elsewhere
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def unfit_tenants(tenants: Sequence[Tenant], platform: Platform) -> dict[str, Reason]:
    """Why tenants do not fit the platform, by name: an unknown size, a host that is not granted and the like."""
    found: dict[str, Reason] = {}
    for tenant in tenants:
        try:
            platform.check([tenant])
        except InvalidSpecError as error:
            found[tenant.name] = does_not_fit(error)
    return found


def elsewhere(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> dict[str, Reason]:
    """The tenants that exist in a namespace of another name: a second one must not be made."""
    expected = {tenant.name: platform.namespace(tenant) for tenant in tenants}
    found: dict[str, Reason] = {}
    for ref, manifest in live.objects.items():
        name = tenant_of(manifest) if ref.kind == "Namespace" else None
        if name is not None and name in expected and ref.name != expected[name]:
            found[name] = exists_elsewhere(ref.name, expected[name])
    return found


def not_fitting(tenant: Tenant, platform: Platform, why: Reason) -> PlanChange:
    """One blocked row: the objects of a tenant that does not fit the platform cannot be made."""
    ref = ObjectRef("v1", "Namespace", platform.namespace(tenant))
    return PlanChange("blocked", ref, (PlanRow("blocked", ref, why=why),), tenant.name)

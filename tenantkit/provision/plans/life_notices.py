"""What to know about a tenant's life cycle in a plan: the end of its grant or boost, and what a spec leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.stored.life_warnings import life_warnings
from tenantkit.provision.stored.tenants import stored_tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tenantkit.provision.changes import PlanChange
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant


def life_notices(tenant: Tenant, now: datetime) -> Iterator[PlanNotice]:
    """What a spec alone says.

    Args:
        tenant: the planned tenant.
        now: the time, with its zone.
    """
    for warning in life_warnings(tenant.at(now), now):
        yield PlanNotice(warning.code, warning.text, tenant.name)


def dropped_notices(tenants: Iterable[Tenant], changes: Iterable[PlanChange], now: datetime) -> Iterator[PlanNotice]:
    """What the stored grant has and the plan takes back: a boost that has ended, or what a file does not know of.

    Args:
        tenants: as specified.
        changes: of these tenants.
        now: the time, with its zone.
    """
    wanted = {tenant.name: tenant for tenant in tenants}
    for change in changes:
        if change.ref.kind != "Namespace" or change.action != "update" or change.tenant not in wanted:
            continue
        stored, tenant = _stored(change.live), wanted[change.tenant]
        if stored is None:
            continue
        if stored.frozen is not None and tenant.frozen is None:
            text = f"this plan thaws it: to leave it frozen, set frozen={stored.frozen!r} in its spec"
            yield PlanNotice("thawed", text, tenant.name)
        if stored.boost is not None and stored.boost.has_ended(now):
            text = f"its boost ended at {stored.boost.until_text}: this plan takes it back"
            yield PlanNotice("boost-ended", text, tenant.name)
        elif stored.boost is not None and tenant.boost is None:
            text = f"this plan ends its boost before {stored.boost.until_text}: to keep it, set boost in its spec"
            yield PlanNotice("boost-dropped", text, tenant.name)


def _stored(namespace: Manifest | None) -> Tenant | None:
    try:
        return stored_tenant(namespace) if namespace is not None else None
    except (InvalidSpecError, SpecVersionError):
        return None

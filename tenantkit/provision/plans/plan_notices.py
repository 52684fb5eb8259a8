"""The notices of a plan of tenants: from its changes, and from what the cluster offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.plans.life_notices import dropped_notices, life_notices
from tenantkit.provision.plans.missing_services import missing_service_notices
from tenantkit.provision.plans.tenant_notices import (
    accelerator_notices,
    change_notices,
    new_accelerators,
    not_moved_notices,
)
from tenantkit.provision.plans.unlimited import default_class_notices, sets_priority
from tenantkit.provision.read import node_resources, read_default_priority_class, read_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plans.notice import PlanNotice
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def notices_of(
    cluster: ClusterApi, tenants: Sequence[Tenant], changes: Sequence[PlanChange], platform: Platform, now: datetime
) -> Iterator[PlanNotice]:
    """What to know about a plan of tenants. Nodes, priority classes and services are read only for changes about them.

    Args:
        cluster: the cluster.
        tenants: as specified, with boosts that have ended.
        changes: of the plan.
        platform: the settings.
        now: the time, with its zone.

    RBAC: list nodes, priorityclasses and services, if that is allowed.
    """
    for tenant in tenants:
        yield from life_notices(tenant, now)
    yield from dropped_notices(tenants, changes, now)
    yield from change_notices(changes, platform)
    yield from missing_service_notices(cluster, changes)
    yield from not_moved_notices(changes, platform)
    if sets_priority(changes):
        yield from default_class_notices(platform, read_default_priority_class(cluster))
    granted = new_accelerators(changes)
    if granted:
        yield from accelerator_notices(granted, node_resources(read_nodes(cluster)))

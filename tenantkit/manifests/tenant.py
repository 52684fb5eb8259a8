"""Every object of a tenant, in the order of applying: claims, walls before members, members before routes.

The order is data: deletion walks it backwards, and a test finds a kind that has no place in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.access import make_accounts, make_bindings
from tenantkit.manifests.claims import make_claims
from tenantkit.manifests.extra_objects import make_extra_objects
from tenantkit.manifests.freeze import make_frozen_quota
from tenantkit.manifests.index import make_index
from tenantkit.manifests.namespace import make_namespace
from tenantkit.manifests.network_policies import make_network_policies
from tenantkit.manifests.quota import make_limits, make_priority_quota, make_quota
from tenantkit.manifests.routes import make_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

STEPS: tuple[Callable[[Tenant, Platform], Manifest | list[Manifest]], ...] = (
    make_claims,
    make_namespace,
    make_quota,
    make_priority_quota,
    make_frozen_quota,
    make_limits,
    make_network_policies,
    make_accounts,
    make_extra_objects,
    make_bindings,
    make_index,
    make_routes,
)


def make_tenant(tenant: Tenant, platform: Platform) -> tuple[Manifest, ...]:
    """Every object of a tenant, in the order of applying.

    Args:
        tenant: the wanted tenant; no objects for members or routes that stay as they are.
        platform: where; the tenant must fit it (`Platform.check`).

    Example:
        >>> from tenantkit.spec.platform import Platform
        >>> from tenantkit.spec.tenant import Tenant
        >>> vision = Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> [manifest["kind"] for manifest in make_tenant(vision, Platform())][:4]
        ['ConfigMap', 'Namespace', 'ResourceQuota', 'ResourceQuota']
    """
    manifests: list[Manifest] = []
    for step in STEPS:
        created = step(tenant, platform)
        manifests.extend(created if isinstance(created, list) else [created])
    return tuple(manifests)

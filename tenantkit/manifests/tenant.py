"""Every object of a tenant, in the order in which they are applied: walls before people, people before traffic.

The order is data: deletion walks it backwards, and a test finds a kind that has no place in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.access import make_accounts, make_bindings
from tenantkit.manifests.namespace import make_namespace, make_stored_spec
from tenantkit.manifests.quota import make_limits, make_quota
from tenantkit.manifests.routes import make_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

STEPS: tuple[Callable[[Tenant, Platform], Manifest | list[Manifest]], ...] = (
    make_namespace,
    make_stored_spec,
    make_quota,
    make_limits,
    make_accounts,
    make_bindings,
    make_routes,
)


def make_tenant(tenant: Tenant, platform: Platform) -> tuple[Manifest, ...]:
    """Every object that a tenant is made of, in the order of applying.

    Args:
        tenant: what is wanted.
        platform: where; the tenant must fit it (`Platform.check`).

    Example:
        >>> from tenantkit.spec.platform import Platform
        >>> from tenantkit.spec.tenant import Tenant
        >>> vision = Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> [manifest["kind"] for manifest in make_tenant(vision, Platform())][:4]
        ['Namespace', 'ConfigMap', 'ResourceQuota', 'LimitRange']
    """
    manifests: list[Manifest] = []
    for step in STEPS:
        made = step(tenant, platform)
        manifests.extend(made if isinstance(made, list) else [made])
    return tuple(manifests)

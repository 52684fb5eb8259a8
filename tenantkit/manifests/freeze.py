"""The quota that freezes a tenant: no new pods, while those that run go on.

A quota counts pods when they are created, so the kubelet still restarts containers of pods that exist. A pod that is
deleted or evicted is not replaced, whatever made it (page "Resource Quotas"). Rejected alternative: lower amounts in
the tenant's quota, which would have to be remembered to be set back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import FROZEN_QUOTA_NAME, own_labels

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def make_frozen_quota(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The ResourceQuota of a frozen tenant; none for one that is not frozen."""
    if tenant.frozen is None:
        return []
    return [
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {
                "name": FROZEN_QUOTA_NAME,
                "namespace": platform.namespace(tenant),
                "labels": own_labels(tenant.name),
            },
            "spec": {"hard": {"pods": "0"}},
        }
    ]

"""The ResourceQuota and the LimitRange: a tenant's total amounts, and a container's defaults and limits.

An accelerator that is not granted is 0, never left out: a resource without an entry in a quota is unlimited.
Extended resources are limited by `requests.*` alone, since they allow no overcommitment (page "Resource Quotas").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import LIMITS_NAME, QUOTA_NAME, TEAM_LABEL, own_labels
from tenantkit.rules.quantities import add_quantities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.quota import ContainerLimits, Quota
    from tenantkit.spec.tenant import Tenant

_COUNTS = {
    "persistentvolumeclaims": "volume_claims",
    "pods": "pods",
    "services": "services",
    "services.loadbalancers": "load_balancers",
    "services.nodeports": "node_ports",
    "count/jobs.batch": "jobs",
    "count/ingresses.networking.k8s.io": "ingresses",
    "count/configmaps": "config_maps",
    "count/secrets": "secrets",
}


def make_quota(tenant: Tenant, platform: Platform) -> Manifest:
    """The ResourceQuota of a tenant."""
    quota = platform.quota(tenant)
    hard = {
        "requests.cpu": quota.requests_cpu,
        "requests.memory": quota.requests_memory,
        "limits.cpu": quota.limits_cpu,
        "limits.memory": quota.limits_memory or add_quantities(quota.requests_memory, quota.requests_memory),
        "requests.ephemeral-storage": quota.ephemeral_storage,
        "requests.storage": quota.storage,
    }
    hard |= {f"requests.{resource}": str(quota.accelerators.get(resource, 0)) for resource in platform.accelerators}
    hard |= _storage_classes(quota)
    hard |= {entry: str(getattr(quota, field)) for entry, field in _COUNTS.items()}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": QUOTA_NAME,
            "namespace": platform.namespace(tenant),
            # The team is also a label of the quota, so that one list of quotas gives the usage of each team.
            "labels": own_labels(tenant.name) | {TEAM_LABEL: tenant.team},
        },
        "spec": {"hard": _given(hard)},
    }


def make_limits(tenant: Tenant, platform: Platform) -> Manifest:
    """The LimitRange of a tenant."""
    quota = platform.quota(tenant)
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {
            "name": LIMITS_NAME,
            "namespace": platform.namespace(tenant),
            "labels": own_labels(tenant.name),
        },
        "spec": {
            "limits": [
                _container_limits(quota.containers),
                {"type": "PersistentVolumeClaim", "max": {"storage": quota.max_volume or quota.storage}},
            ]
        },
    }


def _container_limits(containers: ContainerLimits) -> Manifest:
    bounds: dict[str, dict[str, str | None]] = {
        # The server uses the maximum as the missing default; with the default set, the plan sees no difference.
        "default": {"cpu": containers.limit_cpu or containers.max_cpu, "memory": containers.limit_memory},
        "defaultRequest": {
            "cpu": containers.request_cpu,
            "memory": containers.request_memory,
            "ephemeral-storage": containers.request_ephemeral_storage,
        },
        "max": {"cpu": containers.max_cpu, "memory": containers.max_memory},
    }
    given = {bound: _given(values) for bound, values in bounds.items()}
    return {"type": "Container"} | {bound: values for bound, values in given.items() if values}


def _storage_classes(quota: Quota) -> dict[str, str | None]:
    hard: dict[str, str | None] = {}
    for name, granted in quota.storage_classes.items():
        hard[f"{name}.storageclass.storage.k8s.io/requests.storage"] = granted.storage
        if granted.claims is not None:
            hard[f"{name}.storageclass.storage.k8s.io/persistentvolumeclaims"] = str(granted.claims)
    return hard


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}

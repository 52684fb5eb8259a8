"""The ResourceQuotas and the LimitRange: a tenant's total amounts, and a container's defaults and limits.

What is not granted is 0, never left out: a resource without an entry in a quota is unlimited. So each device, class of
devices and, where a quota names any, storage class that the platform offers has an entry, and so does each kind of
which the roles let tenants create objects. Extended resources are limited by `requests.*` alone, since they allow no
overcommitment (page "Resource Quotas").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import LIMITS_NAME, PRIORITY_QUOTA_NAME, QUOTA_NAME, TEAM_LABEL, own_labels
from tenantkit.manifests.roles import created_kinds
from tenantkit.rules.quantities import add_quantities
from tenantkit.rules.quota_entries import entry_of_class
from tenantkit.spec.counts import DEFAULT_COUNTS, MADE_FOR_TENANTS, OTHER_COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.quota import ContainerLimits, Quota
    from tenantkit.spec.tenant import Tenant

_FIELDS = {
    "persistentvolumeclaims": "volume_claims",
    "pods": "pods",
    "services": "services",
    "services.loadbalancers": "load_balancers",
    "services.nodeports": "node_ports",
    "count/jobs.batch": "jobs",
    "count/ingresses.networking.k8s.io": "ingresses",
    "count/httproutes.gateway.networking.k8s.io": "ingresses",
    "count/configmaps": "config_maps",
    "count/secrets": "secrets",
}
_LEAST_ALL_PODS, _ALL_PODS_PER_POD = 100, 10


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
    hard |= {
        f"{name}.deviceclass.resource.k8s.io/devices": str(quota.device_classes.get(name, 0))
        for name in platform.device_classes
    }
    hard |= _storage_classes(quota, platform)
    hard |= {entry: str(getattr(quota, field)) for entry, field in _FIELDS.items()}
    hard |= _counts(quota, platform)
    return _quota(tenant, platform, QUOTA_NAME, {"hard": _given(hard)})


def make_priority_quota(tenant: Tenant, platform: Platform) -> Manifest:
    """The ResourceQuota that admits no pod of a priority class outside the platform's list.

    Pods of a higher priority end others, also those of other tenants (page "Pod Priority and Preemption"). Pods without
    a class are not in its scope.
    """
    listed = {"operator": "NotIn", "values": list(platform.priority_classes)}
    scopes: list[dict[str, object]] = [{"operator": "Exists"}, *([listed] if platform.priority_classes else ())]
    expressions = [{"scopeName": "PriorityClass", **scope} for scope in scopes]
    return _quota(
        tenant,
        platform,
        PRIORITY_QUOTA_NAME,
        {"hard": {"pods": "0"}, "scopeSelector": {"matchExpressions": expressions}},
    )


def _quota(tenant: Tenant, platform: Platform, name: str, spec: Mapping[str, object]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": name,
            "namespace": platform.namespace(tenant),
            # The team is also a label of the quota, so that one list of quotas gives the usage of each team.
            "labels": own_labels(tenant.name) | {TEAM_LABEL: tenant.team},
        },
        "spec": dict(spec),
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


def _storage_classes(quota: Quota, platform: Platform) -> dict[str, str | None]:
    hard: dict[str, str | None] = {}
    for name, granted in quota.storage_classes.items():
        hard[entry_of_class(name, "requests.storage")] = granted.storage
        if granted.claims is not None:
            hard[entry_of_class(name, "persistentvolumeclaims")] = str(granted.claims)
    if quota.storage_classes:
        others = (name for name in platform.storage_classes if name not in quota.storage_classes)
        hard |= dict.fromkeys((entry_of_class(name, "requests.storage") for name in others), "0")
    return hard


def _counts(quota: Quota, platform: Platform) -> dict[str, str | None]:
    """The numbers of objects of each kind that tenants may create or that the quota names."""
    most = max(_LEAST_ALL_PODS, _ALL_PODS_PER_POD * quota.pods) if quota.all_pods is None else quota.all_pods
    hard: dict[str, str | None] = {"count/pods": str(most)}
    for kind in dict.fromkeys((*created_kinds(platform), *MADE_FOR_TENANTS, *quota.counts)):
        entry = f"count/{kind}"
        has_field = kind in _FIELDS or entry in _FIELDS
        if kind in quota.counts or not has_field:
            hard[entry] = str(quota.counts.get(kind, DEFAULT_COUNTS.get(kind, OTHER_COUNT)))
    return hard


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}

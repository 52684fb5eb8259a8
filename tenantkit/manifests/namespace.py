"""The Namespace of a tenant, which stores the grant.

The grant is an annotation of the Namespace, which a namespace's owners cannot write (page "Using RBAC Authorization":
namespaces are cluster-scoped). The granted hosts are also in a plain text annotation, since the CEL of an admission
policy cannot parse JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import (
    GRANT_ANNOTATION,
    HOSTS_ANNOTATION,
    PROTECTED_LABEL,
    SERVICE_TYPES_ANNOTATION,
    TEAM_LABEL,
    own_labels,
)
from tenantkit.rules.pod_security.levels import LABEL_PREFIX

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.quota import Quota
    from tenantkit.spec.security import Security
    from tenantkit.spec.tenant import Tenant


def make_namespace(tenant: Tenant, platform: Platform) -> Manifest:
    """The tenant's Namespace, with Pod Security levels (page "Pod Security Admission") and the grant."""
    labels = platform.labels | own_labels(tenant.name) | {TEAM_LABEL: tenant.team} | _pod_security(platform.security)
    if tenant.protected:
        labels[PROTECTED_LABEL] = "true"
    annotations = {GRANT_ANNOTATION: tenant.grant_json(), HOSTS_ANNOTATION: ",".join(platform.hosts(tenant))}
    service_types = _service_types(platform.quota(tenant))
    if service_types:
        annotations[SERVICE_TYPES_ANNOTATION] = ",".join(service_types)
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": platform.namespace(tenant), "labels": labels, "annotations": annotations},
    }


def _service_types(quota: Quota) -> list[str]:
    """The types of Services that the quota grants, for the guardrails."""
    granted = {"LoadBalancer": quota.load_balancers, "NodePort": quota.node_ports}
    return [name for name, count in granted.items() if count]


def hosts_of(namespace: Manifest | None) -> tuple[str, ...]:
    """The hosts that a Namespace's annotation grants; none if there is no Namespace."""
    annotations = ((namespace or {}).get("metadata") or {}).get("annotations") or {}
    return hosts_in(annotations.get(HOSTS_ANNOTATION))


def hosts_in(annotation: object) -> tuple[str, ...]:
    """The hosts in the value of that annotation; none if it is not set."""
    return tuple(host for host in str(annotation or "").split(",") if host)


def _pod_security(security: Security) -> dict[str, str]:
    labels = {}
    for mode in ("enforce", "audit", "warn"):
        labels[f"{LABEL_PREFIX}{mode}"] = getattr(security, mode)
        labels[f"{LABEL_PREFIX}{mode}-version"] = security.version
    return labels

"""The ResourceQuotas and the LimitRange of a tenant, and what no quota counts.

Source: page "Resource Quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.concerns.planned import planned_check
from tenantkit.findings.audit.fields import mapping
from tenantkit.hints import Message
from tenantkit.manifests.labels import QUOTA_NAME
from tenantkit.manifests.role_rules import TENANT_ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView

_KIND = "ResourceQuota"
# resources that a quota counts by another name
_OTHER_NAMES = {"pods": "pods", "services": "services", "persistentvolumeclaims": "persistentvolumeclaims"}
# kinds that a quota cannot count: subresources, and those that the server makes itself or never stores
_NOT_COUNTED = frozenset({"events", "namespaces", "*"})


def _is_enforced(view: TenantView) -> Iterator[Found]:
    for quota in view.of(_KIND):
        if quota["metadata"]["name"] != QUOTA_NAME:
            continue
        wanted, enforced = mapping(quota, "spec", "hard"), mapping(quota, "status", "hard")
        for entry in sorted(wanted.keys() - enforced.keys()):
            yield Evidence(f"{_KIND}/{QUOTA_NAME}", f"status.hard[{entry}]", "the controller has not counted it yet")


def _counts_everything(view: TenantView) -> Iterator[Found]:
    """Kinds that the tenant's people may create, and that no quota of the namespace limits in number."""
    counted = {entry for quota in view.of(_KIND) for entry in mapping(quota, "spec", "hard")}
    for resource, group in sorted(_creatable(view)):
        qualified = f"{resource}.{group}" if group else resource
        if f"count/{qualified}" not in counted and (group or _OTHER_NAMES.get(resource) not in counted):
            yield Evidence(f"{_KIND}/{QUOTA_NAME}", f"spec.hard[count/{qualified}]", "no entry")


def _creatable(view: TenantView) -> set[tuple[str, str]]:
    """The resources, with their groups, that our roles let a tenant's people create."""
    rules = [rule for name in TENANT_ROLES for rule in view.cluster.roles.cluster_rules(name) or ()]
    return {
        (resource, group)
        for rule in rules
        if not {"create", "*"}.isdisjoint(rule.get("verbs") or ())
        for group in rule.get("apiGroups") or ()
        for resource in rule.get("resources") or ()
        if "/" not in resource and resource not in _NOT_COUNTED
    }


CHECKS = (
    planned_check(
        "quota-whole", "quota", "critical", "ResourceQuota tenantkit-quota exists and counts all pods.", _KIND
    ),
    Check(
        "quota-enforced",
        "quota",
        "high",
        "The server enforces each entry of the quota.",
        Message("find out why the quota controller does not work"),
        _is_enforced,
        (_KIND,),
    ),
    planned_check(
        "quota-compute", "quota", "critical", "The quota bounds CPU, memory and ephemeral storage as granted.", _KIND
    ),
    planned_check("quota-storage", "quota", "high", "The quota bounds claims and their storage as granted.", _KIND),
    planned_check(
        "quota-accelerators", "quota", "critical", "The quota bounds each accelerator and device as granted.", _KIND
    ),
    planned_check(
        "quota-services", "quota", "high", "The quota bounds Services, load balancers and node ports.", _KIND
    ),
    planned_check("quota-objects", "quota", "medium", "The quota bounds pods and the other objects.", _KIND),
    Check(
        "quota-counts-everything",
        "quota",
        "medium",
        "Each kind that the tenant's people may create is counted by a quota.",
        Message("add an entry count/RESOURCE.GROUP to the quota, or take the right to create it from the roles"),
        _counts_everything,
        (_KIND, "ClusterRole"),
    ),
    planned_check(
        "quota-priority",
        "quota",
        "critical",
        "ResourceQuota tenantkit-priority admits no pod of a priority class that the platform does not list.",
        _KIND,
    ),
    planned_check(
        "quota-frozen",
        "quota",
        "high",
        "ResourceQuota tenantkit-frozen is there if the tenant is frozen, and only then.",
        _KIND,
    ),
    planned_check(
        "limit-range",
        "limits",
        "high",
        "LimitRange tenantkit-limits gives containers and claims their limits.",
        "LimitRange",
    ),
    planned_check(
        "foreign-limits",
        "limits",
        "low",
        "The namespace has no further quota or limit range.",
        _KIND,
        "LimitRange",
        what_to_do=Message("delete it, if nobody needs it"),
    ),
)

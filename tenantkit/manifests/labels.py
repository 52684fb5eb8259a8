"""The labels, annotations and names by which tenantkit recognises its own objects.

A change of one of them breaks every cluster in use.
"""

from __future__ import annotations

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "tenantkit"
TENANT_LABEL = "tenantkit.dev/tenant"
TEAM_LABEL = "tenantkit.dev/team"
# with the role's name: on ClusterRoles whose rules that role of tenants collects
AGGREGATE_LABEL = "tenantkit.dev/aggregate-to-"
PROTECTED_LABEL = "tenantkit.dev/protected"
# The guardrail that an admission policy is part of, and the version of the set of all.
GUARDRAIL_LABEL = "tenantkit.dev/guardrail"
GUARDRAILS_VERSION_LABEL = "tenantkit.dev/guardrails-version"

GRANT_ANNOTATION = "tenantkit.dev/grant"
HOSTS_ANNOTATION = "tenantkit.dev/hosts"
SERVICE_TYPES_ANNOTATION = "tenantkit.dev/service-types"
PERSON_ANNOTATION = "tenantkit.dev/person"
# on an HTTPRoute: `http` or `https`, by the listener of the platform's Gateway
SCHEME_ANNOTATION = "tenantkit.dev/scheme"
# on a RoleBinding: the user who added the member
ADDED_BY_ANNOTATION = "tenantkit.dev/added-by"

# Earlier versions stored the team's part in a ConfigMap of this name; it is deleted unread.
RETIRED_CONFIG_MAP = "tenantkit-tenant"
QUOTA_NAME = "tenantkit-quota"
PRIORITY_QUOTA_NAME = "tenantkit-priority"
FROZEN_QUOTA_NAME = "tenantkit-frozen"
LIMITS_NAME = "tenantkit-limits"
WORKLOAD_ACCOUNT = "workload"

PLATFORM_CONFIG_MAP = "platform"
PLATFORM_KEY = "platform.json"
GUARDRAILS_CONFIG_MAP = "guardrails"


def own_labels(tenant: str | None = None) -> dict[str, str]:
    """The labels of an object's owner: tenantkit, and the tenant if it belongs to one."""
    labels = {MANAGED_BY_LABEL: MANAGED_BY}
    return labels | {TENANT_LABEL: tenant} if tenant is not None else labels

"""Drift: what differs from the spec of a tenant, and has no check of its own."""

from __future__ import annotations

from tenantkit.findings.audit.comparison import DRIFT
from tenantkit.findings.audit.concerns.planned import planned_check
from tenantkit.provision.read import TENANT_KINDS

CHECKS = (
    planned_check(
        DRIFT,
        "namespace",
        "medium",
        "Nothing else differs from the tenant's spec.",
        *TENANT_KINDS,
    ),
)

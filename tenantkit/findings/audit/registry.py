"""All checks, in the order of the walls: first those of the cluster, then those of each tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.findings.audit.check import Result, result_of
from tenantkit.findings.audit.concerns import (
    accounts,
    claims,
    drift,
    guardrails,
    index,
    namespace,
    network,
    outside,
    people,
    platform,
    pods,
    quota,
    routes,
    services,
    volumes,
)
from tenantkit.findings.audit.view import ClusterView, TenantView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Check
    from tenantkit.findings.audit.snapshot import AuditSnapshot

CLUSTER_CHECKS: tuple[Check[ClusterView], ...] = (
    *platform.CHECKS,
    *guardrails.CHECKS,
    *outside.CHECKS,
    *index.CLUSTER_CHECKS,
    *claims.CLUSTER_CHECKS,
)
TENANT_CHECKS: tuple[Check[TenantView], ...] = (
    *namespace.CHECKS,
    *quota.CHECKS,
    *network.CHECKS,
    *people.CHECKS,
    *index.CHECKS,
    *accounts.CHECKS,
    *claims.CHECKS,
    *routes.CHECKS,
    *services.CHECKS,
    *pods.CHECKS,
    *volumes.CHECKS,
    *drift.CHECKS,
)
ALL_CHECKS: tuple[Check[Any], ...] = (*CLUSTER_CHECKS, *TENANT_CHECKS)


def results(snapshot: AuditSnapshot) -> Iterator[Result]:
    """The outcome of every check, for the cluster and for each audited tenant: pure."""
    cluster = ClusterView(snapshot)
    for check in CLUSTER_CHECKS:
        yield result_of(check, cluster, cluster.gaps(check.needs))
    checks = TENANT_CHECKS if snapshot.specs is None else (namespace.SPEC_CHECK, *TENANT_CHECKS)
    for name in snapshot.audited:
        view = TenantView(cluster, name)
        for each in checks:
            yield result_of(each, view, view.gaps(each.needs), tenant=view.tenant, namespace=name)
    yield from _missing(cluster)


def _missing(cluster: ClusterView) -> Iterator[Result]:
    """A failure for each tenant of the specs that is not on the cluster."""
    active = next(check for check in TENANT_CHECKS if check.code == "namespace-active")
    labels = [TenantView(cluster, name).tenant for name in cluster.snapshot.audited]
    for spec in cluster.snapshot.specs or ():
        place = cluster.platform.namespace(spec)
        if spec.name not in labels and place not in cluster.snapshot.audited:
            yield Result(active, "fail", (namespace.missing_namespace(place),), spec.name, place)

"""Hosts of tenants: which other tenants have them, and whether that could be checked.

Two tenants of one plan with the same host are refused before, by `Platform.check`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import HOSTS_ANNOTATION, TENANT_LABEL
from tenantkit.provision.changes import blocked
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.reasons import HOSTS_NOT_CHECKED, host_taken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.provision.live import LiveState


def granted_elsewhere(planned: Collection[str], live: LiveState) -> dict[str, str]:
    """The hosts that are granted to tenants whose namespaces are not planned: tenant by host."""
    taken: dict[str, str] = {}
    for ref, manifest in live.objects.items():
        if ref.kind == "Namespace" and ref.name not in planned:
            tenant = (manifest["metadata"].get("labels") or {}).get(TENANT_LABEL)
            if tenant is not None and is_ours(manifest, tenant):
                hosts = (manifest["metadata"].get("annotations") or {}).get(HOSTS_ANNOTATION, "")
                taken |= {host: tenant for host in hosts.split(",") if host}
    return taken


def with_checked_hosts(
    changes: Sequence[PlanChange], hosts: Sequence[str], taken: Mapping[str, str], *, is_complete: bool
) -> list[PlanChange]:
    """A tenant's changes, all blocked if another tenant has one of its hosts.

    Args:
        changes: of one tenant.
        hosts: that it wants.
        taken: tenant by host, of those that are known.
        is_complete: whether all tenants are known; if not, the rows that take a host say so.
    """
    clashes = [f"{host!r} of tenant {taken[host]!r}" for host in hosts if host in taken]
    if clashes:
        reason = host_taken(", ".join(clashes))
        return [blocked(change, reason) for change in changes]
    return list(changes) if is_complete else [_with_unchecked_hosts(change) for change in changes]


def _with_unchecked_hosts(change: PlanChange) -> PlanChange:
    rows = (replace(row, why=row.why or HOSTS_NOT_CHECKED) if _takes_host(row) else row for row in change.rows)
    return replace(change, rows=tuple(rows))


def _takes_host(row: PlanRow) -> bool:
    if row.action not in ("create", "update"):
        return False
    is_grant = row.ref.kind == "Namespace" and (not row.path or row.path[-1] == HOSTS_ANNOTATION)
    return is_grant or row.ref.kind == "Ingress"

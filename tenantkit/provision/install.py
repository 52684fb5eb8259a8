"""Install: what a cluster needs once, for all tenants, planned and applied by the same machinery as a tenant.

Removing it is refused while tenants are there: their people's roles would go with it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, NotFound, OwnershipError, PermissionDenied, Problem
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.apply import apply
from tenantkit.provision.changes import is_ours
from tenantkit.provision.plan import make_install_plan
from tenantkit.provision.read import read_refs
from tenantkit.provision.report import Outcome, Report
from tenantkit.provision.wait_deleted import wait_until_gone
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.conflicts import TakeBack
    from tenantkit.provision.plan import Plan


@takes_cluster
def plan_platform(cluster: Cluster, platform: Platform | None = None) -> Plan:
    """What `install` would change. Reads, and changes nothing.

    Args:
        cluster: where.
        platform: the settings. Default: `Platform()`.

    Raises:
        SpecVersionError: the settings there were written by a newer tenantkit.

    RBAC: get of namespaces, clusterroles, clusterrolebindings, and in tenantkit-system of configmaps, roles,
    rolebindings.

    Example:
        >>> print(plan_platform(cluster).summary)  # doctest: +SKIP
    """
    used = platform if platform is not None else Platform()
    refs = [ref_of(manifest) for manifest in make_platform(used)]
    return make_install_plan(used, read_refs(cluster, refs))


@takes_cluster
def install_platform(
    cluster: Cluster, platform: Platform | None = None, *, take_back: TakeBack | None = None, progress: bool = True
) -> Report:
    """Put the platform on a cluster: its settings, who may read them, and the roles. Repeatable.

    Args:
        cluster: where.
        platform: the settings; they replace those that are there. Default: `Platform()`.
        take_back: conflicts of `plan_platform` that are to be ours again. Default: none.
        progress: show a line of progress in a terminal or notebook. Default: yes.

    Returns:
        A Report in which everything is applied or was so already.

    Raises:
        OwnershipError: something of these names is there and is somebody else's; nothing was written.
        PermissionDenied: what is there may not be read; nothing was written.
        SpecVersionError: the settings there were written by a newer tenantkit; nothing was written.
        PartialApplyError: something failed; its `report` says what.

    RBAC: a cluster administrator's: create and patch namespaces, clusterroles, clusterrolebindings, and in
    tenantkit-system configmaps, roles and rolebindings; all that the roles grant, or `escalate` and `bind`.

    Example:
        >>> install_platform(cluster, Platform(domain="ai.example.com"))  # doctest: +SKIP
    """
    planned = plan_platform(cluster, platform)
    refused = [row for row in planned.rows if row.action in ("blocked", "unknown")]
    told = "; ".join(f"{row.ref}: {row.reason}" for row in refused)
    if any(row.action == "blocked" for row in refused):
        raise OwnershipError(f"not installed, nothing was written: {told}")
    if refused:
        raise PermissionDenied(f"not installed, nothing was written: {told}", status=403, operation="get")
    return apply(cluster, planned, take_back=take_back, progress=progress)


@takes_cluster
def uninstall_platform(cluster: Cluster, *, confirm: str, timeout_s: float = 120.0) -> Report:
    """Remove what `install` made; what bears other labels stays.

    Args:
        cluster: where.
        confirm: `tenantkit-system`, so that it happens to nobody by accident.
        timeout_s: how long to wait, in seconds, until the namespace is gone. Default 120.

    Returns:
        A Report of what was deleted.

    Raises:
        InvalidSpecError: `confirm` is something else.
        OwnershipError: tenants are there, or the namespace tenantkit-system is somebody else's.
        PermissionDenied: tenants may not be listed, or something may not be deleted.
        WaitTimeoutError: the namespace is still there; the message names what holds it.

    RBAC: list namespaces; get and delete of all that `install` makes; watch namespaces.

    Example:
        >>> uninstall_platform(cluster, confirm="tenantkit-system")  # doctest: +SKIP
    """
    deadline = time.monotonic() + timeout_s
    if confirm != SYSTEM_NAMESPACE:
        raise InvalidSpecError([Problem("confirm", confirm, f"give {SYSTEM_NAMESPACE!r} to remove the platform")])
    tenants = cluster.list("Namespace", label_selector=f"{TENANT_LABEL},{MANAGED_BY_LABEL}={MANAGED_BY}")
    held = [namespace for namespace in tenants if "deletionTimestamp" not in namespace["metadata"]]
    if held:
        names = ", ".join(sorted(repr(namespace["metadata"]["labels"][TENANT_LABEL]) for namespace in held))
        raise OwnershipError(f"the platform still has tenants: {names}; delete them first, nothing was removed")
    refs = [ref_of(manifest) for manifest in make_platform(Platform())]
    live = read_refs(cluster, refs)
    for ref in refs:
        reason = live.why_unknown(ref)
        if reason is not None:
            raise PermissionDenied(f"nothing was removed: {reason}", status=403, operation="get", kind=ref.kind)
    namespace = next((live.objects[ref] for ref in refs if ref.kind == "Namespace" and ref in live.objects), None)
    if namespace is not None and not is_ours(namespace, None):
        raise OwnershipError(f"namespace {SYSTEM_NAMESPACE!r} is somebody else's: nothing was removed")
    removed = []
    for ref in reversed(refs):
        found = live.objects.get(ref)
        if found is None or not is_ours(found, None):
            continue
        try:
            cluster.delete(ref, uid=found["metadata"]["uid"])
        except NotFound:
            continue
        removed.append(Outcome(ref, "delete"))
    wait_until_gone(cluster, SYSTEM_NAMESPACE, timeout_s=max(0.0, deadline - time.monotonic()))
    return Report(applied=tuple(removed))

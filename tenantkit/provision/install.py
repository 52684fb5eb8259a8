"""Installation: the objects that a cluster needs once for all tenants, planned and applied like those of a tenant.

An uninstallation is refused while tenants exist, since their members' roles would be deleted.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import (
    ClusterError,
    InvalidSpecError,
    NotFound,
    OwnershipError,
    PermissionDenied,
    Problem,
)
from tenantkit.hints import Message
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.manifests.order import RANK
from tenantkit.provision.apply import apply
from tenantkit.provision.fresh import check_namespaces, stored_settings
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.plan import make_install_plan
from tenantkit.provision.plans.found_network import find_network
from tenantkit.provision.plans.guardrail_notices import guardrail_notices
from tenantkit.provision.plans.network_notices import network_notices, not_isolated_notices
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.plans.origin import cluster_id
from tenantkit.provision.plans.platform_notices import moved_notices, platform_notices
from tenantkit.provision.plans.tenant_notices import accelerator_notices
from tenantkit.provision.plans.unlimited import check_default_class, unlimited_notices
from tenantkit.provision.read import node_resources, read_default_priority_class, read_nodes, read_storage_classes
from tenantkit.provision.reasons import REFUSED, Reason, failed, joined
from tenantkit.provision.report import ApplyOutcome, Report, partial_error
from tenantkit.provision.routing.gateway import check_gateway
from tenantkit.provision.running.ctrl_c import stopped_by_ctrl_c
from tenantkit.provision.running.progress import Progress
from tenantkit.provision.running.warnings import GUARDRAILS_MISSING
from tenantkit.provision.stored.installed import read_installed
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES
from tenantkit.provision.waiting.aggregated import is_aggregated, wait_until_aggregated
from tenantkit.provision.waiting.deleted import wait_until_deleted
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from tenantkit.provision.changes import PlanRow
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.network import Network


_AGGREGATED_WITHIN_S = 30.0
_NOT_AGGREGATED = Reason(
    "not-aggregated",
    f"its rules were not collected within {_AGGREGATED_WITHIN_S:g} s, so members do not have all their permissions: "
    f"check that the controller manager is running",
)
_NOT_CONFIRMED = Reason("not-awaited", "interrupted before the server confirmed it, so it may be deleted")


@takes_cluster
def plan_platform(cluster: ClusterApi, platform: Platform | None = None) -> Plan:
    """The changes that `install_platform` would make. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        platform: the settings. Default: `Platform()`.

    Returns:
        A Plan of the platform's own objects. Its notices list every tenant that other sizes, hosts or settings concern,
        what `network` leaves open or closed on this cluster, and the devices and storage classes that no quota limits.
        ClusterRoles and guardrails of earlier settings are deleted.

    Raises:
        InvalidSpecError: `namespace_prefix` changes while tenants exist, or `priority_classes` does not list the
            cluster's default class, so that pods without a class would be refused.
        NotFound: `routing` is by a Gateway, and the cluster has no HTTPRoutes.
        SpecVersionError: a newer tenantkit wrote the stored settings, or installed the guardrails.
        ClusterUnavailable: the server did not answer.

    RBAC: get of namespaces, clusterroles, clusterrolebindings, and in tenantkit-system and tenantkit-index of
    configmaps, roles, rolebindings; list clusterroles, validatingadmissionpolicies and
    validatingadmissionpolicybindings; if that is allowed, list namespaces, nodes, priorityclasses, storageclasses,
    services, daemonsets, servicecidrs, in namespace default endpointslices, and in the Gateway's namespace httproutes
    and gateways.

    Example:
        >>> platform = tk.get_platform(cluster)
        >>> tk.plan_platform(cluster, platform).summary
        '74 unchanged'
        >>> plan = tk.plan_platform(cluster, platform.with_(domain="ai.example.com"))
        >>> plan.summary
        '1 to update, 73 unchanged'
        >>> print(plan.notices[0].tenant, plan.notices[0])
        chatbot its own host changes from 'chatbot.example.ai' to 'chatbot.ai.example.com' with its next plan
    """
    settings = platform if platform is not None else Platform()
    installed = read_installed(cluster, settings)
    planned = make_install_plan(settings, installed)
    check_default_class(settings, read_default_priority_class(cluster))
    namespaces, nodes = check_namespaces(cluster, settings), read_nodes(cluster)
    notices = (
        *guardrail_notices(settings, has_policies=installed.has_policies),
        *_tenants_concerned(cluster, settings, namespaces),
        *_devices_and_classes(cluster, settings, nodes),
        *_network(cluster, settings.network, namespaces, nodes),
        *check_gateway(cluster, settings.routing),
    )
    return replace(planned, cluster_id=cluster_id(cluster), notices=notices)


def _tenants_concerned(
    cluster: ClusterApi, settings: Platform, namespaces: Sequence[Manifest] | None
) -> list[PlanNotice]:
    """What these settings mean for the tenants that exist."""
    if namespaces is None:
        text = "you may not list tenants, so it is not known whom these settings concern"
        return [PlanNotice("tenants-not-listed", text)]
    before = stored_settings(cluster) or Platform()
    moved = moved_notices(before.routing, settings.routing) if namespaces else ()
    return [*moved, *platform_notices(before, settings, namespaces)]


def _network(
    cluster: ClusterApi,
    network: Network,
    namespaces: Sequence[Manifest] | None,
    nodes: Sequence[Manifest] | None,
) -> list[PlanNotice]:
    """What the network settings leave open or closed; nothing is read where tenants are not isolated."""
    if not network.isolate:
        return []
    notices = list(
        network_notices(network, find_network(cluster, nodes), {it["metadata"]["name"] for it in namespaces or ()})
    )
    if namespaces is not None:
        notices += not_isolated_notices(network, [it["metadata"]["labels"][TENANT_LABEL] for it in namespaces])
    return notices


def _devices_and_classes(cluster: ClusterApi, settings: Platform, nodes: Sequence[Manifest] | None) -> list[PlanNotice]:
    offered = node_resources(nodes)
    classes = read_storage_classes(cluster) if settings.storage_classes else set()
    return [
        *accelerator_notices(dict.fromkeys(settings.accelerators, ()), offered),
        *unlimited_notices(settings, offered, classes),
    ]


@takes_cluster
def install_platform(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    platform: Platform | None = None,
    *,
    force_conflicts: Literal["all"] | pd.DataFrame | Sequence[PlanRow] | Sequence[Mapping[str, Any]] | None = None,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Report:
    """Install the platform on a cluster: its settings, the permission to read them, roles and guardrails. Repeatable.

    Args:
        cluster: the connection, from `connect`.
        platform: the settings, which replace stored ones. Default: `Platform()`.
        force_conflicts: the conflicts of `plan_platform` to overwrite, as in `apply`, or `"all"`. Default: none.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.

    Returns:
        A Report in which every object was applied or already matched the spec.

    Raises:
        OwnershipError: an object of these names belongs to someone else; nothing was written.
        PermissionDenied: you may not read the existing objects; nothing was written.
        SpecVersionError: a newer tenantkit wrote the stored settings or the guardrails; nothing was written.
        PartialApplyError: something failed or was interrupted (also by Ctrl-C); see its `report`.
        InvalidSpecError: a row of `force_conflicts` is not a conflict of this plan; or as `plan_platform`.
        ClusterUnavailable: the server did not answer.

    RBAC: a cluster administrator's: the server lets only those who hold all permissions write the aggregation rules of
    the roles. Create, patch and delete clusterroles, validatingadmissionpolicies and validatingadmissionpolicybindings;
    create and patch namespaces, clusterrolebindings, and in tenantkit-system and tenantkit-index configmaps, roles and
    rolebindings; watch clusterroles.

    Example:
        >>> platform = tk.get_platform(cluster)
        >>> tk.install_platform(cluster, platform, progress=False).summary
        '74 unchanged'
    """
    plan = plan_platform(cluster, platform)
    refused = [row for row in plan.rows if row.action in REFUSED]
    if any(row.action == "blocked" for row in refused):
        raise OwnershipError(_refusal(refused))
    if refused:
        raise PermissionDenied(_refusal(refused), status=403, operation="get")
    stop = cancelled or threading.Event()
    report = apply(
        cluster,
        plan,
        force_conflicts=force_conflicts,
        progress=progress,
        on_progress=on_progress,
        cancelled=stop,
    )
    with stopped_by_ctrl_c(stop):
        report = replace(report, not_ready=(*report.not_ready, *_not_aggregated(cluster, plan, stop)))
    if any(notice.code == "guardrails-missing" for notice in plan.notices):
        report = replace(report, warnings=(GUARDRAILS_MISSING, *report.warnings))
    if not report.is_done:
        raise partial_error(report, done="applied")
    return report


def _not_aggregated(cluster: ClusterApi, plan: Plan, stop: threading.Event) -> list[ApplyOutcome]:
    """The roles whose rules were not collected in time; those that had them before the installation are not read."""
    deadline = time.monotonic() + _AGGREGATED_WITHIN_S
    roles = [it.wanted for it in plan.changes if it.ref.kind == "ClusterRole" and it.wanted is not None]
    return [
        ApplyOutcome(change.ref, "wait", why=_NOT_AGGREGATED)
        for change in plan.changes
        if change.wanted is not None
        and "aggregationRule" in change.wanted
        and not (change.action == "unchanged" and change.live is not None and is_aggregated(change.live, roles))
        and not wait_until_aggregated(cluster, change.ref.name, roles, deadline=deadline, stop=stop)
    ]


@takes_cluster
def uninstall_platform(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    *,
    confirm: str,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    timeout_s: float = 120.0,
) -> Report:
    """Delete the objects that `install_platform` created; objects with other labels stay.

    Args:
        cluster: the connection, from `connect`.
        confirm: `tenantkit-system`, to prevent accidents.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome. Default: not called.
        cancelled: checked before each object; once set, no further object is deleted and waiting ends. Ctrl-C sets it,
            too. Default: only Ctrl-C cancels.
        timeout_s: how long to wait until the platform's namespaces are deleted, in seconds. Default 120.

    Returns:
        A Report of the deleted objects.

    Raises:
        InvalidSpecError: `confirm` is something else.
        OwnershipError: there are tenants, or the namespace tenantkit-system belongs to someone else.
        PermissionDenied: you may not list tenants, or not delete the first object.
        PartialApplyError: some objects could not be deleted, or it was interrupted (also by Ctrl-C); see its `report`.
        WaitTimeoutError: a namespace still exists; the message names the finalizer or API service that it waits for.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, validatingadmissionpolicies and their bindings; get and delete of the objects that
    `install_platform` creates; watch namespaces.

    Example:
        >>> try:
        ...     tk.uninstall_platform(cluster, confirm="tenantkit-system")
        ... except tk.exceptions.OwnershipError as error:
        ...     print(str(error).partition(":")[0])
        the platform still has tenants
    """
    deadline = time.monotonic() + timeout_s
    if confirm != SYSTEM_NAMESPACE:
        raise InvalidSpecError([Problem("confirm", confirm, f"pass {SYSTEM_NAMESPACE!r} to uninstall the platform")])
    installed = _installed(cluster)
    stop = cancelled or threading.Event()
    with stopped_by_ctrl_c(stop):
        with closing(Progress(len(installed), verb="deleting", shown=progress, on_progress=on_progress)) as shown:
            report = _deleted(cluster, installed, stop, shown)
        places = [it["metadata"]["name"] for it in installed if it["kind"] == "Namespace"]
        if report.is_complete and not all(_is_deleted(cluster, it, timeout_s, deadline, stop) for it in places):
            report = Report(applied=report.applied, interrupted=True)
        if not report.is_complete:
            raise partial_error(report, done="deleted")
        return report


def _is_deleted(cluster: ClusterApi, namespace: str, timeout_s: float, deadline: float, stop: threading.Event) -> bool:
    """Wait for one of the platform's namespaces; False after an interruption."""
    try:
        return wait_until_deleted(cluster, namespace, timeout_s=timeout_s, deadline=deadline, stop=stop)
    except KeyboardInterrupt:
        stop.set()
        return False


def _installed(cluster: ClusterApi) -> list[Manifest]:
    """The platform's own objects, in the order of their deletion.

    Raises:
        OwnershipError: there are tenants, or the namespace belongs to someone else.
        PermissionDenied: something may not be read.
    """
    tenants = cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
    remaining = [namespace for namespace in tenants if "deletionTimestamp" not in namespace["metadata"]]
    if remaining:
        names = ", ".join(sorted(repr(namespace["metadata"]["labels"][TENANT_LABEL]) for namespace in remaining))
        raise OwnershipError(f"the platform still has tenants: {names}. Delete them first; nothing was deleted")
    found = read_installed(cluster, Platform())
    live, refs = found.live, [ref_of(manifest) for manifest in found.wanted(Platform())]
    for ref in refs:
        reason = live.why_unknown(ref)
        if reason is not None:
            what = Message("nothing was deleted: {reason}", {"reason": reason.text})
            raise PermissionDenied(what, status=403, operation="get", kind=ref.kind)
    namespace = next((live.objects[ref] for ref in refs if ref.kind == "Namespace" and ref in live.objects), None)
    if namespace is not None and not is_ours(namespace, None):
        raise OwnershipError(f"namespace {SYSTEM_NAMESPACE!r} belongs to someone else: nothing was deleted")
    wanted = found.wanted(Platform())
    existing = [*found.others(wanted), *(live.objects[ref] for ref in refs if ref in live.objects)]
    owned = [manifest for manifest in existing if is_ours(manifest, None)]
    return sorted(owned, key=lambda manifest: -RANK[manifest["kind"]])


def _deleted(
    cluster: ClusterApi, manifests: Sequence[Manifest], cancelled: threading.Event, progress: Progress
) -> Report:
    """The report of deleting these objects one after another, up to the first failure.

    Raises:
        ClusterError: the first one could not be deleted.
    """
    deleted: list[ApplyOutcome] = []
    for place, manifest in enumerate(manifests):
        outcome = ApplyOutcome(ref_of(manifest), "delete")
        rest = tuple(ApplyOutcome(ref_of(one), "delete") for one in manifests[place:])
        if cancelled.is_set():
            return Report(applied=tuple(deleted), not_attempted=rest, interrupted=True)
        try:
            cluster.delete(outcome.ref, uid=manifest["metadata"]["uid"])
        except NotFound:
            continue
        except KeyboardInterrupt:
            cancelled.set()
            failure = ApplyOutcome(outcome.ref, "delete", why=_NOT_CONFIRMED)
            return Report(applied=tuple(deleted), failed=(failure,), not_attempted=rest[1:], interrupted=True)
        except ClusterError as error:
            if not deleted:
                raise
            failure = ApplyOutcome(outcome.ref, "delete", why=failed(error))
            return Report(applied=tuple(deleted), failed=(failure,), not_attempted=rest[1:])
        deleted.append(outcome)
        progress.add(outcome)
    return Report(applied=tuple(deleted))


def _refusal(rows: Sequence[PlanRow]) -> Message:
    own = [row for row in rows if row.code != "namespace-not-applied"]  # the others only repeat it
    texts = [
        Message("{ref}: {reason}", {"ref": row.ref, "reason": row.why.text if row.why else ""}) for row in own or rows
    ]
    return Message("the platform was not installed, and nothing was written: {reasons}", {"reasons": joined(texts)})

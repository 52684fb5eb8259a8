"""Deleting tenants: plan it, confirm it, delete the namespaces, and wait until they are deleted.

A namespace is deleted with everything in it, so the plan lists all objects there, not only those of tenantkit. What a
tenant has in the index is deleted once the deletion of its namespace has started, and the claims of its hosts once the
namespace is deleted, and its routes with it.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import (
    InvalidSpecError,
    NotFound,
    OwnershipError,
    Problem,
    TenantKitError,
    WaitTimeoutError,
)
from tenantkit.hints import Hint, Message
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.hosts.claims import claims_of, released, unlisted
from tenantkit.provision.hosts.reasons import RELEASED_WITH_NAMESPACE, stay_claimed, stay_until_deleted
from tenantkit.provision.index.read import read_index
from tenantkit.provision.index.remove import entries_by_tenant, remove_entry, stays_in_index
from tenantkit.provision.not_yours import check_may_delete, others_to_delete
from tenantkit.provision.plan import Plan
from tenantkit.provision.plans.deletions import action_of, deletions
from tenantkit.provision.plans.origin import check_cluster, cluster_id
from tenantkit.provision.plans.requests.clean_up import clean_up_notices
from tenantkit.provision.plans.requests.sender import signed
from tenantkit.provision.read import read_claims, read_contents
from tenantkit.provision.reasons import (
    NOT_YOURS_TO_DELETE,
    Reason,
    failed,
    stay_in_index,
)
from tenantkit.provision.report import ApplyOutcome, Report, partial_error
from tenantkit.provision.running.ctrl_c import stopped_by_ctrl_c
from tenantkit.provision.running.progress import Progress
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenant_namespaces import namespaces_by_name
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, is_protected, stored_tenant
from tenantkit.provision.waiting.deleted import wait_until_deleted
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.arguments import checked_names
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.tenant import Tenant

# Kinds that controllers create for other objects, and that no user would miss.
_NOT_LISTED = ("Event", "EndpointSlice", "Lease")


@takes_cluster
def plan_delete_tenants(cluster: ClusterApi, tenants: str | Sequence[str]) -> Plan:
    """What deleting tenants would delete. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix.

    Returns:
        A Plan with one row per object: `delete` for each namespace and everything in it, and for the tenant's claims of
        hosts and objects in the index, `not yours` if you may not delete the namespace, `blocked` if the tenant is
        protected, and `unknown` with the name `*` for a kind that you may not list; likewise each of the tenant's
        objects in the index, if you may not read them: they stay there. If only others may delete a tenant, the plan
        and its `request`, the text to send, say what you may delete in it first: workloads by a command, and routes.

    Raises:
        InvalidSpecError: `tenants` is not a list of names.
        NotFound: there is no such tenant.
        OwnershipError: the namespace does not belong to this tenant.
        SpecVersionError: a newer tenantkit wrote its grant.
        PermissionDenied: you may not read a namespace, or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, or get them; get configmap `platform` in tenantkit-system; list of each kind, for the cluster
    or in each namespace, where a refusal counts as unknown; list configmaps in tenantkit-system, if that is allowed;
    list roles and rolebindings in tenantkit-index, or get those of each tenant; create selfsubjectaccessreviews,
    selfsubjectrulesreviews and selfsubjectreviews, which any signed-in user may.

    Example:
        >>> plan = tk.plan_delete_tenants(cluster, "forecast")
        >>> plan.frame.query("kind == 'LimitRange'")[["action", "namespace", "name"]].to_dict("records")
        [{'action': 'delete', 'namespace': 'forecast', 'name': 'tenantkit-limits'}]
    """
    names = checked_names(tenants)
    platform = get_platform(cluster)
    namespaces = namespaces_by_name(cluster, names, platform, done="deleted")
    others = others_to_delete(cluster, names, namespaces)
    kinds = [kind.kind for kind in KINDS.values() if kind.namespaced and kind.kind not in _NOT_LISTED]
    contents = read_contents(cluster, kinds, [namespace["metadata"]["name"] for namespace in namespaces])
    index = read_index(cluster, names)
    indexed, claims = entries_by_tenant(index), read_claims(cluster)
    changes: list[PlanChange] = []
    for name, namespace in zip(names, namespaces, strict=True):
        action, why = ("not yours", NOT_YOURS_TO_DELETE) if name in others else action_of(namespace)
        changes += deletions(name, PlanRow(action, ref_of(namespace), why=why), contents, indexed.get(name, ()))
        if name not in others:
            if action == "delete":
                unseen = [unlisted(name, platform_team(platform))]
                changes += unseen if claims is None else released(claims, name, why=RELEASED_WITH_NAMESPACE)
            changes += [
                PlanChange("unknown", ref, (PlanRow("unknown", ref, why=reason),), name)
                for ref, reason in stays_in_index(index, name)
            ]
    stored = [tenant for namespace in namespaces if (tenant := _stored(namespace)) is not None]
    notices = tuple(clean_up_notices(cluster, changes, contents))
    return signed(cluster, Plan(platform, tuple(stored), tuple(changes), "deletion", cluster_id(cluster), notices))


@takes_cluster
def delete_tenants(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenants: str | Sequence[str] | Plan,
    *,
    confirm: str | Sequence[str],
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
    timeout_s: float = 120.0,
) -> Report:
    """Delete tenants with everything in them, and wait until they are deleted. This cannot be undone.

    All tenants are checked first: if one does not exist, is protected or is not yours to delete, none is deleted.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix; or the plan from `plan_delete_tenants`.
        confirm: the same name or names again, to prevent accidents.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each deletion; once set, no new deletion is started and waiting ends. Ctrl-C
            also sets it. Default: only Ctrl-C cancels.
        max_concurrency: number of requests at the same time. Default 16: an API server is not faster with more.
        timeout_s: how long to wait until all namespaces are deleted, in seconds. Default 120: pods have 30 to stop.

    Returns:
        A Report with one outcome per namespace, and one for a claim or an object in the index that could not be
        deleted. A warning says that a tenant's claims or objects in the index stay.

    Raises:
        InvalidSpecError: `confirm` does not repeat the names, or `tenants` is not a list of names.
        StalePlanError: the plan was made on another cluster; nothing was deleted.
        NotFound: there is no such tenant.
        OwnershipError: a namespace does not belong to its tenant, or a tenant is protected.
        SpecVersionError: a newer tenantkit wrote a grant, so it is not known whether the tenant is protected.
        PermissionDenied: you may not delete a tenant; nothing was deleted. The message names whom to ask.
        WaitTimeoutError: the namespace still exists; the message names the finalizer or API service that it waits for.
            No finalizer is removed. Raised only for a single tenant.
        PartialApplyError: some of several tenants could not be deleted, or it was interrupted (also by Ctrl-C); see its
            `report`.
        ClusterUnavailable: the server did not answer.

    RBAC: get, list, delete and watch namespaces, get configmap `platform` and list and delete configmaps in
    tenantkit-system; list and delete roles and rolebindings in tenantkit-index; create selfsubjectaccessreviews, which
    any signed-in user may.

    Source: pages "Namespaces", "Finalizers".

    Example:
        >>> forecast = tk.get_tenant(cluster, "forecast")
        >>> tk.delete_tenants(cluster, "forecast", confirm="forecast", progress=False).summary
        '1 applied'
        >>> tk.apply(cluster, tk.plan(cluster, forecast), progress=False).is_complete
        True
    """
    names = _planned_names(cluster, tenants) if isinstance(tenants, Plan) else checked_names(tenants)
    _check_confirmed(names, confirm)
    platform = get_platform(cluster)
    namespaces = namespaces_by_name(cluster, names, platform, done="deleted")
    check_may_delete(others_to_delete(cluster, names, namespaces), platform)
    protected = [name for name, namespace in zip(names, namespaces, strict=True) if is_protected(namespace)]
    if protected:
        values = {"which": _text(protected)}
        raise OwnershipError(Message("{which} protected: apply with {unprotect} first. Nothing was deleted", values))
    index = read_index(cluster, names)
    indexed, claims = entries_by_tenant(index), read_claims(cluster)
    targets = [
        _Target(
            name, ref_of(live), live["metadata"]["uid"], tuple(indexed.get(name, ())), claims_of(claims or {}, name)
        )
        for name, live in zip(names, namespaces, strict=True)
    ]
    stop = cancelled or threading.Event()
    with stopped_by_ctrl_c(stop):
        with closing(Progress(len(names), verb="deleting", shown=progress, on_progress=on_progress)) as shown:
            run = _Run(cluster, stop, shown)
            run.all(targets, max_concurrency, timeout_s)
        team = platform_team(platform)
        stay = [stay_in_index(name, team) for name in index.refused]
        unreleased = run.unreleased(targets, None if claims is not None else team)
        report = replace(run.report(names), warnings=(*stay, *unreleased))
        if not report.is_complete:
            is_single = len(names) == 1 and run.errors
            error = run.errors[0] if is_single else partial_error(report, done="deleted")
            raise error.with_hint(Hint("{claims}", {"claims": unreleased[0].text})) if unreleased else error
        return report


@dataclass(frozen=True, slots=True)
class _Target:
    """A tenant to delete."""

    tenant: str
    ref: ObjectRef
    uid: str
    entries: tuple[Manifest, ...]
    claims: tuple[Manifest, ...]


@dataclass
class _Run:
    """One deletion: the state that its threads share. Lists only grow, by one outcome at a time."""

    cluster: ClusterApi
    stop: threading.Event
    progress: Progress
    applied: list[ApplyOutcome] = field(default_factory=list)
    unchanged: list[ApplyOutcome] = field(default_factory=list)
    failed: list[ApplyOutcome] = field(default_factory=list)
    not_attempted: list[ApplyOutcome] = field(default_factory=list)
    not_ready: list[ApplyOutcome] = field(default_factory=list)
    errors: list[TenantKitError] = field(default_factory=list)

    def all(self, targets: Sequence[_Target], threads: int, timeout_s: float) -> None:
        """Start all deletions, then wait for all of them: together they take as long as the slowest."""
        deadline = time.monotonic() + timeout_s
        started: list[_Target] = []
        try:
            side_by_side(lambda target: self._delete(target, started), targets, threads=threads, stop=self.stop)
            remaining = self._remaining(started)
            side_by_side(
                lambda target: self._wait(target, deadline, timeout_s), remaining, threads=threads, stop=self.stop
            )
        except KeyboardInterrupt:
            self.stop.set()
        self._report_rest(targets, started)

    def _delete(self, target: _Target, started: list[_Target]) -> None:
        if self.stop.is_set():
            return
        try:
            self.cluster.delete(target.ref, uid=target.uid)
        except NotFound:
            self._end(target, self.unchanged, "unchanged")
        except TenantKitError as error:
            self.errors.append(error)
            self._add(self.failed, ApplyOutcome(target.ref, "delete", target.tenant, why=failed(error)))
        else:
            started.append(target)
            self._remove(target, target.entries)

    def _end(self, target: _Target, outcomes: list[ApplyOutcome], action: str = "delete") -> None:
        """The namespace is deleted, so its hosts can be granted to others."""
        self._remove(target, target.claims)
        self._add(outcomes, ApplyOutcome(target.ref, action, target.tenant))

    def _remove(self, target: _Target, manifests: Sequence[Manifest]) -> None:
        for manifest in manifests:
            try:
                remove_entry(self.cluster, manifest)
            except TenantKitError as error:
                self.errors.append(error)
                self.failed.append(ApplyOutcome(ref_of(manifest), "delete", target.tenant, why=failed(error)))

    def _remaining(self, started: Sequence[_Target]) -> list[_Target]:
        """The tenants to wait for: those whose namespaces still exist, in one request where that is allowed."""
        try:
            namespaces = self.cluster.list("Namespace", label_selector=TENANT_NAMESPACES)
        except TenantKitError:  # then each is read by itself
            return list(started)
        present = {namespace["metadata"]["uid"] for namespace in namespaces}
        for target in started:
            if target.uid not in present:
                self._end(target, self.applied)
        return [target for target in started if target.uid in present]

    def _wait(self, target: _Target, deadline: float, timeout_s: float) -> None:
        try:
            is_deleted = wait_until_deleted(
                self.cluster, target.ref.name, deadline=deadline, timeout_s=timeout_s, stop=self.stop
            )
        except WaitTimeoutError as error:
            self.errors.append(error)
            why = Reason("not-deleted", failed(error).text)
            self._add(self.not_ready, ApplyOutcome(target.ref, "wait", target.tenant, why=why))
        except TenantKitError as error:  # the deletion has begun, so this goes into the report
            self.errors.append(error)
            why = Reason("not-awaited", failed(error).text)
            self._add(self.not_ready, ApplyOutcome(target.ref, "wait", target.tenant, why=why))
        else:
            if is_deleted:
                self._end(target, self.applied)

    def _report_rest(self, targets: Sequence[_Target], started: Sequence[_Target]) -> None:
        """Outcomes of the tenants that an interruption left without one."""
        groups = (self.applied, self.unchanged, self.failed, self.not_ready)
        reported = {outcome.ref for outcomes in groups for outcome in outcomes}
        why = Reason("not-awaited", "its deletion has started, but waiting for it was cancelled")
        for target in targets:
            if target.ref in reported:
                continue
            if target in started:
                self.not_ready.append(ApplyOutcome(target.ref, "wait", target.tenant, why=why))
            else:
                self.not_attempted.append(ApplyOutcome(target.ref, "delete", target.tenant))

    def _add(self, outcomes: list[ApplyOutcome], outcome: ApplyOutcome) -> None:
        outcomes.append(outcome)
        self.progress.add(outcome)

    def unreleased(self, targets: Sequence[_Target], team: str | None) -> list[Reason]:
        """That claims of tenants stay: all claims if only a team may list them, else of those that were not awaited."""
        waiting = {outcome.tenant for outcome in self.not_ready}
        begun = waiting | {outcome.tenant for outcome in (*self.applied, *self.unchanged)}
        if team is not None:
            gone = [target.tenant for target in targets if target.tenant in begun]
            return [stay_claimed(gone, team)] if gone else []
        left = [target for target in targets if target.tenant in waiting and target.claims]
        names = [claim["metadata"]["name"] for target in left for claim in target.claims]
        return [stay_until_deleted([target.tenant for target in left], names)] if left else []

    def report(self, names: Sequence[str]) -> Report:
        """The report, in the order of the names."""
        rank = {name: place for place, name in enumerate(names)}

        def sort(outcomes: list[ApplyOutcome]) -> tuple[ApplyOutcome, ...]:
            return tuple(sorted(outcomes, key=lambda outcome: rank[outcome.tenant or ""]))

        return Report(
            applied=sort(self.applied),
            unchanged=sort(self.unchanged),
            failed=sort(self.failed),
            not_attempted=sort(self.not_attempted),
            not_ready=sort(self.not_ready),
            interrupted=self.stop.is_set(),
        )


def _planned_names(cluster: ClusterApi, plan: Plan) -> tuple[str, ...]:
    """The tenants of the plan of a deletion that was made on this cluster."""
    if plan.subject != "deletion":
        hint = Hint("pass a name, or the result of {plan_delete_tenants}")
        raise InvalidSpecError([Problem("tenants", plan, "is not the plan of a deletion", hint=hint)])
    check_cluster(plan.cluster_id, cluster_id(cluster))
    return tuple(dict.fromkeys(str(change.tenant) for change in plan.changes))


def _check_confirmed(names: Sequence[str], confirm: object) -> None:
    given = {confirm} if isinstance(confirm, str) else set(checked_names(confirm, "confirm"))
    if given != set(names):
        expected = repr(names[0]) if len(names) == 1 else repr(sorted(names))
        what = "it with everything in it" if len(names) == 1 else "them with everything in them"
        raise InvalidSpecError([Problem("confirm", confirm, f"repeat {expected} to delete {what}")])


def _stored(namespace: Manifest) -> Tenant | None:
    """The stored tenant; None without a grant, which an interrupted apply leaves behind."""
    has_grant = GRANT_ANNOTATION in (namespace["metadata"].get("annotations") or {})
    return stored_tenant(namespace) if has_grant else None


def _text(names: Sequence[str]) -> str:
    listed = ", ".join(map(repr, names))
    return f"tenant {listed} is" if len(names) == 1 else f"tenants {listed} are"

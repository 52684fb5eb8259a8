"""Apply: carry out a plan, and report the result.

The live objects are read again first. An object that already matches the spec counts as done. One that matches neither
the spec nor the plan makes the whole plan stale, before anything is written. Tenants are applied side by side, and the
objects of one in order: claims of hosts first, limits before members, members before routes. A failure stops its tenant
only. No state is kept between runs: after an interruption a new plan continues from the live objects. Rejected
alternative: rolling back, which would undo changes that others depend on.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.http.warnings import collected_warnings
from tenantkit.exceptions import (
    ClusterUnavailable,
    PermissionDenied,
    TenantKitError,
    Unauthorized,
)
from tenantkit.hints import Message
from tenantkit.manifests.labels import QUOTA_NAME
from tenantkit.provision.edits.same_moment import settled
from tenantkit.provision.extras.contents import CopyContents
from tenantkit.provision.force_conflicts import forced_fields
from tenantkit.provision.fresh import check_fresh, check_origin, check_subject
from tenantkit.provision.hosts.claims import holds_host, keeps_host, releases_host
from tenantkit.provision.hosts.moves import givers_first, moves
from tenantkit.provision.hosts.reasons import host_not_free
from tenantkit.provision.hosts.take import TakenClaims, give_back, granted_hosts, take_all
from tenantkit.provision.left_out import groups_of, is_wall, kept_notes, left_out, replaces_role, takes_rights_away
from tenantkit.provision.plan import replan
from tenantkit.provision.plans.missing_services import route_warnings
from tenantkit.provision.plans.places import reached
from tenantkit.provision.plans.requests.of_plan import asked_of
from tenantkit.provision.reasons import Reason, failed, left_alone
from tenantkit.provision.report import ApplyOutcome, Report, partial_error
from tenantkit.provision.routing.kept_routes import ROUTE_KEPT, RouteCheck
from tenantkit.provision.running.ctrl_c import stopped_by_ctrl_c
from tenantkit.provision.running.options import Running
from tenantkit.provision.running.progress import Progress
from tenantkit.provision.running.warnings import warned
from tenantkit.provision.waiting.counted import wait_until_counted
from tenantkit.provision.writes import carry_out
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.quota_status import is_counted
from tenantkit.rules.refusals import parse_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    import pandas as pd

    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.left_out import LeftOut
    from tenantkit.provision.managed_fields import Path
    from tenantkit.provision.plan import Plan

_QUOTA_WAIT_S = 30.0


@takes_cluster
def apply(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    plan: Plan,
    *,
    force_conflicts: Literal["all"] | pd.DataFrame | Sequence[PlanRow] | Sequence[Mapping[str, Any]] | None = None,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
    timeout_s: float = 30.0,
) -> Report:
    """Apply a plan. Applying the same plan twice writes nothing the second time.

    Args:
        cluster: the connection from which the plan was made.
        plan: from `plan` or `plan_platform`. Conflicts are left as they are and reported as failed, as are blocked and
            unknown objects. Of a tenant whose Namespace, quota, limits or policies are among them, only RoleBindings
            that are not wanted are deleted. Objects that you may not change are reported as pending.
        force_conflicts: the conflicts to overwrite: rows of `plan.rows`, a slice of `plan.frame`, or `"all"`. Only
            these fields are forced. Default: none.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started and waiting ends. Ctrl-C sets it, too.
            Default: only Ctrl-C cancels.
        max_concurrency: number of tenants applied at the same time. Default 16: an API server is not faster with more.
        timeout_s: how long to wait until all quotas are counted, in seconds. Default 30: a quota controller takes less
            than one second. 0: do not wait.

    Returns:
        A Report in which every object was applied, already matched the spec, or is pending: only somebody with more
        permissions may change it.

    Raises:
        StalePlanError: the plan was made on another cluster or for another platform, or an object has changed since;
            nothing was written.
        PartialApplyError: something failed, was interrupted (also by Ctrl-C) or is not ready; see its `report`. Plan
            and apply again to continue.
        InvalidSpecError: a row of `force_conflicts` is not a conflict of this plan, or `plan` is not a plan to apply.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan`; create, patch and delete of the kinds that change; watch resourcequotas.

    Source: page "Server-Side Apply".

    Example:
        >>> speech = tk.get_tenant(cluster, "speech")
        >>> plan = tk.plan(cluster, speech.with_(viewers=[]))
        >>> tk.apply(cluster, plan, progress=False).summary
        '2 applied, 17 unchanged'
        >>> tk.apply(cluster, tk.plan(cluster, speech), progress=False).urls
        {'speech': ['http://speech.example.ai/transcribe']}
    """
    check_subject(plan)
    running = Running(progress, on_progress, cancelled, max_concurrency, timeout_s)
    return carry_out_plan(cluster, plan, replan, running, forced=forced_fields(plan, force_conflicts))


def carry_out_plan(
    cluster: ClusterApi,
    plan: Plan,
    remake: Callable[[ClusterApi, Plan], Plan],
    running: Running,
    *,
    forced: Mapping[ObjectRef, frozenset[Path]] = MappingProxyType({}),
) -> Report:
    """The same as `apply`, for a plan of any subject; `remake` makes it again from the current live state."""
    current = remake(cluster, plan)
    check_origin(cluster, plan, current)
    left = left_out(plan, current)
    check_fresh(plan, current, left.is_written)
    total = sum(map(left.is_written, current.changes))
    stop, tell = running.cancelled or threading.Event(), running.on_progress
    with stopped_by_ctrl_c(stop):
        with closing(Progress(total, verb="applying", shown=running.progress, on_progress=tell)) as shown:
            checks = (CopyContents(cluster), RouteCheck.of(current.changes))
            run = _Run(cluster, forced, stop, shown, kept_notes(plan), *checks)
            run.all(groups_of(plan, current, left), left, moves(current.changes), running.max_concurrency)
        if running.timeout_s > 0 and not stop.is_set():
            run.await_quotas(current.changes, running.timeout_s)
        report = run.report(plan)
        if plan.edit is not None:
            report = settled(cluster, plan.edit, plan, report)
        if not report.is_done:
            raise partial_error(report, done="applied")
        return report


@dataclass
class _Run:
    """One apply: the state that its threads share. Lists only grow, by one outcome at a time."""

    cluster: ClusterApi
    forced: Mapping[ObjectRef, frozenset[Path]]
    stop: threading.Event
    progress: Progress
    notes: Mapping[ObjectRef, Reason]
    contents: CopyContents
    routes: RouteCheck
    applied: list[ApplyOutcome] = field(default_factory=list)
    unchanged: list[ApplyOutcome] = field(default_factory=list)
    failed: list[ApplyOutcome] = field(default_factory=list)
    pending: list[ApplyOutcome] = field(default_factory=list)
    not_attempted: list[ApplyOutcome] = field(default_factory=list)
    not_ready: list[ApplyOutcome] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)
    unanswered: set[ObjectRef] = field(default_factory=set)  # perhaps written

    def all(
        self,
        groups: Mapping[str | None, Sequence[PlanChange]],
        left: LeftOut,
        waits: Mapping[str, Mapping[str, str]],
        threads: int,
    ) -> None:
        """Apply every tenant's objects; returns when no thread writes any more, also after Ctrl-C."""
        self.failed += left.refused.values()
        self.pending += left.pending.values()
        order = givers_first(list(groups), waits)
        finished = {tenant: threading.Event() for tenant in order}

        def apply_tenant(tenant: str | None) -> None:
            try:
                held = self._held(waits.get(tenant or "", {}), finished)
                if not held:
                    self._group(groups[tenant], is_closed=tenant in left.closed)
                    return
                self._group([change for change in groups[tenant] if takes_rights_away(change)], is_closed=True)
                self._skip([it for it in groups[tenant] if not takes_rights_away(it)], host_not_free(held))
            finally:
                finished[tenant].set()

        with ThreadPoolExecutor(max(1, min(threads, len(order))), thread_name_prefix="tenantkit-apply") as pool:
            futures: list[Future[None]] = []
            try:
                # in this order: a thread that waits for a tenant waits for one that has started
                futures.extend(pool.submit(apply_tenant, tenant) for tenant in order)
                _, waiting = wait(futures, return_when=FIRST_EXCEPTION)
                if waiting:
                    self.stop.set()
            except KeyboardInterrupt:
                self.stop.set()
        _raise_first(futures)
        self._skip_rest([groups[tenant] for tenant in order])

    def _held(self, waits: Mapping[str, str], finished: Mapping[str | None, threading.Event]) -> dict[str, str]:
        """The hosts that a tenant takes and that their holders still have; waits until these are finished."""
        held: dict[str, str] = {}
        for host, giver in waits.items():
            if giver in finished:
                finished[giver].wait()
            undone = (*self.failed, *self.not_attempted, *self.pending)
            if any(outcome.tenant == giver and holds_host(outcome.ref) for outcome in undone):
                held[host] = giver
        return held

    def _group(self, changes: Sequence[PlanChange], *, is_closed: bool) -> None:
        """Take one tenant's claims, and apply its objects; claims of hosts that it was not granted are given back.

        Args:
            changes: in the order of applying.
            is_closed: whether only rights are taken away.
        """
        taken = TakenClaims() if is_closed else take_all(self.cluster, changes, self.stop)
        claims, others = ([it for it in changes if taken.has(it.ref) is has] for has in (True, False))
        self._objects(others, taken.refused, is_closed=is_closed or bool(taken.refused))
        written = {outcome.ref for outcome in (*self.applied, *self.unchanged)} | self.unanswered
        stay = give_back(self.cluster, taken, granted_hosts(others, written))
        for change in claims:
            if taken.has(change.ref) or change.ref in stay:  # a claim that could not be given back was made
                self._add(self.applied, ApplyOutcome(change.ref, change.action, change.tenant))
            if change.ref in stay:
                self._fail(change, stay[change.ref])
            elif not taken.has(change.ref):
                self._skip([change])

    def _objects(
        self, changes: Sequence[PlanChange], refused: Mapping[ObjectRef, TenantKitError], *, is_closed: bool
    ) -> None:
        """Apply objects. One that fails stops only itself, unless it is a wall or nobody answers."""
        new_namespaces = {
            change.ref.name for change in changes if change.ref.kind == "Namespace" and change.action == "create"
        }
        for place, change in enumerate(changes):
            if self.stop.is_set() and change.ref not in refused:
                self._skip(changes[place:])
                return
            if change.ref not in refused and ((is_closed and not takes_rights_away(change)) or self._keeps(change)):
                self._skip([change])
                continue
            if self.routes.is_still_needed(change, (*self.failed, *self.not_attempted, *self.pending)):
                self._skip([change], ROUTE_KEPT)
                continue
            try:
                if change.ref in refused:
                    raise refused[change.ref]
                self._one(change, is_new_namespace=change.ref.namespace in new_namespaces)
            except TenantKitError as error:
                self._fail(change, error)
                if isinstance(error, ClusterUnavailable | Unauthorized):
                    self.unanswered.add(change.ref)
                    self._skip(changes[place + 1 :])
                    return
                is_closed = is_closed or change.tenant is None or is_wall(change.ref)

    def _keeps(self, change: PlanChange) -> bool:
        """Whether an object stays: what comes in its place, or the end of what needs it, was not done."""
        is_release = releases_host(change)
        undone = (*self.failed, *self.not_attempted, *self.pending) if is_release or replaces_role(change) else ()
        mine = [outcome.ref for outcome in undone if outcome.tenant == change.tenant]
        return any(keeps_host(ref) if is_release else ref.kind == "RoleBinding" for ref in mine)

    def _one(self, change: PlanChange, *, is_new_namespace: bool) -> None:
        if change.action == "unchanged":
            self.unchanged.append(ApplyOutcome(change.ref, change.action, change.tenant))
            return
        outcome = ApplyOutcome(change.ref, change.action, change.tenant, why=self.notes.get(change.ref))
        forced = self.forced.get(change.ref, frozenset())
        if self._write(change, forced, is_new_namespace=is_new_namespace):
            done = ApplyOutcome(change.ref, "update", change.tenant) if change.action == "conflict" else outcome
            self._add(self.applied, done)
        for row in change.conflicts:
            if row.path not in forced:
                why = left_alone(row.why)
                self._add(self.failed, ApplyOutcome(change.ref, "conflict", change.tenant, row.field, why))

    def _write(self, change: PlanChange, forced: frozenset[Path], *, is_new_namespace: bool) -> bool:
        with collected_warnings() as texts:
            is_written = self._carry_out(change, forced, is_new_namespace=is_new_namespace)
        self.warnings += [warned(text, change.ref) for text in texts]
        return is_written

    def _carry_out(self, change: PlanChange, forced: frozenset[Path], *, is_new_namespace: bool) -> bool:
        options: dict[str, Any] = {"forced": forced, "is_new_namespace": is_new_namespace, "contents": self.contents}
        try:
            return carry_out(self.cluster, change, **options)
        except PermissionDenied as error:
            # Until a new quota is counted, usually for some milliseconds, the server refuses counted objects.
            refusal = parse_refusal(str(error))
            if refusal is None or refusal.code != "quota not counted" or change.ref.namespace is None:
                raise
            quota = ObjectRef("v1", "ResourceQuota", QUOTA_NAME, change.ref.namespace)
            wait_until_counted(self.cluster, [quota], timeout_s=_QUOTA_WAIT_S, stop=self.stop)
            if self.stop.is_set():
                raise
            return carry_out(self.cluster, change, **options)

    def _skip(self, changes: Sequence[PlanChange], why: Reason | None = None) -> None:
        for change in changes:
            is_done = change.action == "unchanged"
            outcome = ApplyOutcome(change.ref, change.action, change.tenant, why=None if is_done else why)
            (self.unchanged if is_done else self.not_attempted).append(outcome)

    def _skip_rest(self, groups: Sequence[Sequence[PlanChange]]) -> None:
        """Skip the tenants that an interruption left without an outcome, since no thread has started them."""
        reported = {outcome.ref for outcomes in self._outcomes for outcome in outcomes}
        self._skip([change for group in groups for change in group if change.ref not in reported])

    @property
    def _outcomes(self) -> tuple[list[ApplyOutcome], ...]:
        return self.applied, self.unchanged, self.failed, self.pending, self.not_attempted, self.not_ready

    def _add(self, outcomes: list[ApplyOutcome], outcome: ApplyOutcome) -> None:
        outcomes.append(outcome)
        self.progress.add(outcome)

    def _fail(self, change: PlanChange, error: TenantKitError) -> None:
        self._add(self.failed, ApplyOutcome(change.ref, change.action, change.tenant, why=failed(error)))

    def await_quotas(self, changes: Sequence[PlanChange], timeout_s: float) -> None:
        """Wait for the quotas of the applied tenants, and report those that are not counted in time."""
        done = {outcome.ref for outcome in (*self.applied, *self.unchanged)}
        quotas = {
            change.ref: change
            for change in changes
            if change.ref.kind == "ResourceQuota"
            and change.wanted is not None
            and change.ref in done
            and not (change.action == "unchanged" and change.live is not None and is_counted(change.live))
        }
        if not quotas:
            return
        why = Reason(
            "not-counted",
            f"the quota was not counted within {timeout_s:g} s, so it is not enforced yet: "
            f"check that the quota controller is running",
        )
        try:
            uncounted = wait_until_counted(self.cluster, quotas, timeout_s=timeout_s, stop=self.stop)
        except TenantKitError as error:  # the objects are written, so this goes into the report
            text = Message(
                "the quota was written, but its status could not be checked: {error}", {"error": failed(error).text}
            )
            uncounted, why = set(quotas), Reason("not-awaited", text)
        except KeyboardInterrupt:
            self.stop.set()
            uncounted = set(quotas)
        if self.stop.is_set():
            why = Reason("not-awaited", "the quota was written, but the apply was cancelled before it was counted")
        for ref in sorted(uncounted):
            change = quotas[ref]
            self.not_ready.append(ApplyOutcome(change.ref, "wait", change.tenant, why=why))

    def report(self, plan: Plan) -> Report:  # in the order of the plan
        rank = {change.ref: place for place, change in enumerate(plan.changes)}

        def sort(outcomes: list[ApplyOutcome]) -> tuple[ApplyOutcome, ...]:
            return tuple(sorted(outcomes, key=lambda it: (rank.get(it.ref, len(rank)), it.field or "")))

        done = {outcome.ref for outcome in self.applied}
        urls, hostnames = reached(plan.changes, done | {outcome.ref for outcome in self.unchanged})
        return Report(
            applied=sort(self.applied),
            unchanged=sort(self.unchanged),
            failed=sort(self.failed),
            pending=sort(self.pending),
            not_attempted=sort(self.not_attempted),
            not_ready=sort(self.not_ready),
            urls=urls,
            hostnames=hostnames,
            interrupted=self.stop.is_set(),
            warnings=tuple(dict.fromkeys((*self.warnings, *route_warnings(plan.notices)))),
            headlines=plan.headlines_of(done) if plan.subject == "team" else (),
            **asked_of(plan, is_pending=bool(self.pending)),
        )


def _raise_first(futures: Sequence[Future[None]]) -> None:
    """An error that is not tenantkit's is a bug, here or in on_progress: it is raised as it is."""
    for future in futures:
        future.result()

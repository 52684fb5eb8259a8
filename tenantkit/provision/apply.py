"""Apply: do what a plan says, and say what was done.

What is live is read once more first: an object that is as wanted counts as done, one that is neither as wanted nor as
planned makes the whole plan stale before anything is written. Tenants go side by side, the objects of one in order, so
that walls stand before people and people before traffic; a failure stops its tenant only. Nothing is remembered
between runs: after any interruption a new plan goes on from what is live. Turned down: rolling back, which would undo
what others have built upon.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import (
    InvalidSpecError,
    PartialApplyError,
    PermissionDenied,
    Problem,
    StalePlanError,
    TenantKitError,
)
from tenantkit.provision.conflicts import taken_fields
from tenantkit.provision.dry_run import LOCAL_ONLY
from tenantkit.provision.plan import Plan, replan
from tenantkit.provision.progress import Progress
from tenantkit.provision.report import Outcome, Report
from tenantkit.provision.wait_counted import is_counted, wait_until_counted
from tenantkit.provision.writes import carry_out
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import Change
    from tenantkit.provision.conflicts import TakeBack
    from tenantkit.provision.managed_fields import Path

_REFUSED = ("blocked", "unknown")
# The server refuses what a quota counts until the quota controller has seen the quota: usually some milliseconds.
_UNCOUNTED = "status unknown for quota"
_QUOTA_WAIT_S = 30.0
_NAMED = 5


@takes_cluster
def apply(  # noqa: PLR0913 (each is one decision of the caller's, with a default that suits most)
    cluster: Cluster,
    plan: Plan,
    *,
    take_back: TakeBack | None = None,
    progress: bool = True,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
    ready_timeout_s: float = 30.0,
    on_progress: Callable[[Outcome], None] | None = None,
) -> Report:
    """Do what a plan says. Applying the same plan twice writes nothing the second time.

    Args:
        cluster: where; the one that the plan was made from.
        plan: of `plan()`. Its conflicts are left as they are and reported as failed; what is blocked or unknown stops
            its tenant.
        take_back: the conflicts that are to be ours again: rows of `plan.rows`, or a slice of `plan.frame`. Only these
            fields are forced. Default: none.
        progress: show a line of progress in a terminal or notebook. Default: yes.
        cancelled: looked at before each object; once set, nothing more is begun.
        max_concurrency: so many tenants at once. Default 16: with more in flight an API server gains
            nothing.
        ready_timeout_s: how long to wait, in seconds, until the quotas count, for all tenants together. Default 30: a
            quota controller takes less than one. 0: don't wait.
        on_progress: called with each outcome as it comes, one at a time, on a worker's thread.

    Returns:
        A Report in which everything is applied or was so already.

    Raises:
        StalePlanError: something is neither as planned nor as wanted; nothing was written.
        PartialApplyError: something failed, was interrupted (Ctrl-C, too) or is not ready; its `report` says what. Plan
            and apply again to go on.
        InvalidSpecError: a row of `take_back` is no conflict of this plan, or `plan` is no plan.
        ClusterError: what is live could not be read; nothing was written.

    RBAC: what `plan` needs; create, patch and delete of the kinds that change; watch resourcequotas.

    Example:
        >>> apply(cluster, plan(cluster, [vision])).urls  # doctest: +SKIP
        {'vision': ['http://vision.example.ai/ai-service']}
    """
    if not isinstance(plan, Plan):
        raise InvalidSpecError([Problem("plan", plan, "give what plan(cluster, tenants) returns")])
    taken = taken_fields(plan, take_back)
    now = replan(cluster, plan)
    refused = _refusals(plan, now)
    _check_fresh(plan, now, refused)
    total = sum(change.action != "unchanged" for change in now.changes)
    with closing(Progress(total, shown=progress, on_progress=on_progress)) as shown:
        run = _Run(cluster, taken, cancelled or threading.Event(), shown, _notes(plan))
        run.all(_groups(plan, now), refused, max_concurrency)
    if ready_timeout_s > 0 and not run.is_stopped:
        run.await_quotas(now.changes, ready_timeout_s)
    report = run.report(plan)
    if not report.is_complete:
        raise PartialApplyError(_what_is_missing(report), report=report)
    return report


@dataclass
class _Run:
    """One apply: what its threads share. Lists only grow, and each by whole outcomes."""

    cluster: Cluster
    taken: Mapping[ObjectRef, frozenset[Path]]
    cancelled: threading.Event
    progress: Progress
    notes: Mapping[ObjectRef, str]
    interrupted: threading.Event = field(default_factory=threading.Event)
    applied: list[Outcome] = field(default_factory=list)
    unchanged: list[Outcome] = field(default_factory=list)
    failed: list[Outcome] = field(default_factory=list)
    not_attempted: list[Outcome] = field(default_factory=list)
    not_ready: list[Outcome] = field(default_factory=list)

    @property
    def is_stopped(self) -> bool:
        return self.cancelled.is_set() or self.interrupted.is_set()

    def all(
        self, groups: Mapping[str | None, Sequence[Change]], refused: Mapping[str | None, list[Outcome]], threads: int
    ) -> None:
        """Every tenant's objects; returns once no thread writes any more, also after Ctrl-C."""
        for tenant, outcomes in refused.items():
            self.failed += outcomes
            told = {outcome.ref for outcome in outcomes}
            self._skip([change for change in groups.get(tenant, ()) if change.ref not in told])
        todo = [group for tenant, group in groups.items() if tenant not in refused]
        with ThreadPoolExecutor(max(1, min(threads, len(todo))), thread_name_prefix="tenantkit-apply") as pool:
            futures = [pool.submit(self._group, group) for group in todo]
            try:
                _, waiting = wait(futures, return_when=FIRST_EXCEPTION)
                if waiting:
                    self.interrupted.set()
            except KeyboardInterrupt:
                self.interrupted.set()
        _raise_first(futures)

    def _group(self, changes: Sequence[Change]) -> None:
        won = {
            str(change.ref.name) for change in changes if change.ref.kind == "Namespace" and change.action == "create"
        }
        for place, change in enumerate(changes):
            if self.is_stopped:
                self._skip(changes[place:])
                return
            try:
                self._one(change, is_won=change.ref.namespace in won)
            except TenantKitError as error:
                self._add(self.failed, Outcome(change.ref, change.action, change.tenant, reason=str(error)))
                self._skip(changes[place + 1 :])
                return

    def _one(self, change: Change, *, is_won: bool) -> None:
        if change.action == "unchanged":
            self.unchanged.append(Outcome(change.ref, change.action, change.tenant))
            return
        outcome = Outcome(change.ref, change.action, change.tenant, reason=self.notes.get(change.ref))
        taken = self.taken.get(change.ref, frozenset())
        if self._write(change, taken, is_won=is_won):
            done = Outcome(change.ref, "update", change.tenant) if change.action == "conflict" else outcome
            self._add(self.applied, done)
        for row in change.conflicts:
            if row.path not in taken:
                reason = f"left as it is: {row.reason}"
                self._add(self.failed, Outcome(change.ref, "conflict", change.tenant, row.field, reason))

    def _write(self, change: Change, taken: frozenset[Path], *, is_won: bool) -> bool:
        try:
            return carry_out(self.cluster, change, taken=taken, is_won=is_won)
        except PermissionDenied as error:
            if _UNCOUNTED not in str(error) or change.ref.namespace is None:
                raise
            wait_until_counted(self.cluster, [change.ref.namespace], timeout_s=_QUOTA_WAIT_S, stop=self.cancelled)
            return carry_out(self.cluster, change, taken=taken, is_won=is_won)

    def _skip(self, changes: Sequence[Change]) -> None:
        for change in changes:
            outcome = Outcome(change.ref, change.action, change.tenant)
            (self.unchanged if change.action == "unchanged" else self.not_attempted).append(outcome)

    def _add(self, outcomes: list[Outcome], outcome: Outcome) -> None:
        outcomes.append(outcome)
        self.progress.add(outcome)

    def await_quotas(self, changes: Sequence[Change], timeout_s: float) -> None:
        """Wait for the quotas of the tenants that were done, and note those that do not count in time."""
        done = {outcome.ref for outcome in (*self.applied, *self.unchanged)}
        quotas = {
            str(change.ref.namespace): change
            for change in changes
            if change.ref.kind == "ResourceQuota"
            and change.ref in done
            and not (change.action == "unchanged" and change.live is not None and is_counted(change.live))
        }
        if not quotas:
            return
        reason = f"not counted within {timeout_s:g} s, so it does not hold yet: is the quota controller running?"
        try:
            uncounted = wait_until_counted(self.cluster, quotas, timeout_s=timeout_s, stop=self.cancelled)
        except TenantKitError as error:  # all is written by now, and only the report can say so
            uncounted, reason = set(quotas), f"written, but it could not be seen whether it counts: {error}"
        except KeyboardInterrupt:
            self.interrupted.set()
            uncounted = set(quotas)
        if self.is_stopped:
            reason = "written, but not waited for until it counts: it was cancelled"
        for namespace in sorted(uncounted):
            change = quotas[namespace]
            self.not_ready.append(Outcome(change.ref, "wait", change.tenant, reason=reason))

    def report(self, plan: Plan) -> Report:
        """The report, in the plan's order whatever the threads' was."""
        rank = {change.ref: place for place, change in enumerate(plan.changes)}

        def sort(outcomes: list[Outcome]) -> tuple[Outcome, ...]:
            return tuple(sorted(outcomes, key=lambda it: (rank.get(it.ref, len(rank)), it.field or "")))

        places = _places(plan, {outcome.ref for outcome in (*self.applied, *self.unchanged)})
        return Report(
            applied=sort(self.applied),
            unchanged=sort(self.unchanged),
            failed=sort(self.failed),
            not_attempted=sort(self.not_attempted),
            not_ready=sort(self.not_ready),
            urls={tenant: [url for _, url in found] for tenant, found in places.items()},
            hostnames={tenant: list(dict.fromkeys(host for host, _ in found)) for tenant, found in places.items()},
            interrupted=self.is_stopped,
        )


def _notes(plan: Plan) -> dict[ObjectRef, str]:
    """What the plan said of objects to create beside that: it holds once they are there, too."""
    made = [change.rows[0] for change in plan.changes if change.action == "create"]
    return {row.ref: row.reason for row in made if row.reason not in ("", LOCAL_ONLY)}


def _refusals(plan: Plan, now: Plan) -> dict[str | None, list[Outcome]]:
    """The tenants that must not be touched, and why: they were blocked or unknown when planned, or are now."""
    refused: dict[str | None, dict[ObjectRef, Outcome]] = {}
    for change in (*now.changes, *plan.changes):
        if change.action in _REFUSED:
            outcome = Outcome(change.ref, change.action, change.tenant, reason=change.rows[0].reason)
            refused.setdefault(change.tenant, {}).setdefault(change.ref, outcome)
    return {tenant: list(outcomes.values()) for tenant, outcomes in refused.items()}


def _check_fresh(plan: Plan, now: Plan, refused: Mapping[str | None, object]) -> None:
    planned = {change.ref: change for change in plan.changes}
    moved = []
    for change in now.changes:
        if change.tenant in refused or change.action == "unchanged":
            continue
        before = planned.get(change.ref)
        if before is None or before.digest != change.digest:
            moved.append(str(change.ref))
    if moved:
        named = ", ".join(moved[:_NAMED]) + (f" and {len(moved) - _NAMED} more" if len(moved) > _NAMED else "")
        raise StalePlanError(f"changed since the plan was made: {named}; nothing was written: plan again")


def _groups(plan: Plan, now: Plan) -> dict[str | None, list[Change]]:
    """What to do, by tenant; what was to be deleted and is gone by itself is as wanted."""
    groups: dict[str | None, list[Change]] = {}
    for change in now.changes:
        groups.setdefault(change.tenant, []).append(change)
    there = {change.ref for change in now.changes}
    for change in plan.changes:
        if change.action == "delete" and change.ref not in there:
            gone = type(change)("unchanged", change.ref, (), change.tenant)
            groups.setdefault(change.tenant, []).append(gone)
    return groups


def _places(plan: Plan, there: set[ObjectRef]) -> dict[str, list[tuple[str, str]]]:
    """Host and URL of each route whose object is there, by tenant."""
    scheme = "https" if plan.platform.routing.tls_secret is not None else "http"
    found: dict[str, list[tuple[str, str]]] = {}
    for tenant in plan.tenants:
        for route in tenant.routes:
            host = plan.platform.host(tenant, route)
            namespace = plan.platform.namespace(tenant)
            ref = ObjectRef("networking.k8s.io/v1", "Ingress", route.object_name(host), namespace)
            if ref in there:
                found.setdefault(tenant.name, []).append((host, f"{scheme}://{host}{route.path}"))
    return found


def _raise_first(futures: Sequence[Future[None]]) -> None:
    """An error that is none of the cluster's is a bug, or on_progress's: it is shown whole."""
    for future in futures:
        future.result()


def _what_is_missing(report: Report) -> str:
    shut = {outcome.ref.name for outcome in report.failed if outcome.ref.kind == "Namespace"}
    first_of: dict[str | None, str] = {}
    for outcome in (*report.failed, *report.not_ready):
        if outcome.ref.namespace not in shut:  # what lies in it only says so once more
            first_of.setdefault(outcome.reason, str(outcome))
    told = "; ".join(list(first_of.values())[:_NAMED]) or "it was interrupted"
    if report.applied:
        left = "What was done stays; plan and apply again to go on"
    else:
        # a write that failed may have been done all the same: its answer was lost, or only its first request was done
        is_unsure = any(outcome.action not in _REFUSED and outcome.field is None for outcome in report.failed)
        left = f"Nothing {'else ' if is_unsure else ''}was written; plan and apply again once that is settled"
    return f"{report.summary}. {told}. {left} (see .report)"

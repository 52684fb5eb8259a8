"""Jobs: pods are created until enough of them have succeeded or too many have failed.

Pods have a finalizer until they are counted, so that none is lost or counted twice. One sync both counts and releases
them, so `uncountedTerminatedPods` is always empty. Left out: pod failure policies, success policies, backoff limits per
index, and conditions of pods that were deleted before they failed.

Source: pkg/controller/job and pkg/controller/ttlafterfinished, 1.37; page "Jobs".
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from tenantkit.rules.manifest import controller_of
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import PODS, find
from tenantkit.sandbox.apimachinery.time import AT_ONCE, timestamp
from tenantkit.sandbox.controllers import job_progress as progress
from tenantkit.sandbox.controllers.replicas import (
    MOST_AT_ONCE,
    MOST_PODS,
    deletion_order,
    is_active,
    is_finished,
    is_ready,
    is_terminating,
    pod_from_template,
    slow_start,
)
from tenantkit.sandbox.controllers.workload import WorkloadController

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.controllers.job_progress import Decision

_MOST_WRITES = 30  # of one sync, so that requests do not wait for thousands of pods
TRACKED = "batch.kubernetes.io/job-tracking"
_SUSPENSION = {True: ("Suspended", "JobSuspended", "Job suspended"), False: ("Resumed", "JobResumed", "Job resumed")}


class JobController(WorkloadController):
    """Creates pods, counts how they end, and writes the status of Jobs."""

    resource: ClassVar[Resource] = find("batch", "v1", "jobs")
    component: ClassVar[str] = "job-controller"
    finalizers: ClassVar[tuple[str, ...]] = (TRACKED,)

    def sync(self, key: str) -> datetime | None:
        """Reconcile one Job, and release pods that no Job counts any more."""
        again = super().sync(key)
        namespace = key.partition("/")[0]
        orphans = [pod for pod in self.store.list(PODS, namespace) if self._is_orphan(pod)]
        self._free(orphans[:_MOST_WRITES])
        return AT_ONCE if len(orphans) > _MOST_WRITES else again

    def reconcile(self, live: Manifest) -> datetime | None:
        """Count pods that have ended; then finish the Job, or create and delete pods."""
        if (finished := progress.finished_at(live)) is not None:
            return self._clean_up(live, finished)
        now, again = self.store.clock(), None
        pods = self.claimed(live)
        tracked = [pod for pod in pods if _is_tracked(pod)]
        active = [pod for pod in pods if is_active(pod)]
        if len(ended := [pod for pod in tracked if progress.end_of(live, pod)]) > _MOST_WRITES:
            return self._count_some(live, ended[:_MOST_WRITES])
        terminating = sum(is_terminating(pod) and not is_finished(pod) for pod in pods)
        status = progress.with_ends(live, live["status"], tracked)
        if not live["spec"]["suspend"]:
            status.setdefault("startTime", timestamp(now))
        decided, counted = progress.decision(live, status, pods, now), tracked
        if decided is not None:
            if self._has_more_to_stop(live, active):
                return AT_ONCE
            if decided[0] == "FailureTarget":  # pods that are stopped count as failed
                status["failed"] += sum(not progress.end_of(live, pod) for pod in tracked)
            active, terminating = [], terminating + len(active)
        else:
            if not is_terminating(live):
                counted = ended
                before = active
                active, again = self._manage(live, status, pods, now)
                terminating += len({*map(_uid, before)} - {*map(_uid, active)})
            if progress.is_complete(live, status) and not active:
                decided = progress.MET
            elif not is_terminating(live):
                status = self._with_suspension(live, status, now)
        self._free(counted)
        status |= {"active": len(active), "ready": sum(map(is_ready, active)), "terminating": terminating}
        self._write(live, status, decided, now)
        moments = [moment for moment in (again, progress.deadline(live, status)) if moment and not decided]
        return min(moments, default=None)

    def _has_more_to_stop(self, live: Manifest, active: list[Manifest]) -> bool:
        """Delete pods; whether there are too many for one sync."""
        for pod in active[:_MOST_WRITES]:
            self.delete_pod(live, pod)
        return len(active) > _MOST_WRITES

    def _count_some(self, live: Manifest, ended: list[Manifest]) -> datetime:
        """Count pods that have ended before anything is decided, when there are too many for one sync."""
        status = progress.with_ends(live, live["status"], ended)
        self.client.update(self.resource, live, subresource="status", status=status)
        self._free(ended)
        return AT_ONCE

    def _manage(
        self, live: Manifest, status: Manifest, pods: list[Manifest], now: datetime
    ) -> tuple[list[Manifest], datetime | None]:
        """Delete surplus pods or create missing ones; returns the active pods, and when to continue."""
        active = [pod for pod in pods if is_active(pod)]
        wanted = 0 if live["spec"]["suspend"] else progress.wanted(live, status, len(active))
        too_many = min(max(0, len(active) - wanted), MOST_AT_ONCE)
        surplus = deletion_order(active)[:too_many] if too_many else []
        for pod in surplus:
            self._free([pod])
            self.delete_pod(live, self.store.get(PODS, pod["metadata"]["name"], pod["metadata"]["namespace"]) or pod)
        if surplus or live["spec"]["suspend"]:
            stopped = {*map(_uid, surplus)}
            return [pod for pod in active if _uid(pod) not in stopped], None
        awaited = [pod for pod in pods if is_terminating(pod)] if progress.waits_for_terminating(live) else []
        missing = min(min(wanted, MOST_PODS) - len(active) - len(awaited), MOST_AT_ONCE)
        until = progress.waits_until(live, pods)
        if missing <= 0 or (until is not None and until > now):
            return active, until if missing > 0 else None
        taken = {progress.index_of(pod) for pod in [*active, *awaited]}
        free = progress.indexes(live, status).missing(taken, below=live["spec"].get("completions") or 0)
        template = live["spec"]["template"]
        finalizers = [*((template.get("metadata") or {}).get("finalizers") or ()), TRACKED]
        pod = pod_from_template(live, template, generateName=f"{live['metadata']['name']}-", finalizers=finalizers)
        created: list[Manifest | None] = []

        def create() -> None:
            numbered = progress.for_index(live, pod, next(free)) if progress.is_indexed(live) else pod
            created.append(self.create_pod(live, numbered))

        with suppress(ApiError):  # reported by an event
            slow_start(missing, create)
        return [*active, *(item for item in created if item)], None

    def _with_suspension(self, live: Manifest, status: Manifest, now: datetime) -> Manifest:
        """The status after the Job was suspended or resumed, with an event about it."""
        is_suspended = live["spec"]["suspend"]
        event, reason, message = _SUSPENSION[is_suspended]
        after = progress.with_condition(status, "Suspended", str(is_suspended), reason, message, now=now)
        if after is status:
            return status
        self.events.record(live, event, message)
        return {**after, "startTime": None if is_suspended else timestamp(now)}

    def _write(self, live: Manifest, status: Manifest, decided: Decision | None, now: datetime) -> None:
        """Write the status; the final condition follows once no pod is terminating."""
        status["uncountedTerminatedPods"] = {}
        if decided is None:
            self.client.update(self.resource, live, subresource="status", status=status)
            return
        kind, reason, message = decided
        status = progress.with_condition(status, kind, "True", reason, message, now=now)
        if not status["terminating"]:
            status = progress.with_condition(status, progress.LAST[kind], "True", reason, message, now=now)
            status |= {"completionTime": timestamp(now)} if kind == "SuccessCriteriaMet" else {}
        live = self.client.update(self.resource, live, subresource="status", status=status)
        if status["terminating"]:
            return
        if kind == "SuccessCriteriaMet":
            self.events.record(live, "Completed", "Job completed")
        else:
            self.events.record(live, reason, message, kind="Warning")

    def _clean_up(self, live: Manifest, finished: datetime) -> datetime | None:
        """Delete a finished Job after its TTL; returns when that will be."""
        seconds = live["spec"].get("ttlSecondsAfterFinished")
        if seconds is None or is_terminating(live):
            return None
        due = finished + timedelta(seconds=seconds)
        if due > self.store.clock():
            return due
        self.client.delete(self.resource, live, propagation="Foreground")
        return None

    def _free(self, pods: Iterable[Manifest]) -> None:
        """Remove the finalizer from pods that are counted."""
        for pod in [pod for pod in pods if _is_tracked(pod)]:
            live = self.store.get(PODS, pod["metadata"]["name"], pod["metadata"]["namespace"])
            if live is not None:
                finalizers = [item for item in live["metadata"]["finalizers"] if item != TRACKED]
                self.client.update(PODS, live, metadata={**live["metadata"], "finalizers": finalizers})

    def _is_orphan(self, pod: Manifest) -> bool:
        """Whether a pod waits to be counted, but its Job is finished or does not exist."""
        owner = controller_of(pod)
        if not _is_tracked(pod) or (owner and owner["kind"] != "Job"):
            return False
        job = self.store.get(self.resource, owner["name"], pod["metadata"]["namespace"]) if owner else None
        return job is None or owner is None or job["metadata"]["uid"] != owner["uid"] or bool(progress.finished_at(job))


def _uid(pod: Manifest) -> str:
    return str(pod["metadata"]["uid"])


def _is_tracked(pod: Manifest) -> bool:
    return TRACKED in (pod["metadata"].get("finalizers") or ())

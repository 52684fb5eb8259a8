"""Pods and workloads that do not run although nothing says why: an empty frame has to mean that all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.containers import log_call
from tenantkit.findings.causes.never_created import MISSING
from tenantkit.findings.causes.relevance import is_relevant
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, event_text, label
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

GRACE_S = 60  # a normal start takes less
_SHOWN_EVENTS = 3


def unexplained(snapshot: ClusterSnapshot, explained: Collection[tuple[str, str]]) -> Iterator[Finding]:
    """Find pods that are not ready, and workloads with missing pods, that have no other finding.

    Args:
        snapshot: the live objects.
        explained: namespace and root workload of the other findings.
    """
    for pod in snapshot.all("Pod"):
        is_young = not snapshot.is_older(_not_ready_since(pod), GRACE_S)
        if is_young or _is_fine(pod) or not is_relevant(snapshot, pod) or _root(snapshot, pod) in explained:
            continue
        yield _finding(snapshot, pod, condition(pod, "Ready", "False"))
    explained_roots = {_root(snapshot, pod) for pod in snapshot.all("Pod")} | {*explained}
    for kind, missing in MISSING.items():
        for workload in snapshot.all(kind) if kind not in ("Deployment", "CronJob") else ():
            is_young = not snapshot.is_older(workload["metadata"].get("creationTimestamp"), GRACE_S)
            if missing(workload) > 0 and not is_young and _root(snapshot, workload) not in explained_roots:
                yield _finding(snapshot, workload, None)


def _not_ready_since(pod: Manifest) -> str | None:
    ready = condition(pod, "Ready", "False") or {}
    since: str | None = ready.get("lastTransitionTime") or pod["metadata"].get("creationTimestamp")
    return since


def _is_fine(pod: Manifest) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase == "Succeeded" or (phase == "Running" and condition(pod, "Ready", "False") is None)


def _root(snapshot: ClusterSnapshot, manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], snapshot.chain(manifest)[-1]


def _finding(snapshot: ClusterSnapshot, manifest: Manifest, ready: Manifest | None) -> Finding:
    status = manifest.get("status") or {}
    events = snapshot.events(manifest)
    warnings = [event for event in events if event.get("type") == "Warning"]
    message = (
        status.get("message") or (warnings[0].get("message") if warnings else None) or (ready or {}).get("message")
    )
    phase = f"phase {status.get('phase') or 'none'}" if manifest["kind"] == "Pod" else "its pods were never created"
    shown = (*warnings, *(event for event in events if event not in warnings))[:_SHOWN_EVENTS]
    return Finding(
        cause="unexplained",
        chain=snapshot.chain(manifest),
        namespace=manifest["metadata"]["namespace"],
        object=label(manifest),
        message=cut(str(message or "")),
        evidence="; ".join([phase, *(_as_written(event) for event in shown)]),
        next_steps=_next_steps(snapshot, manifest, has_events=bool(events)),
        since=(ready or {}).get("lastTransitionTime") or manifest["metadata"].get("creationTimestamp"),
    )


def _as_written(event: Manifest) -> str:
    """An event with its message, since only a person can read what it means."""
    message = " ".join(str(event.get("message") or "").split())
    return f"{event_text(event)}: {cut(message)}" if message else event_text(event)


def _next_steps(snapshot: ClusterSnapshot, manifest: Manifest, *, has_events: bool) -> str | Message:
    if manifest["kind"] == "Pod" and (manifest.get("status") or {}).get("phase") == "Running":
        containers = (manifest.get("status") or {}).get("containerStatuses") or ()
        name = next((str(each.get("name")) for each in containers if not each.get("ready")), "")
        return Message("check its log: {log}", {"log": log_call(snapshot, manifest, name)})
    if has_events or not snapshot.knows("Event"):
        return Message("check its conditions and its events: {events} lists all of them")
    return "check its conditions; it has no events: perhaps a controller or the kubelet is not running"

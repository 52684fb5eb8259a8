"""What does not run though nothing says why: told, so that silence is never taken for health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.causes.never_created import MISSING
from tenantkit.findings.causes.relevance import is_of_interest
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import condition, event_text, label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest

PATIENCE_S = 60  # what starts without trouble has started by then


def unexplained(snapshot: Snapshot, explained: Collection[tuple[str, str]]) -> Iterator[Finding]:
    """Pods that are not ready and workloads that lack pods, of which no other finding tells.

    Args:
        snapshot: what is there.
        explained: namespace and workload of the other findings.
    """
    for pod in snapshot.all("Pod"):
        is_young = not snapshot.is_older(_began(pod), PATIENCE_S)
        if is_young or _is_well(pod) or not is_of_interest(snapshot, pod) or _of(snapshot, pod) in explained:
            continue
        yield _finding(snapshot, pod, condition(pod, "Ready", "False"))
    lacking = {_of(snapshot, pod) for pod in snapshot.all("Pod")} | {*explained}
    for kind, missing in MISSING.items():
        for workload in snapshot.all(kind) if kind not in ("Deployment", "CronJob") else ():
            is_young = not snapshot.is_older(workload["metadata"].get("creationTimestamp"), PATIENCE_S)
            if missing(workload) > 0 and not is_young and _of(snapshot, workload) not in lacking:
                yield _finding(snapshot, workload, None)


def _began(pod: Manifest) -> str | None:
    ready = condition(pod, "Ready", "False") or {}
    began: str | None = ready.get("lastTransitionTime") or pod["metadata"].get("creationTimestamp")
    return began


def _is_well(pod: Manifest) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase == "Succeeded" or (phase == "Running" and condition(pod, "Ready", "False") is None)


def _of(snapshot: Snapshot, manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], snapshot.chain(manifest)[-1]


def _finding(snapshot: Snapshot, manifest: Manifest, told: Manifest | None) -> Finding:
    status = manifest.get("status") or {}
    warnings = [event for event in snapshot.events(manifest) if event.get("type") == "Warning"]
    message = status.get("message") or (warnings[0].get("message") if warnings else None) or (told or {}).get("message")
    phase = f"phase {status.get('phase') or 'none'}" if manifest["kind"] == "Pod" else "its pods were never made"
    return Finding(
        cause="unexplained",
        chain=snapshot.chain(manifest),
        namespace=manifest["metadata"]["namespace"],
        object=label(manifest),
        message=cut(str(message or "")),
        evidence="; ".join([phase, *(event_text(event) for event in warnings[:1])]),
        what_to_do="see its events and conditions; if there are none, a controller or the kubelet does not run",
        since=(told or {}).get("lastTransitionTime") or manifest["metadata"].get("creationTimestamp"),
    )

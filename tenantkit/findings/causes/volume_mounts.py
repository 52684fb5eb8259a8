"""Pods that have a node and do not start: a volume cannot be mounted, or the pod sandbox cannot be created."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tenantkit.findings.causes.missing_references import missing_reference
from tenantkit.findings.causes.relevance import is_relevant
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import event_text, first_seen, label
from tenantkit.rules.pod_volumes import claim_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

_MOUNTS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_SANDBOX = ("FailedCreatePodSandBox", "NetworkNotReady", "FailedPrepareDynamicResources")
_STARTING = {None, "ContainerCreating", "PodInitializing"}


def not_mounted(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find why pods that have a node do not start."""
    for pod in snapshot.all("Pod"):
        if not (pod.get("spec") or {}).get("nodeName") or not is_relevant(snapshot, pod) or not _is_starting(pod):
            continue
        for event in snapshot.events(pod, *_MOUNTS):
            if "timed out waiting for the condition" not in str(event.get("message")):
                yield _mount(snapshot, pod, event)
                break
        else:
            for event in snapshot.events(pod, *_MOUNTS, *_SANDBOX):
                yield _of_event(snapshot, pod, event)
                break


def _is_starting(pod: Manifest) -> bool:
    status = pod.get("status") or {}
    if status.get("phase") not in (None, "Pending"):
        return False
    states = [
        entry.get("state") or {}
        for field in ("initContainerStatuses", "containerStatuses")
        for entry in status.get(field) or ()
    ]
    return all("waiting" in state and (state["waiting"] or {}).get("reason") in _STARTING for state in states if state)


def _mount(snapshot: ClusterSnapshot, pod: Manifest, event: Manifest) -> Finding:
    message = str(event.get("message") or "")
    volume = _volume(pod, message)
    missing = missing_reference(message, name=_source(volume))
    if missing is None:
        return _of_event(snapshot, pod, event)
    return Finding(
        cause=missing.cause,
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=missing.object,
        message=cut(message),
        evidence=event_text(event),
        next_steps=missing.next_steps,
        by_editor=True,
        since=first_seen(event),
    )


def _of_event(snapshot: ClusterSnapshot, pod: Manifest, event: Manifest) -> Finding:
    is_mount = event.get("reason") in _MOUNTS
    claims = claim_names(pod)
    named = (_volume(pod, str(event.get("message") or "")) or {}).get("persistentVolumeClaim") or {}
    claim = named.get("claimName") or (claims[0] if len(claims) == 1 else None)
    return Finding(
        cause="volume not mounted" if is_mount else "container not started",
        chain=snapshot.chain(pod),
        namespace=pod["metadata"]["namespace"],
        object=f"PersistentVolumeClaim/{claim}" if is_mount and claim else label(pod),
        message=cut(str(event.get("message") or "")),
        evidence=event_text(event),
        next_steps="check the message: the node could not mount the volume, often because another node still uses it"
        if is_mount
        else f"report to {snapshot.team} that the node could not set up the pod's network or devices",
        since=first_seen(event),
    )


def _volume(pod: Manifest, message: str) -> Manifest | None:
    """The pod's volume that the message names."""
    found = re.search(r'for volume "([^"]+)"', message)
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if found is not None and volume.get("name") == found[1]:
            return dict(volume)
    return None


def _source(volume: Manifest | None) -> str | None:
    """The Secret or ConfigMap of a volume."""
    secret, config = (volume or {}).get("secret") or {}, (volume or {}).get("configMap") or {}
    return secret.get("secretName") or config.get("name")

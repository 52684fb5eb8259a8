"""Containers that do not run: what the kubelet waits for, and what became of the last attempt.

The kubelet's reason decides; its events say which of several meanings a restart has (a probe's kill looks like any
other end). Source: page "Pod Lifecycle", section "Container states"; in k8s.io/kubernetes, pkg/kubelet/images/types.go
and pkg/kubelet/kuberuntime/kuberuntime_container.go, 1.37.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.findings.causes.missing_references import missing_reference
from tenantkit.findings.causes.relevance import is_of_interest
from tenantkit.findings.finding import Finding, cut
from tenantkit.findings.snapshot import event_text, first_seen, label
from tenantkit.rules.manifest import controller_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.finding import Cause
    from tenantkit.findings.snapshot import Snapshot
    from tenantkit.rules.manifest import Manifest

RECENT_S = 600  # an end that is longer ago has been got over
_IMAGE = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
}
_NOT_STARTED = {
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
    "CreatePodSandboxError",
}
_DENIED = re.compile(r"401|403|unauthorized|denied|forbidden|authenti", re.IGNORECASE)
_PROBE = re.compile(r"(liveness|readiness|startup) probe", re.IGNORECASE)
_SIGNALS = {137: "killed", 139: "crashed in its own memory", 143: "asked to end"}


@dataclass(frozen=True, slots=True)
class _Container:
    """A container's status, and the pod around it."""

    snapshot: Snapshot
    pod: Manifest
    status: Manifest

    @property
    def name(self) -> str:
        return str(self.status.get("name"))

    def state(self, name: str) -> Manifest | None:
        return (self.status.get("state") or {}).get(name)

    @property
    def log(self) -> str:
        """The command that shows it."""
        metadata = self.pod["metadata"]
        return f"kubectl logs -n {metadata['namespace']} {metadata['name']} -c {self.name}"

    @property
    def last_end(self) -> Manifest | None:
        """How it ended, now or the last time."""
        return self.state("terminated") or (self.status.get("lastState") or {}).get("terminated")

    def finding(  # noqa: PLR0913 (what a finding consists of)
        self, cause: Cause, message: str, evidence: list[str], what_to_do: str, *, since: str | None, on: str = ""
    ) -> Finding:
        return Finding(
            cause=cause,
            chain=self.snapshot.chain(self.pod),
            namespace=self.pod["metadata"]["namespace"],
            object=on or label(self.pod),
            message=cut(message),
            evidence="; ".join(filter(None, (f"container {self.name}", *evidence))),
            what_to_do=what_to_do,
            since=since or (self.pod.get("status") or {}).get("startTime"),
        )


def not_running(snapshot: Snapshot) -> Iterator[Finding]:
    """Why containers of pods that have a node do not run, or are not ready."""
    for pod in snapshot.all("Pod"):
        status = pod.get("status") or {}
        if not is_of_interest(snapshot, pod) or (status.get("phase") == "Failed" and status.get("reason")):
            continue  # what has ended a whole pod has its own reason
        for field in ("initContainerStatuses", "containerStatuses"):
            for entry in status.get(field) or ():
                found = _cause(_Container(snapshot, pod, entry))
                if found is not None:
                    yield found


def _cause(container: _Container) -> Finding | None:
    waiting = container.state("waiting")
    if waiting is not None:
        reason = waiting.get("reason")
        if reason in _IMAGE:
            return _image(container, waiting)
        if reason == "CreateContainerConfigError":
            return _unconfigured(container, waiting)
        if reason in _NOT_STARTED:
            advice = "see the message: the runtime could not start it; command, mounts and security context are usual"
            return container.finding(
                "container not started",
                str(waiting.get("message") or reason),
                [f"waiting: {reason}"],
                advice,
                since=None,
            )
    end = container.last_end
    if end is not None and _is_trouble(container, end):
        return _ended(container, end)
    return _not_ready(container)


def _is_trouble(container: _Container, end: Manifest) -> bool:
    """Whether an end is one to tell of: a failure, and not one that the container has got over."""
    if end.get("exitCode") == 0 and container.state("waiting") is None:
        return False
    if container.state("running") is None:
        return True
    is_recent = not container.snapshot.is_older(end.get("finishedAt"), RECENT_S)
    return is_recent and (end.get("reason") == "OOMKilled" or int(container.status.get("restartCount") or 0) > 1)


def _image(container: _Container, waiting: Manifest) -> Finding:
    message, reason = str(waiting.get("message") or ""), waiting.get("reason")
    evidence = [f"image {container.status.get('image') or 'unknown'}", f"waiting: {reason}"]
    secret = _missing_pull_secret(container)
    if secret is not None and _DENIED.search(message):
        return container.finding(
            "secret missing",
            message,
            [*evidence, f"image pull secret {secret} is not there"],
            f"make the secret {secret}, of type kubernetes.io/dockerconfigjson, or name another in imagePullSecrets",
            since=None,
            on=f"Secret/{secret}",
        )
    advice = "see whether the image's name and tag are right, and whether the nodes may pull it"
    if reason == "ErrImageNeverPull":
        advice = "the image is on no node and imagePullPolicy is Never: let it be pulled, or load it onto the nodes"
    elif reason == "InvalidImageName":
        advice = "write the image's name as registry/path:tag, in lower case"
    return container.finding("image", message or str(reason), evidence, advice, since=None)


def _missing_pull_secret(container: _Container) -> str | None:
    """An image pull secret that is named and not there, as the kubelet says: Secrets themselves are never read."""
    for event in container.snapshot.events(container.pod, "FailedToRetrieveImagePullSecret"):
        found = re.search(r"secrets \(([^,)]+)", str(event.get("message")))
        if found is not None:
            return found[1]
    return None


def _unconfigured(container: _Container, waiting: Manifest) -> Finding:
    message = str(waiting.get("message") or "")
    missing = missing_reference(message)
    if missing is None:
        return container.finding(
            "container not started",
            message,
            ["waiting: CreateContainerConfigError"],
            "see the message: what the container is configured with can't be had",
            since=None,
        )
    return container.finding(
        missing.cause,
        message,
        ["waiting: CreateContainerConfigError"],
        missing.what_to_do,
        since=None,
        on=missing.object,
    )


def _ended(container: _Container, end: Manifest) -> Finding | None:
    code, reason = end.get("exitCode"), end.get("reason")
    restarts = int(container.status.get("restartCount") or 0)
    meaning = f" ({_SIGNALS[code]})" if code in _SIGNALS else ""
    evidence = [f"last exit code {code}{meaning}, reason {reason or 'none'}, {restarts} restarts"]
    since, waiting = end.get("finishedAt"), container.state("waiting")
    message = str((waiting or {}).get("message") or end.get("message") or reason or "")
    if reason == "OOMKilled":
        limit = _memory_limit(container)
        evidence.append(f"memory limit {limit or 'none: the node itself ran out'}")
        advice = "raise the memory limit above what it needs, or let it need less"
        return container.finding("out of memory", message, evidence, advice, since=since)
    if (probed := _killed_by_probe(container)) is not None:
        return _probe(container, probed, evidence)
    if waiting is not None or container.state("running") is not None:
        return container.finding(
            "crash loop",
            message,
            evidence,
            f"see its last log: {container.log} --previous",
            since=since,
        )
    if (controller_of(container.pod) or {}).get("kind") == "Job":
        return None  # its Job tells of it, with the exit code
    advice = f"see its log: {container.log}"
    return container.finding("container failed", message, evidence, advice, since=since)


def _memory_limit(container: _Container) -> str | None:
    spec = container.pod.get("spec") or {}
    for entry in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        if entry.get("name") == container.name:
            return ((entry.get("resources") or {}).get("limits") or {}).get("memory")
    return None


def _killed_by_probe(container: _Container) -> Manifest | None:
    """The event of a probe for which the kubelet has killed the container."""
    events = container.snapshot.events
    for event in (*events(container.pod, "Unhealthy"), *events(container.pod, "Killing")):
        message = str(event.get("message") or "")
        is_own = container.name in message or f"{{{container.name}}}" in str(
            event["involvedObject"].get("fieldPath") or ""
        )
        if is_own and re.search(r"(?:liveness|startup) probe", message, re.IGNORECASE):
            return event
    return None


def _not_ready(container: _Container) -> Finding | None:
    """A container that runs and whose probe says that it is not ready."""
    if container.state("running") is None or container.status.get("ready"):
        return None
    for event in container.snapshot.events(container.pod, "Unhealthy"):
        if _PROBE.search(str(event.get("message") or "")):
            return _probe(container, event, ["running, not ready"])
    return None


def _probe(container: _Container, event: Manifest, evidence: list[str]) -> Finding:
    message = str(event.get("message") or "")
    found = _PROBE.search(message)
    probe = found[1].lower() if found else "liveness"
    advice = f"see whether the {probe} probe asks for the right thing, and gives the container time enough"
    return container.finding("probe failing", message, [*evidence, event_text(event)], advice, since=first_seen(event))

"""Containers that do not run: why the kubelet waits, and how the last run ended.

The kubelet's reason decides; its events tell apart the several meanings of a restart (a container killed because of a
probe ends like any other). Source: page "Pod Lifecycle", section "Container states"; in k8s.io/kubernetes,
pkg/kubelet/images/types.go and pkg/kubelet/kuberuntime/kuberuntime_container.go, 1.37.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.findings.causes.missing_references import missing_reference
from tenantkit.findings.causes.relevance import is_relevant
from tenantkit.findings.finding import Finding, cut, workload_of
from tenantkit.findings.snapshot import event_text, first_seen, label
from tenantkit.frames.kit.container_end import exit_code_text, restarts_text
from tenantkit.hints import Call, Message
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.rules.manifest import controller_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.finding import Cause
    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.manifest import Manifest

RECENT_S = 600  # a container that ended longer ago and runs now has recovered
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


@dataclass(frozen=True, slots=True)
class _Container:
    """A container's status, and the pod around it."""

    snapshot: ClusterSnapshot
    pod: Manifest
    status: Manifest

    @property
    def name(self) -> str:
        return str(self.status.get("name"))

    def state(self, name: str) -> Manifest | None:
        return (self.status.get("state") or {}).get(name)

    @property
    def last_end(self) -> Manifest | None:
        """Its last termination, current or previous."""
        return self.state("terminated") or (self.status.get("lastState") or {}).get("terminated")

    def log(self, *, is_previous: bool = False) -> Call:
        """The call that shows its log."""
        return log_call(self.snapshot, self.pod, self.name, is_previous=is_previous)

    def finding(  # noqa: PLR0913 (what a finding consists of)
        self,
        cause: Cause,
        message: str,
        evidence: list[str],
        next_steps: str | Message,
        *,
        since: str | None,
        on: str = "",
        by_editor: bool = True,
    ) -> Finding:
        return Finding(
            cause=cause,
            chain=self.snapshot.chain(self.pod),
            namespace=self.pod["metadata"]["namespace"],
            object=on or label(self.pod),
            message=cut(message),
            evidence="; ".join(filter(None, (f"container {self.name}", *evidence))),
            next_steps=next_steps,
            by_editor=by_editor,
            since=since or (self.pod.get("status") or {}).get("startTime"),
        )


def log_call(snapshot: ClusterSnapshot, pod: Manifest, container: str, *, is_previous: bool = False) -> Call:
    """The call that shows the log of a container's run, or of its previous run: of the workload, failing pods first."""
    namespace, spec = pod["metadata"]["namespace"], pod.get("spec") or {}
    labels = (snapshot.find("Namespace", namespace) or {"metadata": {}})["metadata"].get("labels") or {}
    tenant = labels.get(TENANT_LABEL)
    is_one_of_several = len(spec.get("containers") or ()) + len(spec.get("initContainers") or ()) > 1
    arguments: dict[str, object] = {"workload": workload_of(snapshot.chain(pod))}
    arguments |= {"tenant": tenant} if tenant else {"namespaces": [namespace]}
    arguments |= {"container": container} if is_one_of_several else {}
    return Call("logs", arguments | ({"previous": True} if is_previous else {}))


def not_running(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """Find why containers of pods that have a node do not run, or are not ready."""
    for pod in snapshot.all("Pod"):
        status = pod.get("status") or {}
        if not is_relevant(snapshot, pod) or (status.get("phase") == "Failed" and status.get("reason")):
            continue  # the reason why a whole pod ended is found elsewhere
        for field in ("initContainerStatuses", "containerStatuses"):
            for entry in status.get(field) or ():
                finding = _cause(_Container(snapshot, pod, entry))
                if finding is not None:
                    yield finding


def _cause(container: _Container) -> Finding | None:
    waiting = container.state("waiting")
    if waiting is not None:
        reason = waiting.get("reason")
        if reason in _IMAGE:
            return _image(container, waiting)
        if reason == "CreateContainerConfigError":
            return _unconfigured(container, waiting)
        if reason in _NOT_STARTED:
            next_steps = (
                "check the message: the runtime could not start the container, "
                "often because of its command, mounts or security context"
            )
            return container.finding(
                "container not started",
                str(waiting.get("message") or reason),
                [f"waiting: {reason}"],
                next_steps,
                since=None,
                by_editor=False,
            )
    end = container.last_end
    if end is not None and _is_failure(container, end):
        return _ended(container, end)
    return _not_ready(container)


def _is_failure(container: _Container, end: Manifest) -> bool:
    """Whether the container ended in a failure and has not recovered."""
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
            [*evidence, f"image pull secret {secret} does not exist"],
            f"create the secret {secret} of type kubernetes.io/dockerconfigjson, "
            "or list another one in imagePullSecrets",
            since=None,
            on=f"Secret/{secret}",
        )
    next_steps = "check the image's name and tag, and whether the nodes may pull it"
    if reason == "ErrImageNeverPull":
        next_steps = "set imagePullPolicy to IfNotPresent or Always, or load the image onto the nodes"
    elif reason == "InvalidImageName":
        next_steps = "write the image's name as registry/path:tag, in lower case"
    return container.finding("image", message or str(reason), evidence, next_steps, since=None)


def _missing_pull_secret(container: _Container) -> str | None:
    """An image pull secret that does not exist, from the kubelet's event: Secrets themselves are never read."""
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
            "check the message: something that the container's configuration refers to is missing",
            since=None,
            by_editor=False,
        )
    return container.finding(
        missing.cause,
        message,
        ["waiting: CreateContainerConfigError"],
        missing.next_steps,
        since=None,
        on=missing.object,
    )


def _ended(container: _Container, end: Manifest) -> Finding | None:
    code, reason = end.get("exitCode"), end.get("reason")
    evidence = [f"last {exit_code_text(code)}, reason {reason or 'none'}, {restarts_text(container.status)}"]
    since, waiting = end.get("finishedAt"), container.state("waiting")
    message = str((waiting or {}).get("message") or end.get("message") or reason or "")
    if reason == "OOMKilled":
        limit = _memory_limit(container)
        evidence.append(f"memory limit {limit or 'none: the node itself ran out of memory'}")
        next_steps = Message(
            "raise the memory limit, or make the container use less memory; the log of its last run: {log}",
            {"log": container.log(is_previous=container.state("terminated") is None)},
        )
        return container.finding("out of memory", message, evidence, next_steps, since=since)
    if (probed := _killed_by_probe(container)) is not None:
        return _probe(container, probed, evidence)
    if waiting is not None or container.state("running") is not None:
        return container.finding(
            "crash loop",
            message,
            evidence,
            Message("check the log of its last run: {log}", {"log": container.log(is_previous=True)}),
            since=since,
            by_editor=False,
        )
    if (controller_of(container.pod) or {}).get("kind") == "Job":
        return None  # the finding about its Job has the exit code
    check = Message("check its log: {log}", {"log": container.log()})
    return container.finding("container failed", message, evidence, check, since=since, by_editor=False)


def _memory_limit(container: _Container) -> str | None:
    spec = container.pod.get("spec") or {}
    for entry in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        if entry.get("name") == container.name:
            return ((entry.get("resources") or {}).get("limits") or {}).get("memory")
    return None


def _killed_by_probe(container: _Container) -> Manifest | None:
    """The event of a failed probe because of which the kubelet killed the container."""
    events = container.snapshot.events
    for event in (*events(container.pod, "Unhealthy"), *events(container.pod, "Killing")):
        message = str(event.get("message") or "")
        is_about_it = container.name in message or f"{{{container.name}}}" in str(
            event["involvedObject"].get("fieldPath") or ""
        )
        if is_about_it and re.search(r"(?:liveness|startup) probe", message, re.IGNORECASE):
            return event
    return None


def _not_ready(container: _Container) -> Finding | None:
    """A container that runs and is not ready, by its probe."""
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
    next_steps = f"check whether the {probe} probe tests the right thing, and gives the container enough time"
    return container.finding(
        "probe failing", message, [*evidence, event_text(event)], next_steps, since=first_seen(event)
    )

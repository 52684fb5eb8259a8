"""The fields of a Pod that the frames read: a fifth of its bytes, so that the rest is never decoded.

Only the labels and annotations that the frames use are decoded: an annotation may hold a megabyte.
"""

from __future__ import annotations

from typing import Required

from typing_extensions import TypedDict

from tenantkit.frames.kit.creators import CreatorTexts
from tenantkit.frames.kit.owners import OwnerLabels, OwnerReference


class Metadata(TypedDict, total=False):
    """Name, owners and times."""

    name: str
    namespace: str
    labels: OwnerLabels
    annotations: CreatorTexts
    ownerReferences: list[OwnerReference]
    creationTimestamp: str
    deletionTimestamp: str
    deletionGracePeriodSeconds: int


class Resources(TypedDict, total=False):
    """Requests and limits of a container or a pod."""

    requests: dict[str, str]
    limits: dict[str, str]


class Container(TypedDict, total=False):
    """A container's resources; `restartPolicy` marks a sidecar."""

    name: Required[str]
    restartPolicy: str
    resources: Resources


class Spec(TypedDict, total=False):
    """The pod's resources and its node."""

    nodeName: str
    priorityClassName: str
    containers: list[Container]
    initContainers: list[Container]
    resources: Resources
    overhead: dict[str, str]


class Waiting(TypedDict, total=False):
    """Why the container does not run yet."""

    reason: str


class Running(TypedDict, total=False):
    """No field is read: that it runs is enough."""


class Terminated(TypedDict, total=False):
    """How the container ended."""

    exitCode: int
    signal: int
    reason: str


class State(TypedDict, total=False):
    """One of the three is set."""

    waiting: Waiting
    running: Running
    terminated: Terminated


class ContainerStatus(TypedDict, total=False):
    """The state of a container."""

    name: Required[str]
    ready: bool
    started: bool
    restartCount: int
    state: State
    allocatedResources: dict[str, str]
    resources: Resources


class Condition(TypedDict, total=False):
    """A condition of the pod."""

    type: str
    status: str
    reason: str


class Status(TypedDict, total=False):
    """The state of the pod."""

    phase: str
    reason: str
    qosClass: str
    startTime: str
    conditions: list[Condition]
    initContainerStatuses: list[ContainerStatus]
    containerStatuses: list[ContainerStatus]


class PodFields(TypedDict, total=False):
    """A Pod, with the fields that the frames read."""

    metadata: Metadata
    spec: Spec
    status: Status

"""What the frames look at of a Pod: a fifth of its bytes, so that the rest is never made.

Of labels and annotations only those that mean something here: an annotation may hold a megabyte.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from tenantkit.frames.kit.creators import CREATOR_KEYS, CreatorTexts
from tenantkit.frames.kit.owners import HASH_LABELS, OwnerReference

Labels = TypedDict(  # type: ignore[misc]  # the keys are tables'
    "Labels", dict.fromkeys((*HASH_LABELS, *CREATOR_KEYS), str), total=False
)


class Metadata(TypedDict, total=False):
    """Which pod it is, whose, and since when."""

    name: str
    namespace: str
    labels: Labels
    annotations: CreatorTexts
    ownerReferences: list[OwnerReference]
    creationTimestamp: str
    deletionTimestamp: str
    deletionGracePeriodSeconds: int


class Resources(TypedDict, total=False):
    """Of a container or a pod."""

    requests: dict[str, str]
    limits: dict[str, str]


class Container(TypedDict, total=False):
    """What it needs, and whether it is a sidecar."""

    name: str
    restartPolicy: str
    resources: Resources


class Spec(TypedDict, total=False):
    """What it needs, and where it runs."""

    nodeName: str
    priorityClassName: str
    containers: list[Container]
    initContainers: list[Container]
    resources: Resources
    overhead: dict[str, str]


class Waiting(TypedDict, total=False):
    """Why it does not run yet."""

    reason: str


class Running(TypedDict, total=False):
    """That it runs is all that counts."""


class Terminated(TypedDict, total=False):
    """How it ended."""

    exitCode: int
    signal: int
    reason: str


class State(TypedDict, total=False):
    """One of the three."""

    waiting: Waiting
    running: Running
    terminated: Terminated


class ContainerStatus(TypedDict, total=False):
    """How a container fares."""

    name: str
    ready: bool
    started: bool
    restartCount: int
    state: State
    allocatedResources: dict[str, str]
    resources: Resources


class Condition(TypedDict, total=False):
    """One of the pod's."""

    type: str
    status: str
    reason: str


class Status(TypedDict, total=False):
    """How the pod fares."""

    phase: str
    reason: str
    qosClass: str
    startTime: str
    conditions: list[Condition]
    initContainerStatuses: list[ContainerStatus]
    containerStatuses: list[ContainerStatus]


class PodParts(TypedDict, total=False):
    """A Pod, as far as the frames look."""

    metadata: Metadata
    spec: Spec
    status: Status

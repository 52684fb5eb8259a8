"""Why a namespace stays in Terminating: what remains in it, which finalizers hold it, and what to do.

The namespace controller reports what it waits for in conditions, and gives the details only as text. A finalizer is
another controller's list of work that is not done yet, so this never says to remove one without what is lost by that.
Sources: pages "Namespaces" and "Finalizers"; Kubernetes 1.37, pkg/controller/namespace/deletion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest

_DISCOVERY = "NamespaceDeletionDiscoveryFailure"
_HOLDS = "NamespaceFinalizersRemaining"
_CONTENT = "NamespaceContentRemaining"
CONDITIONS = (
    _DISCOVERY,
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    _HOLDS,
    _CONTENT,
)
_RESOURCES = re.compile(r"([a-z0-9-]+)\.(\S*) has (\d+) resource instances")
_FINALIZERS = re.compile(r"([^\s,]+) in (\d+) resource instances")
_VERSIONS = re.compile(r"(?:server APIs: |, )([a-z0-9.-]+/v\w+)(?=: )|stale GroupVersion discovery: ([a-z0-9.-]+/v\w+)")
_LISTED = 5

# By finalizer: what removes it, and what is lost if somebody removes it by hand.
_KNOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "kubernetes.io/pvc-protection": (
            "Kubernetes removes it once no pod uses the claim: delete those pods",
            "a running pod can lose its data",
        ),
        "kubernetes.io/pv-protection": (
            "Kubernetes removes it once no claim is bound to the volume",
            "a bound claim can lose its data",
        ),
        "foregroundDeletion": (
            "the garbage collector removes it once the dependent objects are deleted: look at what holds these",
            "the dependent objects stay without an owner",
        ),
        "orphan": ("the garbage collector removes it", "the dependent objects keep a reference to a missing owner"),
        "service.kubernetes.io/load-balancer-cleanup": (
            "the cloud controller removes it once the load balancer is deleted: check that this controller runs",
            "the load balancer stays at the provider, and costs money",
        ),
        "batch.kubernetes.io/job-tracking": (
            "the job controller removes it: check that the controller manager runs",
            "the job counts its pods wrongly",
        ),
        "resources-finalizer.argocd.argoproj.io": (
            "Argo CD removes it once the application's objects are deleted: check that Argo CD runs",
            "the application's objects stay on the cluster",
        ),
        "finalizer.acme.cert-manager.io": (
            "cert-manager removes it once the challenge is cleaned up: check that cert-manager runs",
            "DNS records of the challenge stay",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class NamespaceDeletion:
    """What the deletion of a namespace waits for.

    Args:
        namespace: its name.
        remaining: number of objects by resource, such as `configmaps` or `rayclusters.ray.io`.
        finalizers: number of objects by their finalizer.
        unavailable: API versions that do not answer, such as `metrics.k8s.io/v1beta1`.
        failures: other messages of the namespace controller.
        own_finalizers: those of the Namespace itself.
    """

    namespace: str
    remaining: Mapping[str, int]
    finalizers: Mapping[str, int]
    unavailable: tuple[str, ...]
    failures: tuple[str, ...]
    own_finalizers: tuple[str, ...]

    @property
    def is_held(self) -> bool:
        """Whether the server says what it waits for."""
        return bool(self.remaining or self.finalizers or self.unavailable or self.failures or self.own_finalizers)

    @property
    def what(self) -> str:
        """What it waits for, in one line."""
        parts = [f"API {version} does not answer" for version in self.unavailable]
        parts += self.failures
        parts += [f"finalizer {name!r} holds {_objects(count)}" for name, count in self.finalizers.items()]
        if self.remaining:
            parts.append(
                "these remain: " + first_of((f"{count} {name}" for name, count in self.remaining.items()), _LISTED)
            )
        parts += [f"finalizer {name!r} on the namespace itself" for name in self.own_finalizers]
        return "; ".join(parts) or "the server gives no reason"

    @property
    def next_steps(self) -> str:
        """What to do, in one line."""
        return "; ".join(self._steps()) or "wait: deletion usually takes less than a minute"

    def _steps(self) -> Iterator[str]:
        for version in self.unavailable:
            group, _, number = version.partition("/")
            yield (
                f"restore the server behind APIService {number}.{group}, or delete that APIService if nothing uses it: "
                f"until then Kubernetes cannot know which objects of that API are in the namespace"
            )
        if self.failures:
            yield "remove what refuses the deletion, which the message names: Kubernetes tries again by itself"
        for name in (*self.finalizers, *self.own_finalizers):
            yield _finalizer_step(name)
        if self.remaining and not self.finalizers:
            kinds = ",".join(list(self.remaining)[:_LISTED])
            yield f"wait until these have ended; `kubectl get {kinds} -n {self.namespace}`"


def namespace_deletion(namespace: Manifest) -> NamespaceDeletion | None:
    """What the deletion of a namespace waits for; None if it is not being deleted.

    Args:
        namespace: as the server returns it.

    Example:
        >>> message = "Some resources are remaining: configmaps. has 1 resource instances"
        >>> condition = {"type": "NamespaceContentRemaining", "status": "True", "message": message}
        >>> metadata = {"name": "vision", "deletionTimestamp": "2027-03-31T18:00:00Z"}
        >>> namespace_deletion({"metadata": metadata, "status": {"conditions": [condition]}}).what
        'these remain: 1 configmaps'
    """
    metadata = namespace["metadata"]
    if not metadata.get("deletionTimestamp"):
        return None
    messages = {
        str(entry.get("type")): str(entry.get("message") or "")
        for entry in (namespace.get("status") or {}).get("conditions") or ()
        if entry.get("status") == "True"
    }
    discovery, content, holds = (messages.pop(kind, "") for kind in (_DISCOVERY, _CONTENT, _HOLDS))
    unavailable = tuple(dict.fromkeys(first or second for first, second in _VERSIONS.findall(discovery)))
    remaining = {_resource(name, group): int(count) for name, group, count in _RESOURCES.findall(content)}
    finalizers = {name: int(count) for name, count in _FINALIZERS.findall(holds)}
    not_parsed = [
        text for text, found in ((discovery, unavailable), (content, remaining), (holds, finalizers)) if not found
    ]
    own = [name for name in (namespace.get("spec") or {}).get("finalizers") or () if name != "kubernetes"]
    return NamespaceDeletion(
        str(metadata["name"]),
        remaining,
        finalizers,
        unavailable,
        tuple(filter(None, [*messages.values(), *not_parsed])),
        (*(metadata.get("finalizers") or ()), *own),
    )


def _finalizer_step(name: str) -> str:
    whose = f"the controller that set finalizer {name!r} removes it once it has cleaned up: check that it runs"
    known = _KNOWN.get(name, (whose, "what that controller would have cleaned up stays, inside or outside the cluster"))
    text = known[0] if known[0] == whose else f"finalizer {name!r}: {known[0]}"
    return f"{text} (removed by hand, {known[1]})"


def _resource(name: str, group: str) -> str:
    return f"{name}.{group}" if group else name


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count} objects"

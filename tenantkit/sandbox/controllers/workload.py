"""What all workload controllers share: whom an event wakes, adoption and release, and pods made with a word about it.

Where a real controller tries again after a while, one here is woken by what could let it succeed: less used of a quota,
another limit, a service account that has come. Turned down: a back-off by the clock, which a held clock would stop.

Source: pkg/controller/controller_utils.go (RealPodControl) and controller_ref_manager.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenantkit.rules.amounts import parse_amounts
from tenantkit.rules.manifest import controller_of
from tenantkit.rules.selectors import label_selector_of
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import (
    LIMIT_RANGES,
    NAMESPACES,
    PODS,
    PRIORITY_CLASSES,
    QUOTAS,
    SERVICE_ACCOUNTS,
)
from tenantkit.sandbox.client.event_recorder import EventRecorder
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.controllers.replicas import claim, controller_reference, is_terminating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store

_MAY_HELP = frozenset({LIMIT_RANGES, NAMESPACES, PRIORITY_CLASSES, QUOTAS, SERVICE_ACCOUNTS})


class WorkloadController:
    """Keeps objects of one kind and those that they make; keys are `namespace/name`."""

    resource: ClassVar[Resource]
    made: ClassVar[Resource] = PODS
    finalizers: ClassVar[tuple[str, ...]] = ()
    component: ClassVar[str]

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client = InProcessClient(store, self.component)
        self.events = EventRecorder(store, self.component)
        self._kind = (self.resource.api_version, self.resource.kind)
        self._refused: set[str] = set()

    def keys(self, event: Event) -> Iterator[str]:
        """The object itself, those that manage or could adopt what changed, and those refused until now."""
        if event.resource is self.resource:
            yield _key(event.manifest)
        elif event.resource is self.made:
            yield from self._managers(event)
        elif self._refused and event.resource in _MAY_HELP and _may_help(event):
            namespace = event.manifest["metadata"].get("namespace") or ""
            yield from [key for key in self._refused if not namespace or key.startswith(f"{namespace}/")]

    def sync(self, key: str) -> datetime | None:
        """Bring one object to where it should be; what is refused is noted, to be tried again."""
        namespace, _, name = key.partition("/")
        live = self.store.get(self.resource, name, namespace)
        self._refused.discard(key)
        return None if live is None else self.reconcile(live)

    def reconcile(self, live: Manifest) -> datetime | None:
        """Do what one live object asks for."""
        raise NotImplementedError

    def fits(self, owner: Manifest, dependent: Manifest) -> bool:  # noqa: ARG002 (for those that ask for more)
        """Whether more than the selector speaks for adoption."""
        return True

    def refused(self, owner: Manifest) -> None:
        """Note that something was refused to an object, so that it is woken when that may have changed."""
        self._refused.add(_key(owner))

    def claimed(self, owner: Manifest) -> list[Manifest]:
        """Those that are its own, after it has adopted what its selector finds and released what it does not."""
        found, selector = [], label_selector_of(owner["spec"].get("selector"))
        for dependent in self.store.list(self.made, owner["metadata"]["namespace"]):
            what = claim(owner, dependent, selector)
            if what == "adopt" and self.fits(owner, dependent):
                references = dependent["metadata"].get("ownerReferences") or []
                held = [*(dependent["metadata"].get("finalizers") or ()), *self.finalizers]
                found.append(self._owned_by(dependent, [controller_reference(owner), *references], held))
            elif what == "release":
                references = dependent["metadata"]["ownerReferences"]
                uid = owner["metadata"]["uid"]
                held = [item for item in dependent["metadata"].get("finalizers") or () if item not in self.finalizers]
                self._owned_by(dependent, [reference for reference in references if reference["uid"] != uid], held)
            elif what == "owned":
                found.append(dependent)
        return found

    def create_pod(self, owner: Manifest, pod: Manifest) -> Manifest | None:
        """Make a pod and say so.

        Returns:
            The pod; None in a namespace that goes, where a real controller keeps silent.

        Raises:
            ApiError: it was refused, which an event tells.
        """
        try:
            made = self.client.create(PODS, pod)
        except ApiError as error:
            if any(cause.reason == "NamespaceTerminating" for cause in error.causes):
                return None
            self.refused(owner)
            self.events.record(owner, "FailedCreate", f"Error creating: {error}", kind="Warning")
            raise
        self.events.record(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
        return made

    def delete_pod(self, owner: Manifest, pod: Manifest) -> None:
        """Delete a pod and say so."""
        self.client.delete(PODS, pod)
        self.events.record(owner, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def put_status(self, live: Manifest, status: Manifest) -> Manifest:
        """Write a status if it says something new, with the generation that it is about."""
        status = {**status, "observedGeneration": live["metadata"]["generation"]}
        return self.client.update(self.resource, live, subresource="status", status=status)

    def _owned_by(self, dependent: Manifest, references: list[Manifest], finalizers: list[str]) -> Manifest:
        metadata = {**dependent["metadata"], "ownerReferences": references, "finalizers": finalizers}
        return self.client.update(self.made, dependent, metadata=metadata)

    def _managers(self, event: Event) -> Iterator[str]:
        """Those that manage what was written or did before, and those that could adopt what is newly nobody's."""
        dependent, namespace = event.manifest, event.manifest["metadata"]["namespace"]
        for reference in (controller_of(dependent), controller_of(event.previous) if event.previous else None):
            if reference and (reference["apiVersion"], reference["kind"]) == self._kind:
                yield f"{namespace}/{reference['name']}"
        if event.type == "DELETED" or controller_of(dependent) or is_terminating(dependent):
            return
        if event.previous and _adoptable(event.previous) == _adoptable(dependent):
            return
        for owner in self.store.list(self.resource, namespace):
            if claim(owner, dependent, label_selector_of(owner["spec"].get("selector"))) == "adopt":
                yield _key(owner)


def _adoptable(manifest: Manifest) -> tuple[object, object]:
    """What decides on adoption."""
    return manifest["metadata"].get("labels"), manifest["metadata"].get("ownerReferences")


def _key(manifest: Manifest) -> str:
    return f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"


def _may_help(event: Event) -> bool:
    """Whether a write could let through what was refused; what a quota uses must have become less."""
    if event.resource is not QUOTAS or event.previous is None or event.type == "DELETED":
        return True
    before, after = event.previous, event.manifest
    if before["spec"] != after["spec"]:
        return True
    used = [parse_amounts((state.get("status") or {}).get("used")) for state in (before, after)]
    return any(name not in used[0] or amount.value < used[0][name].value for name, amount in used[1].items())

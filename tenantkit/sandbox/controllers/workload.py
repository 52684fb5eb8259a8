"""The base of all workload controllers: events that concern an object, adoption and release, and pods with events.

A real controller retries a refused write after a delay. Here a change that may let it succeed triggers the retry: less
usage of a quota, another limit, a new service account. Rejected alternative: a delay by the clock, which never passes
while a test holds the clock.

Source: pkg/controller/controller_utils.go (RealPodControl) and controller_ref_manager.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenantkit.rules.amounts import parse_amounts
from tenantkit.rules.manifest import controller_of
from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import (
    LIMIT_RANGES,
    NAMESPACES,
    PODS,
    POLICIES,
    POLICY_BINDINGS,
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

_MAY_HELP = frozenset({LIMIT_RANGES, NAMESPACES, POLICIES, POLICY_BINDINGS, PRIORITY_CLASSES, QUOTAS, SERVICE_ACCOUNTS})


class WorkloadController:
    """Reconciles objects of one kind and their dependents; keys are `namespace/name`."""

    resource: ClassVar[Resource]
    dependents: ClassVar[Resource] = PODS
    finalizers: ClassVar[tuple[str, ...]] = ()
    component: ClassVar[str]

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client = InProcessClient(store, self.component)
        self.events = EventRecorder(store, self.component)
        self._kind = (self.resource.api_version, self.resource.kind)
        self._refused: set[str] = set()

    def keys(self, event: Event) -> Iterator[str]:
        """The object itself, managers and possible adopters of a dependent, and objects with refused writes."""
        if event.resource is self.resource:
            yield _key(event.manifest)
        elif event.resource is self.dependents:
            yield from self._managers(event)
        elif self._refused and event.resource in _MAY_HELP and _may_help(event):
            namespace = event.manifest["metadata"].get("namespace") or ""
            yield from [key for key in self._refused if not namespace or key.startswith(f"{namespace}/")]

    def sync(self, key: str) -> datetime | None:
        """Reconcile one object."""
        namespace, _, name = key.partition("/")
        live = self.store.get(self.resource, name, namespace)
        self._refused.discard(key)
        return None if live is None else self.reconcile(live)

    def reconcile(self, live: Manifest) -> datetime | None:
        """Take the next step for one live object; returns when to continue."""
        raise NotImplementedError

    def fits(self, owner: Manifest, dependent: Manifest) -> bool:  # noqa: ARG002 (for overriding)
        """Whether a selected dependent may be adopted."""
        return True

    def refused(self, owner: Manifest) -> None:
        """Record that a write for an object was refused, so that it is retried after a relevant change."""
        self._refused.add(_key(owner))

    def claimed(self, owner: Manifest) -> list[Manifest]:
        """The dependents of an object, after adopting those that its selector matches and releasing others."""
        found, selector = [], label_selector_of(owner["spec"].get("selector"))
        for dependent in self.store.list(self.dependents, owner["metadata"]["namespace"]):
            action = claim(owner, dependent, selector)
            if action == "adopt" and self.fits(owner, dependent):
                references = dependent["metadata"].get("ownerReferences") or []
                finalizers = [*(dependent["metadata"].get("finalizers") or ()), *self.finalizers]
                found.append(self._owned_by(dependent, [controller_reference(owner), *references], finalizers))
            elif action == "release":
                references = dependent["metadata"]["ownerReferences"]
                uid = owner["metadata"]["uid"]
                remaining = [reference for reference in references if reference["uid"] != uid]
                finalizers = [
                    item for item in dependent["metadata"].get("finalizers") or () if item not in self.finalizers
                ]
                self._owned_by(dependent, remaining, finalizers)
            elif action == "owned":
                found.append(dependent)
        return found

    def create_pod(self, owner: Manifest, pod: Manifest) -> Manifest | None:
        """Create a pod and record an event about it.

        Returns:
            The pod; None in a namespace that is being deleted, where no event is recorded either.

        Raises:
            ApiError: the pod was refused; an event reports it.
        """
        try:
            created = self.client.create(PODS, pod)
        except ApiError as error:
            if any(cause.reason == "NamespaceTerminating" for cause in error.causes):
                return None
            self.refused(owner)
            self.events.record(owner, "FailedCreate", f"Error creating: {error}", kind="Warning")
            raise
        self.events.record(owner, "SuccessfulCreate", f"Created pod: {created['metadata']['name']}")
        return created

    def delete_pod(self, owner: Manifest, pod: Manifest) -> None:
        """Delete a pod and record an event about it."""
        self.client.delete(PODS, pod)
        self.events.record(owner, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def put_status(self, live: Manifest, status: Manifest) -> Manifest:
        """Write a status with the observed generation, if it changes."""
        status = {**status, "observedGeneration": live["metadata"]["generation"]}
        return self.client.update(self.resource, live, subresource="status", status=status)

    def _owned_by(self, dependent: Manifest, references: list[Manifest], finalizers: list[str]) -> Manifest:
        metadata = {**dependent["metadata"], "ownerReferences": references, "finalizers": finalizers}
        return self.client.update(self.dependents, dependent, metadata=metadata)

    def _managers(self, event: Event) -> Iterator[str]:
        """The present and previous managers of a dependent, and possible adopters of one without a manager."""
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
    """The fields that decide on adoption."""
    return manifest["metadata"].get("labels"), manifest["metadata"].get("ownerReferences")


def _key(manifest: Manifest) -> str:
    return f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"


def _may_help(event: Event) -> bool:
    """Whether a change could let a refused write succeed; of a quota, only a new limit or less usage could."""
    if event.resource is not QUOTAS or event.previous is None or event.type == "DELETED":
        return True
    before, after = event.previous, event.manifest
    if before["spec"] != after["spec"]:
        return True
    used = [parse_amounts((state.get("status") or {}).get("used")) for state in (before, after)]
    return any(name not in used[0] or amount.value < used[0][name].value for name, amount in used[1].items())

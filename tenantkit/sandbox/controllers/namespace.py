"""Deletion of namespaces: first the pods, then all other content, then the namespace; conditions name what remains.

Each deletion in the namespace triggers the next sync, as does a change of the policies, while a real controller retries
after some seconds. Content with finalizers is only marked as deleted. This controller removes no finalizer but
`kubernetes`.

Source: page "Namespaces"; pkg/controller/namespace/deletion, 1.37.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import NAMESPACES, POLICIES, POLICY_BINDINGS, RESOURCES
from tenantkit.sandbox.apimachinery.time import AT_ONCE, timestamp
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Event, Store

FINALIZER = "kubernetes"
_CONTENT = tuple(
    sorted(
        (resource for resource in RESOURCES if resource.namespaced and "delete" in resource.verbs),
        key=lambda resource: resource.qualified != "pods",
    )
)
_FAILURE = "NamespaceDeletionContentFailure"
# Type, and the reason and message while nothing is wrong.
_CONDITIONS = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        _FAILURE,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
)

_RETRY = timedelta(seconds=5)
_MOST_WRITES = 50  # of one sync, so that requests do not wait for a large namespace


class NamespaceController:
    """Empties and finalizes namespaces that are being deleted; keys are their names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "namespace-controller")

    def keys(self, event: Event) -> Iterable[str]:
        """The namespace that is being deleted, or the one in which an object was deleted; all of them for a policy."""
        metadata = event.manifest["metadata"]
        if event.resource in {POLICIES, POLICY_BINDINGS}:
            found = (item["metadata"] for item in self._store.list(NAMESPACES))
            return [item["name"] for item in found if item.get("deletionTimestamp")]
        if event.resource == NAMESPACES:
            return (metadata["name"],) if event.type != "DELETED" and metadata.get("deletionTimestamp") else ()
        return (metadata["namespace"],) if event.resource.namespaced and event.type == "DELETED" else ()

    def sync(self, key: str) -> datetime | None:
        """Delete the content of one namespace, a part at a time, then finalize it."""
        namespace = self._store.get(NAMESPACES, key)
        if namespace is None or not namespace["metadata"].get("deletionTimestamp"):
            return None
        finalizers = namespace["spec"].get("finalizers") or []
        if FINALIZER in finalizers:
            errors: dict[Resource, str] = {}
            remaining = self._delete_content(key, errors)
            if remaining is None:
                return AT_ONCE
            namespace = self._with_conditions(namespace, remaining, errors)
            if remaining:
                return self._store.clock() + _RETRY if errors else None
            rest = [finalizer for finalizer in finalizers if finalizer != FINALIZER]
            spec = {"finalizers": rest} if rest else {}
            self._client.update(NAMESPACES, namespace, subresource="finalize", spec=spec)
        return None

    def _delete_content(self, namespace: str, errors: dict[Resource, str]) -> dict[Resource, list[Manifest]] | None:
        """Delete its content.

        Args:
            namespace: its name.
            errors: gets why objects could not be deleted, the first of each kind.

        Returns:
            What remains, by kind; None after many deletions, with more to delete.
        """
        remaining: dict[Resource, list[Manifest]] = {}
        last_version = self._store.resource_version + _MOST_WRITES
        for resource in _CONTENT:
            for manifest in self._store.list(resource, namespace):
                try:
                    self._delete(resource, manifest)
                except ApiError as error:
                    errors[resource] = error.message
                    break
                if self._store.resource_version >= last_version:
                    return None
            left = self._store.list(resource, namespace)
            if left:
                remaining[resource] = left
            if left and resource.qualified == "pods":
                break
        return remaining

    def _delete(self, resource: Resource, manifest: Manifest) -> None:
        """Delete one object. Pods get no grace period, since without nodes nothing would end it."""
        grace_period_s = 0 if resource.qualified == "pods" else None
        self._client.delete(resource, manifest, propagation="Background", grace_period_s=grace_period_s)

    def _with_conditions(
        self, namespace: Manifest, remaining: dict[Resource, list[Manifest]], errors: dict[Resource, str]
    ) -> Manifest:
        """Write the conditions about what remains, if they change."""
        status = namespace.get("status") or {}
        before = {condition["type"]: condition for condition in status.get("conditions") or ()}
        complaints = _complaints({resource: left for resource, left in remaining.items() if resource not in errors})
        if errors:
            text = f"Failed to delete all resource types, {len(errors)} remaining: {', '.join(errors.values())}"
            complaints[_FAILURE] = ("ContentDeletionFailed", text)
        conditions = []
        for name, *default in _CONDITIONS:
            state = "True" if name in complaints else "False"
            reason, message = complaints.get(name, default)
            old = before.get(name) or {}
            since = old["lastTransitionTime"] if old.get("status") == state else timestamp(self._store.clock())
            conditions.append(
                {"type": name, "status": state, "lastTransitionTime": since, "reason": reason, "message": message}
            )
        if conditions == status.get("conditions"):
            return namespace
        after = {**status, "conditions": conditions}
        return self._client.update(NAMESPACES, namespace, subresource="status", status=after)


def _complaints(remaining: dict[Resource, list[Manifest]]) -> dict[str, tuple[str, str]]:
    """Reason and message of each condition that is True."""
    if any(resource.qualified == "pods" for resource in remaining):
        return {}  # while pods remain, a real controller has not looked at anything else
    kinds = sorted(
        f"{resource.plural}.{resource.group} has {len(left)} resource instances" for resource, left in remaining.items()
    )
    if not kinds:
        return {}
    counts = Counter(
        finalizer
        for left in remaining.values()
        for manifest in left
        for finalizer in manifest["metadata"].get("finalizers") or ()
    )
    finalizers = sorted(f"{finalizer} in {count} resource instances" for finalizer, count in counts.items())
    return {
        "NamespaceContentRemaining": (
            "SomeResourcesRemain",
            f"Some resources are remaining: {', '.join(kinds)}",
        ),
        "NamespaceFinalizersRemaining": (
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {', '.join(finalizers)}",
        ),
    }

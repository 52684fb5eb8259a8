"""Propagation policies: the two finalizers that decide what happens to a deleted object's dependents.

The API server only adds the finalizer. The garbage collector acts on it and removes it.

Source: apiserver's pkg/registry/generic/registry/store.go, deletionFinalizersForGarbageCollection, 1.37; for namespaces
pkg/registry/core/namespace/storage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.finalizers import FOREGROUND, ORPHAN

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
    from tenantkit.sandbox.apimachinery.resources import Resource

_FINALIZERS = {"Orphan": ORPHAN, "Foreground": FOREGROUND, "Background": None}


def with_deletion_finalizers(resource: Resource, live: Manifest, options: DeleteOptions) -> Manifest:
    """The object with the finalizers for its deletion: its existing ones, and that of the requested policy.

    Without a policy in the options the object keeps its finalizer, by default that of its kind. Events never have one.
    """
    before = live["metadata"].get("finalizers") or []
    finalizer = _finalizer(resource, before, options)
    finalizers = [name for name in before if name not in {ORPHAN, FOREGROUND}]
    finalizers += [finalizer] if finalizer else []
    if sorted(finalizers) == sorted(before):
        return live
    metadata = {key: value for key, value in live["metadata"].items() if key != "finalizers"}
    return {**live, "metadata": metadata | ({"finalizers": finalizers} if finalizers else {})}


def _finalizer(resource: Resource, before: list[str], options: DeleteOptions) -> str | None:
    if resource.qualified == "events":
        return None
    if options.orphan_dependents is not None:
        # only for a namespace "do not orphan" means foreground
        otherwise = FOREGROUND if resource.qualified == "namespaces" else None
        return ORPHAN if options.orphan_dependents else otherwise
    if options.propagation:
        return _FINALIZERS[options.propagation]
    # without a policy, Jobs of batch/v1 orphan their pods
    default = ORPHAN if resource.qualified == "jobs.batch" else None
    return next((finalizer for finalizer in before if finalizer in {ORPHAN, FOREGROUND}), default)

"""What becomes of an object's dependents when it is deleted, as far as the API server decides it: by two finalizers.

The server only writes down what is to be done; the garbage collector does it and takes the finalizer away again.

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
    """The object with the finalizers that its deletion takes: its own, and of the collector's two the one asked for.

    Without a wish in the options the object's own finalizer stays, else its kind decides; events never have one.
    """
    before = live["metadata"].get("finalizers") or []
    wanted = _wanted(resource, before, options)
    finalizers = [finalizer for finalizer in before if finalizer not in {ORPHAN, FOREGROUND}]
    finalizers += [wanted] if wanted else []
    if sorted(finalizers) == sorted(before):
        return live
    metadata = {key: value for key, value in live["metadata"].items() if key != "finalizers"}
    return {**live, "metadata": metadata | ({"finalizers": finalizers} if finalizers else {})}


def _wanted(resource: Resource, before: list[str], options: DeleteOptions) -> str | None:
    if resource.qualified == "events":
        return None
    if options.orphan_dependents is not None:
        # Only a namespace takes "do not orphan" for foreground.
        otherwise = FOREGROUND if resource.qualified == "namespaces" else None
        return ORPHAN if options.orphan_dependents else otherwise
    if options.propagation:
        return _FINALIZERS[options.propagation]
    # Jobs of batch/v1 leave their pods behind unless they are told otherwise.
    default = ORPHAN if resource.qualified == "jobs.batch" else None
    return next((finalizer for finalizer in before if finalizer in {ORPHAN, FOREGROUND}), default)

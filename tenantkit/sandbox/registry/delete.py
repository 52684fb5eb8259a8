"""Deletes: at once, after a pod's grace period, or when the last finalizer has been removed.

What happens to dependents is only recorded here, as a finalizer (propagation.py). The garbage collector acts on it.

Source: apiserver's pkg/registry/rest/delete.go, 1.37; pages "Finalizers" and "Pod Lifecycle".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tenantkit.rules.pod_status import ENDED
from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.chain import mutate, review
from tenantkit.sandbox.apimachinery.errors import ApiError, conflict
from tenantkit.sandbox.apimachinery.resources import NAMESPACES
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.registry.propagation import with_deletion_finalizers

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store


def delete_live(
    store: Store, resource: Resource, live: Manifest, options: DeleteOptions, user: object
) -> tuple[Manifest, bool]:
    """Delete one object, or mark it.

    Returns:
        Its last state, and whether it is still there.

    Raises:
        ApiError: the object is not as the options suppose, or admission refuses.
    """
    _check_conditions(resource, live, options)
    attributes = Attributes("DELETE", resource, live, live, store, user, dry_run=options.dry_run)
    mutate(attributes)
    review(attributes)
    metadata, prepared = live["metadata"], with_deletion_finalizers(resource, live, options)
    now = store.clock()
    if resource is NAMESPACES:
        waits = _marked_namespace(live, prepared, now)
    elif resource.qualified == "pods":
        waits = _marked_pod(live, prepared, options, now)
    else:
        waits = marked(prepared, now) if prepared["metadata"].get("finalizers") else None
    goes = waits is None or _is_done_waiting(resource, waits)
    if options.dry_run:
        return waits or live, not goes
    last = live if waits is None else store.put(resource, waits)
    if goes:
        gone = store.remove(resource, metadata["name"], metadata.get("namespace", ""))
        return (gone if waits is None else last), False
    return last, True


def remove_or_put(store: Store, resource: Resource, manifest: Manifest, old: Manifest) -> Manifest:
    """Store an object's new state, or, where that took the last thing that its deletion waited for, remove it."""
    if not _has_nothing_left_to_wait_for(manifest, old):
        return store.put(resource, manifest)
    metadata = manifest["metadata"]
    store.remove(resource, metadata["name"], metadata.get("namespace", ""))
    return manifest


def _has_nothing_left_to_wait_for(manifest: Manifest, old: Manifest) -> bool:
    """Whether this update took the last finalizer of an object that is to go."""
    metadata, before = manifest["metadata"], old["metadata"]
    if metadata.get("finalizers") or not before.get("deletionTimestamp"):
        return False
    if manifest["kind"] == "Namespace" and manifest["spec"].get("finalizers"):
        return False
    return not before.get("deletionGracePeriodSeconds")


def marked(live: Manifest, now: datetime) -> Manifest:
    """The object as one that waits for its finalizers."""
    metadata = dict(live["metadata"])
    if not metadata.get("deletionTimestamp"):
        if metadata.get("generation"):
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = timestamp(now)
    return {**live, "metadata": {**metadata, "deletionGracePeriodSeconds": 0}}


def _marked_namespace(live: Manifest, prepared: Manifest, now: datetime) -> Manifest | None:
    """A namespace that terminates; None for one that has nothing left to wait for."""
    if live["metadata"].get("deletionTimestamp"):
        if live["spec"].get("finalizers"):
            return live
        return marked(prepared, now) if prepared["metadata"].get("finalizers") else None
    metadata = {**prepared["metadata"], "deletionTimestamp": timestamp(now)}
    return {**live, "metadata": metadata, "status": {**(live.get("status") or {}), "phase": "Terminating"}}


def _marked_pod(live: Manifest, prepared: Manifest, options: DeleteOptions, now: datetime) -> Manifest:
    """A pod that is given its grace, which may be none."""
    spec, metadata = live["spec"], dict(prepared["metadata"])
    asked = options.grace_period_s
    if asked is not None and asked < 0:
        asked = 1
    if metadata.get("deletionTimestamp"):
        left = metadata.get("deletionGracePeriodSeconds") or 0
        if left and (asked is None or asked >= left):
            return live
        grace = asked or 0
        start = datetime.fromisoformat(metadata["deletionTimestamp"]) - timedelta(seconds=left)
    else:
        grace = (spec.get("terminationGracePeriodSeconds") or 0) if asked is None else asked
        start = now
        if metadata.get("generation"):
            metadata["generation"] += 1
    if not spec.get("nodeName") or (live.get("status") or {}).get("phase") in ENDED:
        grace = 0
    end = max(start + timedelta(seconds=grace), now) if grace else now
    return {**live, "metadata": {**metadata, "deletionTimestamp": timestamp(end), "deletionGracePeriodSeconds": grace}}


def _is_done_waiting(resource: Resource, manifest: Manifest) -> bool:
    """Whether a marked pod has neither grace nor finalizers left; others are marked only when they have to wait."""
    metadata = manifest["metadata"]
    is_pod = resource.qualified == "pods"
    return is_pod and not metadata.get("deletionGracePeriodSeconds") and not metadata.get("finalizers")


def _check_conditions(resource: Resource, live: Manifest, options: DeleteOptions) -> None:
    """The object must be the one, and in the state, that the request supposes."""
    metadata = live["metadata"]
    name, uid, version = metadata["name"], metadata["uid"], metadata["resourceVersion"]
    if options.uid is not None and options.uid != uid:
        if resource is NAMESPACES:
            why = f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {uid}"
            raise conflict(resource, name, why)
        why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid})."
        raise _conflict(resource, name, f"{why} The object might have been deleted and then recreated")
    if options.version is not None and options.version != version:
        if resource is NAMESPACES:
            why = "ResourceVersion in precondition"
            message = f"Precondition failed: {why}: {options.version}, ResourceVersion in object meta: {version}"
            raise conflict(resource, name, message)
        what = f"the ResourceVersion in the precondition ({options.version})"
        why = f"{what} does not match the ResourceVersion in record ({version}). The object might have been modified"
        raise _conflict(resource, name, why)


def _conflict(resource: Resource, name: str, why: str) -> ApiError:
    """A 409 that, as the real one, names the kind where others name the resource."""
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    message = f'Operation cannot be fulfilled on {kind} "{name}": {why}'
    return ApiError(code=409, reason="Conflict", message=message, name=name, kind=resource.kind, group=resource.group)

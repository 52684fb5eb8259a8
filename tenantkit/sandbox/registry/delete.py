"""Deletes: at once, after a pod's grace period, or when the last finalizer has been removed.

What happens to dependents is only recorded here, as a finalizer (propagation.py). The garbage collector acts on it.

Source: apiserver's pkg/registry/rest/delete.go, 1.37; pages "Finalizers" and "Pod Lifecycle".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.times import duration
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


def delete_live(  # noqa: PLR0913 (what a delete depends on)
    store: Store,
    resource: Resource,
    live: Manifest,
    options: DeleteOptions,
    user: object,
    *,
    warnings: list[str] | None = None,
    is_named: bool = True,
    is_admitted: bool = False,
) -> tuple[Manifest, bool]:
    """Delete one object, or mark it as being deleted.

    Args:
        store: where it is.
        resource: its resource.
        live: the object, as the store has it.
        options: the options of the delete.
        user: the user who deletes it.
        warnings: the list for the warnings of admission. Default: they are dropped.
        is_named: whether the request names the object; a delete of many does not.
        is_admitted: whether admission has seen the request in another form, such as an eviction.

    Returns:
        The object's last state, and whether it still exists.

    Raises:
        ApiError: the object does not meet the preconditions, or admission refuses.
    """
    _check_preconditions(resource, live, options)
    if not is_admitted:
        attributes = Attributes("DELETE", resource, live, live, store, user, dry_run=options.dry_run)
        told = [] if warnings is None else warnings
        attributes = replace(attributes, warnings=told, options=options.shown(), is_named=is_named)
        mutate(attributes)
        review(attributes)
    metadata, prepared = live["metadata"], with_deletion_finalizers(resource, live, options)
    now = store.clock()
    if resource is NAMESPACES:
        pending = _marked_namespace(live, prepared, now)
    elif resource.qualified == "pods":
        pending = _marked_pod(live, prepared, options, now)
    else:
        pending = marked(prepared, now) if prepared["metadata"].get("finalizers") else None
    is_removed = pending is None or _is_ready_to_remove(resource, pending)
    if options.dry_run:
        return pending or live, not is_removed
    last = live if pending is None else store.put(resource, pending)
    if is_removed:
        removed = store.remove(resource, metadata["name"], metadata.get("namespace", ""))
        return (removed if pending is None else last), False
    return last, True


def remove_or_put(store: Store, resource: Resource, manifest: Manifest, old: Manifest) -> Manifest:
    """Store an object's new state, or remove the object if nothing blocks its deletion any more."""
    if not _unblocks_deletion(manifest, old):
        return store.put(resource, manifest)
    metadata = manifest["metadata"]
    store.remove(resource, metadata["name"], metadata.get("namespace", ""))
    return manifest


def _unblocks_deletion(manifest: Manifest, old: Manifest) -> bool:
    """Whether an update removes the last finalizer of an object that is being deleted."""
    metadata, before = manifest["metadata"], old["metadata"]
    if metadata.get("finalizers") or not before.get("deletionTimestamp"):
        return False
    if manifest["kind"] == "Namespace" and manifest["spec"].get("finalizers"):
        return False
    return not before.get("deletionGracePeriodSeconds")


def marked(live: Manifest, now: datetime) -> Manifest:
    """The object, marked as being deleted; it is removed with its last finalizer."""
    metadata = dict(live["metadata"])
    if not metadata.get("deletionTimestamp"):
        if metadata.get("generation"):
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = timestamp(now)
    return {**live, "metadata": {**metadata, "deletionGracePeriodSeconds": 0}}


def _marked_namespace(live: Manifest, prepared: Manifest, now: datetime) -> Manifest | None:
    """The namespace, marked as terminating; None if nothing blocks its deletion."""
    if live["metadata"].get("deletionTimestamp"):
        if live["spec"].get("finalizers"):
            return live
        return marked(prepared, now) if prepared["metadata"].get("finalizers") else None
    metadata = {**prepared["metadata"], "deletionTimestamp": timestamp(now)}
    return {**live, "metadata": metadata, "status": {**(live.get("status") or {}), "phase": "Terminating"}}


def _marked_pod(live: Manifest, prepared: Manifest, options: DeleteOptions, now: datetime) -> Manifest:
    """The pod, marked as being deleted after its grace period, which may be 0; a later request can only shorten it."""
    spec, metadata = live["spec"], prepared["metadata"]
    requested = options.grace_period_s
    if requested is not None and requested < 0:
        requested = 1
    if metadata.get("deletionTimestamp"):
        left = metadata.get("deletionGracePeriodSeconds") or 0
        if not left:
            return marked(prepared, now)
        if requested is None or requested >= left:
            return live
        start = datetime.fromisoformat(metadata["deletionTimestamp"]) - duration(left)
        return _ending(prepared, start, requested)
    grace = (spec.get("terminationGracePeriodSeconds") or 0) if requested is None else requested
    if not spec.get("nodeName") or (live.get("status") or {}).get("phase") in ENDED:
        grace = 0
    generation = {"generation": metadata["generation"] + 1} if metadata.get("generation") else {}
    return _ending({**prepared, "metadata": {**metadata, **generation}}, now, grace)


def _ending(pod: Manifest, start: datetime, grace_s: int) -> Manifest:
    """The pod, with the end of a grace period that began at `start`."""
    end = timestamp(start + duration(grace_s))
    return {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": end, "deletionGracePeriodSeconds": grace_s}}


def _is_ready_to_remove(resource: Resource, manifest: Manifest) -> bool:
    """Whether a marked pod has no grace period or finalizers left; other kinds are marked only with finalizers."""
    metadata = manifest["metadata"]
    is_pod = resource.qualified == "pods"
    return is_pod and not metadata.get("deletionGracePeriodSeconds") and not metadata.get("finalizers")


def _check_preconditions(resource: Resource, live: Manifest, options: DeleteOptions) -> None:
    """Raise ApiError 409 if the object does not meet the request's preconditions."""
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
    """A 409 that names the kind instead of the resource, as on the real server."""
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    message = f'Operation cannot be fulfilled on {kind} "{name}": {why}'
    return ApiError(code=409, reason="Conflict", message=message, name=name, kind=resource.kind, group=resource.group)

"""Creates: a new object's name, validation, validating admission and storage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from tenantkit.sandbox.admission.chain import review
from tenantkit.sandbox.apimachinery.errors import ApiError, already_exists, invalid
from tenantkit.sandbox.apimachinery.go_text import not_uint64
from tenantkit.sandbox.apimachinery.resources import LIMIT_RANGES
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.validation.objects import validate
from tenantkit.sandbox.apis.warnings import warnings_on_create
from tenantkit.sandbox.registry.strategies import prepare_create

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes

SET_BY_THE_SERVER = frozenset(
    {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"}
)


def store_new(attributes: Attributes, *, group: str = "") -> Manifest:
    """Store a new object after mutating admission: name it, prepare, validate, run validating admission, store.

    Args:
        attributes: the write, with the object as mutating admission returned it.
        group: the API group in the request's path, see `validate`.

    Raises:
        ApiError: the object is invalid, refused, or exists.
    """
    store, resource, manifest = attributes.store, attributes.resource, attributes.manifest
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in SET_BY_THE_SERVER}
    own = str(uuid4()) if resource is LIMIT_RANGES and not metadata.get("generateName") else ""  # as on the real server
    name = metadata.get("name") or own or store.generated_names.next(metadata.get("generateName", ""))
    metadata["name"] = name
    metadata |= {"uid": str(uuid4()), "creationTimestamp": timestamp(store.clock())}
    manifest = prepare_create({**manifest, "metadata": metadata})
    check_valid(manifest, None, group=group)
    attributes.warnings.extend(warnings_on_create(manifest))
    live = store.get(resource, name, metadata.get("namespace", ""))
    exists = live is not None
    # an invalid version counts as unset
    version = manifest["metadata"].get("resourceVersion", "").strip("0")
    versioned = bool(version) and not not_uint64(manifest["metadata"]["resourceVersion"])
    review(replace(attributes, manifest=manifest, dry_run=attributes.dry_run or exists or versioned))
    if versioned and not attributes.dry_run:
        message = "resourceVersion should not be set on objects to be created"
        raise ApiError(code=500, reason="", message=message)
    if live is not None:
        raise already_exists(resource, name, is_terminating="deletionTimestamp" in live["metadata"])
    return manifest if attributes.dry_run else store.put(resource, manifest)


def check_valid(manifest: Manifest, old: Manifest | None, *, subresource: str = "", group: str = "") -> None:
    """Raise ApiError 422 with all errors of an object."""
    causes = validate(manifest, old, subresource=subresource, group=group)
    if causes:
        raise invalid(str(manifest["apiVersion"]), str(manifest["kind"]), manifest["metadata"]["name"], causes)

"""Validation of PersistentVolumes, PersistentVolumeClaims and StorageClasses.

Of the sources of a volume only `hostPath` and `local` are validated further.
Source: pkg/apis/core/validation and pkg/apis/storage/validation, 1.37.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE, in_order
from tenantkit.sandbox.apimachinery.validation import dns_subdomain, qualified_name
from tenantkit.sandbox.apis.validation.metadata import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_OVERFLOW = 2**64
_ALONE = "ReadWriteOncePod"
# in the order of validation
_SOURCES = (
    *(
        "hostPath",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "glusterfs",
        "flocker",
        "nfs",
        "rbd",
        "quobyte",
        "cephfs",
    ),
    *("iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume"),
    *("azureDisk", "scaleIO", "local", "storageos", "csi"),
)
_CLASS_FIXED = ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")
_CLAIM_UPDATE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def check_volume(errors: ErrorList, volume: Manifest, old: Manifest | None) -> None:
    """A PersistentVolume."""
    spec = volume["spec"]
    if not spec.get("accessModes"):
        errors.required("spec.accessModes")
    _check_modes(errors, "spec.accessModes", spec.get("accessModes") or [])
    _check_capacity(errors, spec.get("capacity") or {})
    reclaim = spec["persistentVolumeReclaimPolicy"]
    errors.one_of("spec.persistentVolumeReclaimPolicy", reclaim, ("Delete", "Recycle", "Retain"))
    sources = [source for source in _SOURCES if spec.get(source) is not None]
    for source in sources[1:]:
        errors.forbidden(f"spec.{source}", "may not specify more than 1 volume type")
    if not sources:
        errors.required("spec", "must specify a volume type")
    elif sources[0] == "hostPath" and not spec["hostPath"].get("path"):
        errors.required("spec.hostPath.path")
    elif sources[0] == "local" and not spec.get("nodeAffinity"):
        errors.required("spec.nodeAffinity", "Local volume requires node affinity")
    if spec.get("storageClassName"):
        errors.all_of("spec.storageClassName", spec["storageClassName"], dns_subdomain(spec["storageClassName"]))
    errors.one_of("spec.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))
    if old is not None:
        before = old["spec"]
        if any(spec.get(source) != before.get(source) for source in _SOURCES):
            text = "spec.persistentvolumesource is immutable after creation"
            errors.forbidden("spec.persistentvolumesource", text)
        if spec["volumeMode"] != before.get("volumeMode"):
            errors.invalid("volumeMode", spec["volumeMode"], IMMUTABLE)


def _check_capacity(errors: ErrorList, capacity: Manifest) -> None:
    if not capacity:
        errors.required("spec.capacity")
    if set(capacity) != {"storage"}:
        errors.unsupported("spec.capacity", in_order(capacity) or None, ("storage",))
    for name, amount in capacity.items():
        value = parse_quantity(amount)
        whole = (math.floor(value) if value < 0 else math.ceil(value)) % _OVERFLOW  # as Go counts, in 64 bits
        if whole >= _OVERFLOW // 2:
            errors.invalid(f"spec.capacity[{name}]", whole - _OVERFLOW, "must be a valid resource quantity")
        if value <= 0:
            errors.invalid(f"spec.capacity[{name}]", amount, "must be greater than zero")


def check_storage_class(errors: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """A StorageClass."""
    provisioner = item.get("provisioner", "")
    if provisioner:
        errors.all_of("provisioner", provisioner.lower(), qualified_name(provisioner.lower()))
    if "" in (item.get("parameters") or {}):
        errors.invalid("parameters", "", "field can not be empty.")
    errors.one_of("reclaimPolicy", item["reclaimPolicy"], ("Delete", "Retain"))
    errors.one_of("volumeBindingMode", item["volumeBindingMode"], ("Immediate", "WaitForFirstConsumer"))
    if not provisioner:
        errors.required("provisioner")
    if old is not None:
        for field in _CLASS_FIXED:
            if item.get(field) != old.get(field):
                errors.invalid(field, None, IMMUTABLE)


def check_claim(errors: ErrorList, claim: Manifest, old: Manifest | None) -> None:
    """A PersistentVolumeClaim."""
    spec = claim.get("spec") or {}
    check_claim_spec(errors, "spec", spec)
    if old is not None:
        before = old.get("spec") or {}
        free = {"resources"} if (old.get("status") or {}).get("phase") == "Bound" else set[str]()
        free |= (
            {"storageClassName"} if before.get("storageClassName") is None and not before.get("volumeName") else set()
        )
        free |= {"volumeName"} if not before.get("volumeName") else set()
        if any(spec.get(key) != before.get(key) for key in {*spec, *before} - free):
            errors.forbidden("spec", _CLAIM_UPDATE)
        asked, had = (parse_quantity(_storage(part) or "0") for part in (spec, before))
        there = ((old.get("status") or {}).get("capacity") or {}).get("storage", "0")
        if asked < had and asked <= parse_quantity(there):
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
        if spec.get("volumeMode") != before.get("volumeMode"):
            errors.invalid("volumeMode", spec.get("volumeMode"), IMMUTABLE)


def check_claim_spec(errors: ErrorList, root: str, spec: Manifest) -> None:
    """What a claim asks for, or the template of one."""
    if not spec.get("accessModes"):
        errors.required(f"{root}.accessModes", "at least 1 access mode is required")
    if spec.get("selector") is not None:
        check_selector(errors, f"{root}.selector", spec["selector"])
    _check_modes(errors, f"{root}.accessModes", spec.get("accessModes") or [])
    storage = _storage(spec)
    if storage is None:
        errors.required(f"{root}.resources[storage]")
    elif parse_quantity(storage) <= 0:
        errors.invalid(f"{root}.resources[storage]", storage, "must be greater than zero")
    if spec.get("storageClassName"):
        errors.all_of(f"{root}.storageClassName", spec["storageClassName"], dns_subdomain(spec["storageClassName"]))
    if spec.get("volumeMode") is not None:
        errors.one_of(f"{root}.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))


def _storage(spec: Manifest) -> str | None:
    return ((spec.get("resources") or {}).get("requests") or {}).get("storage")


def _check_modes(errors: ErrorList, field: str, modes: list[str]) -> None:
    for mode in modes:
        errors.one_of(field, mode, _MODES)
    if _ALONE in modes and set(modes) & set(_MODES) != {_ALONE}:
        errors.forbidden(field, f"may not use {_ALONE} with other access modes")

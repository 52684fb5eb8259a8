"""Validation of PersistentVolumes and StorageClasses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE, in_order
from tenantkit.sandbox.apimachinery.validation import dns_subdomain, qualified_name

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList


_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


# what a volume is, in the order in which it is looked for
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


def check_volume(problems: ErrorList, volume: Manifest, old: Manifest | None) -> None:
    """A PersistentVolume."""
    spec = volume["spec"]
    _check_modes(problems, spec.get("accessModes") or [])
    _check_capacity(problems, spec.get("capacity") or {})
    reclaim = spec["persistentVolumeReclaimPolicy"]
    problems.one_of("spec.persistentVolumeReclaimPolicy", reclaim, ("Delete", "Recycle", "Retain"))
    sources = [source for source in _SOURCES if spec.get(source) is not None]
    for source in sources[1:]:
        problems.forbidden(f"spec.{source}", "may not specify more than 1 volume type")
    if not sources:
        problems.required("spec", "must specify a volume type")
    elif sources[0] == "hostPath" and not spec["hostPath"].get("path"):
        problems.required("spec.hostPath.path")
    elif sources[0] == "local" and not spec.get("nodeAffinity"):
        problems.required("spec.nodeAffinity", "Local volume requires node affinity")
    if spec.get("storageClassName"):
        problems.all_of("spec.storageClassName", spec["storageClassName"], dns_subdomain(spec["storageClassName"]))
    problems.one_of("spec.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))
    if old is not None:
        before = old["spec"]
        if any(spec.get(source) != before.get(source) for source in _SOURCES):
            text = "spec.persistentvolumesource is immutable after creation"
            problems.forbidden("spec.persistentvolumesource", text)
        if spec["volumeMode"] != before.get("volumeMode"):
            problems.invalid("volumeMode", spec["volumeMode"], IMMUTABLE)


def _check_modes(problems: ErrorList, modes: list[str]) -> None:
    if not modes:
        problems.required("spec.accessModes")
    for mode in modes:
        problems.one_of("spec.accessModes", mode, _MODES)
    if "ReadWriteOncePod" in modes and set(modes) & set(_MODES) != {"ReadWriteOncePod"}:
        problems.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")


def _check_capacity(problems: ErrorList, capacity: Manifest) -> None:
    if not capacity:
        problems.required("spec.capacity")
    if set(capacity) != {"storage"}:
        problems.unsupported("spec.capacity", in_order(capacity) or None, ("storage",))
    for name, amount in capacity.items():
        value = parse_quantity(amount)
        if value < 0:
            problems.invalid(f"spec.capacity[{name}]", math.floor(value), "must be a valid resource quantity")
        if value <= 0:
            problems.invalid(f"spec.capacity[{name}]", amount, "must be greater than zero")


def check_storage_class(problems: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """A StorageClass."""
    provisioner = item.get("provisioner", "")
    if provisioner:
        problems.all_of("provisioner", provisioner.lower(), qualified_name(provisioner.lower()))
    if "" in (item.get("parameters") or {}):
        problems.invalid("parameters", "", "field can not be empty.")
    problems.one_of("reclaimPolicy", item["reclaimPolicy"], ("Delete", "Retain"))
    problems.one_of("volumeBindingMode", item["volumeBindingMode"], ("Immediate", "WaitForFirstConsumer"))
    if not provisioner:
        problems.required("provisioner")
    if old is not None:
        for field in _CLASS_FIXED:
            if item.get(field) != old.get(field):
                problems.invalid(field, None, IMMUTABLE)

"""What the kinds that a cluster's administrators write may say: nodes, volumes, classes; and endpoint slices.

Of a volume only the sources are checked that a test or sample uses: whatever else names where data lies is taken.
Source: pkg/apis/core/validation, storage/validation, scheduling/validation, discovery/validation of Kubernetes 1.37.
"""

from __future__ import annotations

import ipaddress
import math
from typing import TYPE_CHECKING

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.apimachinery.validation import (
    IMMUTABLE,
    dns_label,
    dns_subdomain,
    in_order,
    label_value,
    qualified_name,
)

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.validation import Problems

SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_HIGHEST_PRIORITY = 1_000_000_000
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
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
_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}
_IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def check_node(problems: Problems, node: Manifest, old: Manifest | None) -> None:
    """A Node."""
    spec = node.get("spec") or {}
    seen = set[tuple[str, str]]()
    for index, taint in enumerate(spec.get("taints") or []):
        field, key, effect = f"metadata.taints[{index}]", taint.get("key", ""), taint.get("effect", "")
        problems.all_of(f"{field}.key", key, qualified_name(key))
        value = taint.get("value", "")
        if reasons := label_value(value):
            problems.invalid(f"{field}.value", value, ";".join(reasons))
        if not effect:
            problems.required(f"{field}.effect")
        else:
            problems.one_of(f"{field}.effect", effect, _EFFECTS)
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            problems.duplicate(field, shown, "taints must be unique by key and effect pair")
        seen.add((key, effect))
    if old is None:
        return
    before, now = (old.get("spec") or {}).get("providerID"), spec.get("providerID")
    if before and now != before:
        text = f"field cannot be {'modified' if now else 'cleared'} once set"
        problems.invalid("spec.providerID", None, text)


def check_volume(problems: Problems, volume: Manifest, old: Manifest | None) -> None:
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


def _check_modes(problems: Problems, modes: list[str]) -> None:
    if not modes:
        problems.required("spec.accessModes")
    for mode in modes:
        problems.one_of("spec.accessModes", mode, _MODES)
    if "ReadWriteOncePod" in modes and set(modes) & set(_MODES) != {"ReadWriteOncePod"}:
        problems.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")


def _check_capacity(problems: Problems, capacity: Manifest) -> None:
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


def check_storage_class(problems: Problems, item: Manifest, old: Manifest | None) -> None:
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


def check_priority_class(problems: Problems, item: Manifest, old: Manifest | None) -> None:
    """A PriorityClass."""
    name, value = item["metadata"]["name"], item.get("value", 0)
    if old is not None:
        if value != old.get("value", 0):
            problems.forbidden("value", "may not be changed in an update.")
        if item["preemptionPolicy"] != old.get("preemptionPolicy"):
            problems.invalid("preemptionPolicy", item["preemptionPolicy"], IMMUTABLE)
        return
    if name.startswith("system-"):
        if (error := _no_system_class(name, value, is_default=item.get("globalDefault", False))) is not None:
            text = "priority class names with 'system-' prefix are reserved for system use only. error: "
            problems.forbidden("metadata.name", text + error)
    elif value > _HIGHEST_PRIORITY:
        text = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        problems.forbidden("value", text)
    if not item["preemptionPolicy"]:
        problems.required("preemptionPolicy")
    else:
        problems.one_of("preemptionPolicy", item["preemptionPolicy"], ("PreemptLowerPriority", "Never"))


def _no_system_class(name: str, value: int, *, is_default: bool) -> str | None:
    wanted = SYSTEM_PRIORITIES.get(name)
    if wanted is None:
        return f"{name} is not a known system priority class"
    if value != wanted:
        return f"value of {name} PriorityClass must be {wanted}"
    return f"globalDefault of {name} PriorityClass must be false" if is_default else None


def check_endpoint_slice(problems: Problems, item: Manifest, old: Manifest | None) -> None:
    """An EndpointSlice."""
    kind = item.get("addressType", "")
    names = set[str]()
    for index, port in enumerate(item.get("ports") or []):
        field, name = f"ports[{index}]", port.get("name", "")
        problems.all_of(f"{field}.name", name, dns_label(name) if name else ())
        if name in names:
            problems.duplicate(f"{field}.name", name)
        names.add(name)
        problems.one_of(f"{field}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))
    endpoints = item.get("endpoints") or []
    if old is None or endpoints != (old.get("endpoints") or []):
        for index, endpoint in enumerate(endpoints):
            _check_endpoint(problems, f"endpoints[{index}]", endpoint, kind)
    if not kind:
        problems.required("addressType")
    else:
        problems.one_of("addressType", kind, ("FQDN", "IPv4", "IPv6"))
    if old is not None and kind != old.get("addressType"):
        problems.invalid("addressType", None, IMMUTABLE)
    for index, endpoint in enumerate(endpoints):
        if not endpoint.get("addresses"):
            problems.required(f"endpoints[{index}].addresses")


def _check_endpoint(problems: Problems, field: str, endpoint: Manifest, kind: str) -> None:
    for index, address in enumerate(endpoint.get("addresses") or []):
        where = f"{field}.addresses[{index}]"
        if kind in {"IPv4", "IPv6"}:
            _check_address(problems, where, address, int(kind[-1]))
    if endpoint.get("nodeName") is not None:
        problems.all_of(f"{field}.nodeName", endpoint["nodeName"], dns_subdomain(endpoint["nodeName"]))
    if endpoint.get("hostname") is not None:
        problems.all_of(f"{field}.hostname", endpoint["hostname"], dns_label(endpoint["hostname"]))


def _check_address(problems: Problems, field: str, text: str, version: int) -> None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        problems.invalid(field, text, _IP_TEXT)
        return
    if address.version != version:
        problems.invalid(field.rpartition("[")[0], text, f"must be an IPv{version} address")
    for is_there, what in (
        (address.is_unspecified, f"may not be unspecified ({text})"),
        (address.is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (address.is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (address in _MULTICAST[version], "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ):
        if is_there:
            problems.invalid(field, text, what)

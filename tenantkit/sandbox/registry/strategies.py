"""Strategies: the fields that the server sets or restores right before an object is validated and stored.

`prepare_create` and `prepare_update` are PrepareForCreate and PrepareForUpdate of pkg/registry, with the metadata that
BeforeUpdate keeps. As in the real server they run after decoding, defaults, managed fields (or apply) and mutating
admission, and before validation. If the result equals the live object, nothing is written.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tenantkit.rules.pod_security.checks import APP_ARMOR
from tenantkit.sandbox.apimachinery.apiextensions import is_custom, prepared
from tenantkit.sandbox.apimachinery.codec import empty
from tenantkit.sandbox.apimachinery.resources import EPHEMERAL
from tenantkit.sandbox.apimachinery.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

_COUNTED_SUBRESOURCES = frozenset({"", EPHEMERAL, "scale"})
# lists that are null when empty: the storage has no empty lists
_NO_EMPTY_LISTS = {"Role": ("rules",), "ClusterRole": ("rules",), "EndpointSlice": ("endpoints", "ports")}
_GENERATION = frozenset(
    {"CronJob", "Deployment", "EndpointSlice", "Ingress", "IngressClass", "Job", "NetworkPolicy", "Pod"}
    | {"PriorityClass", "ReplicaSet", "StatefulSet"}
    | {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
)
# the fields besides `spec` that a kind's generation counts
_ALSO_COUNTED: dict[str, Callable[[Manifest], object]] = {
    "Deployment": lambda item: item["metadata"].get("annotations") or {},
    "EndpointSlice": lambda item: (
        item["metadata"].get("labels") or {},
        {key: value for key, value in item.items() if key != "metadata"},
    ),
}
_JOB_NAME, _JOB_UID = (
    ("job-name", "batch.kubernetes.io/job-name"),
    ("controller-uid", "batch.kubernetes.io/controller-uid"),
)
_GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
_ALWAYS_KEEP = ("generation", "creationTimestamp", "deletionTimestamp")
_WRITABLE_METADATA = ("managedFields", "resourceVersion")
_KEEP_UNLESS_SET = ("uid", "deletionGracePeriodSeconds")
_SERVICE_NETWORK = "10.96"


def prepare_create(manifest: Manifest) -> Manifest:
    """The object to create.

    Args:
        manifest: the object with defaults, managed fields, namespace and name.

    Returns:
        A new object, with the initial status, generation 1 if its kind has one, and a Service's address.
    """
    kind = str(manifest["kind"])
    if is_custom(str(manifest["apiVersion"])):
        return prepared(manifest, None)
    found = dict(manifest)
    metadata = manifest["metadata"]
    found["metadata"] = {**metadata, "generation": 1} if kind in _GENERATION else metadata
    schema = schema_of(str(manifest["apiVersion"]), kind)
    keeps_status = kind == "Node" or kind.endswith("Review")
    if "status" in schema.fields and schema.fields["status"].zero == "always" and not keeps_status:
        found["status"] = empty(schema.fields["status"].type)
    match kind:
        case "Namespace":
            finalizers = list(manifest["spec"].get("finalizers") or ())
            finalizers = finalizers if "kubernetes" in finalizers else [*finalizers, "kubernetes"]
            found |= {"spec": {**manifest["spec"], "finalizers": finalizers}, "status": {"phase": "Active"}}
        case "Pod":
            found["status"] = _first_status(manifest)
            found["spec"] = _with_app_armor_fields(manifest)
        case "PersistentVolumeClaim":
            found["status"] = {"phase": "Pending"}
        case "PersistentVolume":
            found["status"] = {"phase": "Pending", "lastPhaseTransitionTime": metadata.get("creationTimestamp")}
        case "Service" | "Lease":
            found["spec"] = _with_address(manifest) if kind == "Service" else _without_election(manifest["spec"])
        case "Job" if not manifest["spec"].get("manualSelector"):
            found |= _with_selector(manifest, found["metadata"])
    for field in _NO_EMPTY_LISTS.get(kind, ()):
        found[field] = found.get(field) or None
    return found


def prepare_update(manifest: Manifest, old: Manifest, *, subresource: str = "") -> Manifest:
    """The object that replaces the old one.

    Args:
        manifest: the object with defaults and managed fields.
        old: the stored object.
        subresource: `status`, `finalize` and `ephemeralcontainers` keep the other fields of the old object.

    Returns:
        A new object, in which fields that an update can't change have their old values.
    """
    found, before, kind = dict(manifest), old["metadata"], str(manifest["kind"])
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "generation"}
    metadata |= {key: before[key] for key in _ALWAYS_KEEP if key in before}
    metadata |= {key: before[key] for key in _KEEP_UNLESS_SET if key in before and not metadata.get(key)}
    if is_custom(str(manifest["apiVersion"])):
        return prepared({**found, "metadata": metadata}, old, subresource=subresource)
    if subresource == "status":
        found["spec"] = old.get("spec", {})
        metadata = _metadata_for_status(kind, metadata, before)
    elif subresource == EPHEMERAL:
        found = {**old, "spec": {**old["spec"], "ephemeralContainers": found["spec"].get("ephemeralContainers") or []}}
        metadata = {**before, **{key: metadata[key] for key in _WRITABLE_METADATA if key in metadata}}
    elif "status" in old and not kind.endswith("Review"):
        found["status"] = old["status"]
    if kind == "Namespace" and subresource != "finalize":
        found["spec"] = old["spec"]
    if kind in {"Service", "Lease"} and not subresource:
        spec = found["spec"]
        found["spec"] = _keeping_address(spec, old["spec"]) if kind == "Service" else _without_election(spec)
    counted = _ALSO_COUNTED.get(kind)
    is_changed = found.get("spec") != old.get("spec") or (counted is not None and counted(found) != counted(old))
    if kind in _GENERATION and subresource in _COUNTED_SUBRESOURCES and is_changed:
        metadata["generation"] = before.get("generation", 0) + 1
    for field in _NO_EMPTY_LISTS.get(kind, ()):
        found[field] = found.get(field) or None
    return {**found, "metadata": metadata}


def _metadata_for_status(kind: str, metadata: Manifest, before: Manifest) -> Manifest:
    """The metadata of an update of the status, which some kinds do not let change all of it."""
    if kind == "ValidatingAdmissionPolicy":
        return {**before, **{key: metadata[key] for key in _WRITABLE_METADATA if key in metadata}}
    if kind == "Deployment":
        metadata = {key: value for key, value in metadata.items() if key != "labels"}
        return metadata | ({"labels": before["labels"]} if "labels" in before else {})
    return metadata


def _first_status(pod: Manifest) -> Manifest:
    """The status of a new pod; with scheduling gates it has the condition for them."""
    status: Manifest = {"phase": "Pending", "qosClass": _qos_class(pod["spec"])}
    if pod["spec"].get("schedulingGates"):
        since = pod["metadata"].get("creationTimestamp")
        status["conditions"] = [{**_GATED, "lastProbeTime": None, "lastTransitionTime": since}]
    return status


def _with_app_armor_fields(pod: Manifest) -> Manifest:
    """A pod's spec with the AppArmor profiles of its deprecated annotations in the fields that replaced them."""
    spec: Manifest = pod["spec"]
    annotations = pod["metadata"].get("annotations") or {}
    of_pod = (spec.get("securityContext") or {}).get("appArmorProfile")
    if (spec.get("os") or {}).get("name") == "windows" or not any(key.startswith(APP_ARMOR) for key in annotations):
        return spec

    def with_field(container: Manifest) -> Manifest:
        context = container.get("securityContext") or {}
        profile = _app_armor_profile(annotations.get(APP_ARMOR + container["name"], ""))
        if profile in (None, of_pod) or context.get("appArmorProfile") is not None:
            return container
        return {**container, "securityContext": {**context, "appArmorProfile": profile}}

    fields = [field for field in ("initContainers", "containers") if spec.get(field)]
    return {**spec, **{field: [with_field(container) for container in spec[field]] for field in fields}}


def _app_armor_profile(annotation: str) -> Manifest | None:
    """The profile that an annotation means; None if it means none."""
    prefix, _, profile = annotation.partition("/")
    if prefix == "localhost" and profile:
        return {"localhostProfile": profile, "type": "Localhost"}
    types = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}
    return {"type": types[annotation]} if annotation in types else None


def _with_selector(job: Manifest, metadata: Manifest) -> Manifest:
    """A Job's spec and metadata with the selector and labels for its pods."""
    spec, template = job["spec"], job["spec"]["template"]
    generated = dict.fromkeys(_JOB_NAME, metadata.get("name", "")) | dict.fromkeys(_JOB_UID, metadata.get("uid", ""))
    template_metadata = template.get("metadata") or {}
    given, selector = template_metadata.get("labels"), spec.get("selector") or {}
    labels = {**generated, **(given or {})}
    if given is not None and metadata.get("labels") is given:  # inherited, see defaults_workloads.py
        metadata = {**metadata, "labels": labels}
    matched = {_JOB_UID[1]: generated[_JOB_UID[1]], **(selector.get("matchLabels") or {})}
    spec = {
        **spec,
        "selector": {**selector, "matchLabels": matched},
        "template": {**template, "metadata": {**template_metadata, "labels": labels}},
    }
    return {"metadata": metadata, "spec": spec}


def _without_election(spec: Manifest) -> Manifest:
    """A Lease's spec without the fields of coordinated leader election, which is off by default."""
    return {key: item for key, item in spec.items() if key not in {"strategy", "preferredHolder"}}


def _with_address(service: Manifest) -> Manifest:
    """A Service's spec with a generated address. Nothing routes to it, so two Services may have the same one."""
    spec: Manifest = service["spec"]
    if spec.get("type") == "ExternalName":
        return spec
    named = f"{service['metadata'].get('namespace')}/{service['metadata'].get('name')}"
    digest = hashlib.sha256(named.encode()).digest()
    address = spec.get("clusterIP") or f"{_SERVICE_NETWORK}.{digest[0]}.{digest[1] or 1}"
    families: Manifest = {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
    if address == "None" and not spec.get("selector"):  # its endpoints may be of both families
        families = {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"}
    return {**families, **spec, "clusterIP": address, "clusterIPs": spec.get("clusterIPs") or [address]}


def _keeping_address(spec: Manifest, old: Manifest) -> Manifest:
    """A Service's spec with its current address, unless the update sets one."""
    if spec.get("type") == "ExternalName":
        return spec
    current = {key: old[key] for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy") if key in old}
    kept: Manifest = {**spec, **{key: value for key, value in current.items() if not spec.get(key)}}
    if kept.get("clusterIP") != old.get("clusterIP") and kept.get("clusterIPs") == old.get("clusterIPs"):
        kept["clusterIPs"] = [kept["clusterIP"]]  # a client that knows only the older of the two fields
    return kept


def _qos_class(spec: Manifest) -> str:
    """A pod's quality-of-service class (page "Pod Quality of Service Classes")."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    resources = [container.get("resources") or {} for container in containers]
    counted = [
        {
            field: {k: v for k, v in (item.get(field) or {}).items() if k in ("cpu", "memory") and v != "0"}
            for field in ("requests", "limits")
        }
        for item in resources
    ]
    if not any(item.get("requests") or item.get("limits") for item in counted):
        return "BestEffort"
    whole = all(
        set(item.get("limits") or ()) == {"cpu", "memory"} and item.get("requests") == item.get("limits")
        for item in counted
    )
    return "Guaranteed" if whole else "Burstable"

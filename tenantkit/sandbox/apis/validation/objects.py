"""Validation of whole objects: first the metadata, then the rules of the kind; all errors are reported at once.

Decoding checks types (apimachinery/codec.py). These modules have the rules that no schema can express, in the server's
own words, for the kinds that the sandbox serves. Rejected alternative: JSON Schema, which has no "absolute path" or
"immutable" and words its errors differently.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.resources import EPHEMERAL
from tenantkit.sandbox.apimachinery.validation import (
    dns_label,
    dns_subdomain,
    not_finalizer,
    path_segment,
)
from tenantkit.sandbox.apis.validation.admission_policies import check_policy, check_policy_binding
from tenantkit.sandbox.apis.validation.apps import check_deployment, check_replica_set, check_stateful_set
from tenantkit.sandbox.apis.validation.batch import check_cron_job, check_job, check_job_status
from tenantkit.sandbox.apis.validation.core import (
    check_config_map,
    check_lease,
    check_namespace,
    check_phase,
    check_secret,
)
from tenantkit.sandbox.apis.validation.custom import check_custom
from tenantkit.sandbox.apis.validation.discovery import check_endpoint_slice
from tenantkit.sandbox.apis.validation.events import check_event, check_newer_event
from tenantkit.sandbox.apis.validation.metadata import check_metadata, check_metadata_update
from tenantkit.sandbox.apis.validation.networking import check_ingress, check_ingress_class, check_network_policy
from tenantkit.sandbox.apis.validation.nodes import check_node
from tenantkit.sandbox.apis.validation.pods import check_ephemeral_containers, check_pod
from tenantkit.sandbox.apis.validation.quantities import check_limit_range, check_quota
from tenantkit.sandbox.apis.validation.rbac import check_binding, check_role
from tenantkit.sandbox.apis.validation.scheduling import check_priority_class
from tenantkit.sandbox.apis.validation.services import check_service
from tenantkit.sandbox.apis.validation.storage import check_claim, check_storage_class, check_volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.errors import Cause

_NAME_RULES: Final[dict[str, Callable[[str], list[str]]]] = {
    **dict.fromkeys(("Namespace", "Service", "StatefulSet"), dns_label),
    **dict.fromkeys(("Event", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"), path_segment),
}
# the kinds whose updates the server checks as a whole; of others only the changes
_GENERATE_NAME_ON_UPDATE = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "ConfigMap", "EndpointSlice", "Ingress", "IngressClass", "LimitRange"}
    | {"Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "Role", "RoleBinding", "Secret"}
    | {"ServiceAccount", "StorageClass"}
)
_CHECKS: Final[dict[str, Callable[[ErrorList, Manifest, Manifest | None], None]]] = {
    "Namespace": lambda errors, item, _old: check_namespace(errors, item),
    "ConfigMap": check_config_map,
    "Secret": check_secret,
    "PersistentVolumeClaim": check_claim,
    "Event": lambda errors, item, _old: check_event(errors, item),
    "Lease": lambda errors, item, _old: check_lease(errors, item),
    "ResourceQuota": check_quota,
    "LimitRange": lambda errors, item, _old: check_limit_range(errors, item),
    "Pod": check_pod,
    "Service": check_service,
    "Ingress": check_ingress,
    "IngressClass": check_ingress_class,
    "NetworkPolicy": lambda errors, item, _old: check_network_policy(errors, item),
    "Role": lambda errors, item, _old: check_role(errors, item),
    "ClusterRole": lambda errors, item, _old: check_role(errors, item),
    "RoleBinding": check_binding,
    "ClusterRoleBinding": check_binding,
    "CronJob": check_cron_job,
    "Deployment": check_deployment,
    "EndpointSlice": check_endpoint_slice,
    "Job": check_job,
    "Node": check_node,
    "PersistentVolume": check_volume,
    "PriorityClass": check_priority_class,
    "ReplicaSet": check_replica_set,
    "StatefulSet": check_stateful_set,
    "StorageClass": check_storage_class,
    "ValidatingAdmissionPolicy": check_policy,
    "ValidatingAdmissionPolicyBinding": lambda errors, item, _old: check_policy_binding(errors, item),
}


def validate(manifest: Manifest, old: Manifest | None = None, *, subresource: str = "", group: str = "") -> list[Cause]:
    """The reasons why an object cannot be stored.

    Args:
        manifest: with defaults, as it would be stored.
        old: the stored object; None on creation.
        subresource: the subresource that is written; empty for the object itself.
        group: the API group of the request; the newer group of events has stricter rules.

    Returns:
        All errors, in the server's words and order; empty if there are none. For `errors.invalid`.
    """
    errors = ErrorList()
    kind = str(manifest["kind"])
    metadata = manifest["metadata"]
    if old is not None and (subresource or kind not in _GENERATE_NAME_ON_UPDATE):
        metadata = {key: value for key, value in metadata.items() if key != "generateName"}
    is_newer = kind == "Event" and group == "events.k8s.io"
    name_rule = _NAME_RULES.get(kind, dns_subdomain)
    check_metadata(errors, metadata, dns_subdomain if is_newer and old is None else name_rule)
    if old is not None:
        check_metadata_update(errors, metadata, old["metadata"])
    for index, item in enumerate(metadata.get("finalizers") or [] if kind not in {"Event", "Lease"} else []):
        errors.all_of(f"metadata.finalizers[{index}]", item, not_finalizer(item))
    check = check_ephemeral_containers if subresource == EPHEMERAL else _CHECKS.get(kind)
    if is_custom(str(manifest["apiVersion"])):
        check = partial(check_custom, subresource=subresource)
    check = check_newer_event if is_newer else check
    if check is not None:
        check(errors, manifest, old)
    if kind == "Namespace" and subresource == "status":
        check_phase(errors, manifest)
    if kind == "Job" and subresource == "status":
        check_job_status(errors, manifest, old)
    return list(dict.fromkeys(errors))

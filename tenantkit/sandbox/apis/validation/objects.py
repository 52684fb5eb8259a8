"""Whether an object may be stored: its metadata, then its kind's own rules, all that is wrong at once.

Types are checked when an object is decoded (wire.py); here are the rules that no schema holds, written by hand after
the server's own, for the kinds that tenants are made of. Turned down: JSON Schema, which knows neither "absolute path"
nor "immutable", and words nothing as the server does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.apimachinery.apiextensions import check_custom, is_custom
from tenantkit.sandbox.apimachinery.codec import decode
from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE, ErrorList
from tenantkit.sandbox.apimachinery.finalizers import FOREGROUND, ORPHAN
from tenantkit.sandbox.apimachinery.resources import EPHEMERAL
from tenantkit.sandbox.apimachinery.validation import (
    check_labels,
    dns_label,
    dns_subdomain,
    not_finalizer,
    path_segment,
    qualified_name,
)
from tenantkit.sandbox.apis.validation.apps import check_deployment, check_replica_set, check_stateful_set
from tenantkit.sandbox.apis.validation.batch import check_cron_job, check_job
from tenantkit.sandbox.apis.validation.core import (
    check_claim,
    check_config_map,
    check_lease,
    check_namespace,
    check_phase,
    check_secret,
)
from tenantkit.sandbox.apis.validation.discovery import check_endpoint_slice
from tenantkit.sandbox.apis.validation.events import check_event, check_newer_event
from tenantkit.sandbox.apis.validation.networking import (
    check_ingress,
    check_ingress_class,
    check_network_policy,
    check_service,
)
from tenantkit.sandbox.apis.validation.nodes import check_node
from tenantkit.sandbox.apis.validation.pods import check_ephemeral_containers, check_pod
from tenantkit.sandbox.apis.validation.quantities import check_limit_range, check_quota
from tenantkit.sandbox.apis.validation.rbac import check_binding, check_role
from tenantkit.sandbox.apis.validation.scheduling import check_priority_class
from tenantkit.sandbox.apis.validation.storage import check_storage_class, check_volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.errors import Cause

_MOST_ANNOTATION_BYTES = 256 * 1024
_NAME_RULES: Final[dict[str, Callable[[str], list[str]]]] = {
    **dict.fromkeys(("Namespace", "Service", "StatefulSet"), dns_label),
    **dict.fromkeys(("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"), path_segment),
}
_CHECKS: Final[dict[str, Callable[[ErrorList, Manifest, Manifest | None], None]]] = {
    "Namespace": lambda problems, item, _old: check_namespace(problems, item),
    "ConfigMap": check_config_map,
    "Secret": check_secret,
    "PersistentVolumeClaim": check_claim,
    "Event": lambda problems, item, _old: check_event(problems, item),
    "Lease": lambda problems, item, _old: check_lease(problems, item),
    "ResourceQuota": check_quota,
    "LimitRange": lambda problems, item, _old: check_limit_range(problems, item),
    "Pod": check_pod,
    "Service": check_service,
    "Ingress": check_ingress,
    "IngressClass": check_ingress_class,
    "NetworkPolicy": lambda problems, item, _old: check_network_policy(problems, item),
    "Role": lambda problems, item, _old: check_role(problems, item),
    "ClusterRole": lambda problems, item, _old: check_role(problems, item),
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
}


def unknown_fields(manifest: Manifest) -> list[str]:
    """The fields of an object that its kind does not have, as the server words them.

    Args:
        manifest: as sent, with apiVersion and kind.

    Returns:
        Texts such as `unknown field "spec.foo"`: each a warning, or together a refusal under `fieldValidation=Strict`.

    Raises:
        DecodeError: a value has the wrong type.
    """
    return decode(manifest, str(manifest["apiVersion"]), str(manifest["kind"]))[1]


def validate(manifest: Manifest, old: Manifest | None = None, *, subresource: str = "", group: str = "") -> list[Cause]:
    """What keeps an object from being stored.

    Args:
        manifest: with defaults, as it would be stored.
        old: what it would replace; None on creation.
        subresource: what of it is written; `ephemeralcontainers` has rules of its own.
        group: of the path that it is written by; events have two, and the newer one is stricter.

    Returns:
        All that is wrong, in the server's words and order; empty when nothing is. For `errors.invalid`.
    """
    problems = ErrorList()
    kind = str(manifest["kind"])
    metadata = manifest["metadata"]
    _check_metadata(problems, metadata, _NAME_RULES.get(kind, dns_subdomain))
    if old is not None:
        _check_metadata_update(problems, metadata, old["metadata"])
    for index, item in enumerate(metadata.get("finalizers") or [] if kind not in {"Event", "Lease"} else []):
        problems.all_of(f"metadata.finalizers[{index}]", item, not_finalizer(item))
    check = check_ephemeral_containers if subresource == EPHEMERAL else _CHECKS.get(kind)
    check = check_custom if is_custom(str(manifest["apiVersion"])) else check
    check = check_newer_event if kind == "Event" and group == "events.k8s.io" else check
    if check is not None:
        check(problems, manifest, old)
    if kind == "Namespace" and subresource == "status":
        check_phase(problems, manifest)
    return list(dict.fromkeys(problems))


def _check_metadata(problems: ErrorList, metadata: Manifest, name_rule: Callable[[str], list[str]]) -> None:
    name, generated = metadata.get("name", ""), metadata.get("generateName", "")
    if generated:  # the server adds something to it, so it may end as a name may not
        problems.all_of("metadata.generateName", generated, name_rule(_completed(generated)))
    if not name:
        problems.required("metadata.name", "name or generateName is required")
    else:
        problems.all_of("metadata.name", name, name_rule(name))
    check_labels(problems, "metadata.labels", metadata.get("labels") or {})
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        problems.all_of("metadata.annotations", key, qualified_name(key.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _MOST_ANNOTATION_BYTES:
        problems.too_long("metadata.annotations", _MOST_ANNOTATION_BYTES)
    _check_owners(problems, metadata.get("ownerReferences") or [])
    for item in metadata.get("finalizers") or []:
        problems.all_of("metadata.finalizers", item, qualified_name(item))
    if {ORPHAN, FOREGROUND} <= set(metadata.get("finalizers") or ()):
        both = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        problems.invalid("metadata.finalizers", metadata["finalizers"], both)


def _completed(prefix: str) -> str:
    """A generateName as it is judged: its last dash or dot is not its end."""
    return f"{prefix[:-1]}a" if prefix[-1:] == "-" else prefix


def _check_owners(problems: ErrorList, owners: list[Manifest]) -> None:
    first = ""
    for index, owner in enumerate(owners):
        field = f"metadata.ownerReferences[{index}]"
        for part in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(part):
                problems.required(f"{field}.{part}", "must not be empty")
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            problems.invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner")
        if owner.get("controller"):
            name = f"{owner.get('kind')}/{owner.get('name')}"
            if first:
                why = f'Found "true" in references for {first} and {name}'
                only = "Only one reference can have Controller set to true"
                problems.invalid("metadata.ownerReferences", owners, f"{only}. {why}")
            first = first or name


def _check_metadata_update(problems: ErrorList, metadata: Manifest, old: Manifest) -> None:
    added = sorted(set(metadata.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if added and old.get("deletionTimestamp"):
        listed = ", ".join(f'"{item}"' for item in added)
        why = "no new finalizers can be added if the object is being deleted"
        problems.forbidden("metadata.finalizers", f"{why}, found new finalizers []string{{{listed}}}")
    for part in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        before: Any = old.get(part)
        if metadata.get(part) != before:
            problems.invalid(f"metadata.{part}", metadata.get(part), IMMUTABLE)

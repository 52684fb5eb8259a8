"""Validation of Namespaces, ConfigMaps, Secrets and Leases.

Source: pkg/apis/core/validation and pkg/apis/coordination/validation, 1.37.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import config_key, finalizer

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_MOST_DATA_BYTES = 1024 * 1024
_ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
_REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_NO_JSON = "unexpected end of JSON input"
_FROZEN = "field is immutable when `immutable` is set"


def check_namespace(errors: ErrorList, namespace: Manifest) -> None:
    """A Namespace."""
    for item in (namespace.get("spec") or {}).get("finalizers") or []:
        errors.all_of("spec.finalizers", item, finalizer(item))


def check_phase(errors: ErrorList, namespace: Manifest) -> None:
    """A Namespace's status."""
    phase = (namespace.get("status") or {}).get("phase")
    terminating = bool(namespace["metadata"].get("deletionTimestamp"))
    wanted = "Terminating" if terminating else "Active"
    if phase != wanted:
        text = f"may only be '{wanted}' if `deletionTimestamp` is {'not ' * terminating}empty"
        errors.invalid("status.Phase", phase, text)


def check_config_map(errors: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """A ConfigMap."""
    _check_frozen(errors, item, old, ("data", "binaryData"))
    data, binary = item.get("data") or {}, item.get("binaryData") or {}
    for key in data:
        errors.all_of(f"data[{key}]", key, config_key(key))
        if key in binary:
            errors.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        errors.all_of(f"binaryData[{key}]", key, config_key(key))
    size = sum(len(value.encode()) for value in data.values()) + sum(len(b64decode(value)) for value in binary.values())
    if size > _MOST_DATA_BYTES:
        errors.too_long("[]", _MOST_DATA_BYTES)


def _check_frozen(errors: ErrorList, item: Manifest, old: Manifest | None, parts: tuple[str, ...]) -> None:
    """The fields that may not change once `immutable` is set."""
    if old is None or not old.get("immutable"):
        return
    if not item.get("immutable"):
        errors.forbidden("immutable", _FROZEN)
    for part in parts:
        if item.get(part) != old.get(part):
            errors.forbidden(part, _FROZEN)


def check_secret(errors: ErrorList, secret: Manifest, old: Manifest | None) -> None:
    """A Secret; no message contains its data."""
    data, kind = secret.get("data") or {}, secret.get("type", "")
    if old is not None:
        if kind != old.get("type"):
            errors.invalid("type", kind, IMMUTABLE)
        _check_frozen(errors, secret, old, ("data",))
    for key in data:
        errors.all_of(f"data[{key}]", key, config_key(key))
    if sum(len(b64decode(value)) for value in data.values()) > _MOST_DATA_BYTES:
        errors.too_long("data", _MOST_DATA_BYTES)
    annotations = secret["metadata"].get("annotations") or {}
    if kind == "kubernetes.io/service-account-token" and not annotations.get(_ACCOUNT_ANNOTATION):
        errors.required(f"metadata.annotations[{_ACCOUNT_ANNOTATION}]")
    _check_secret_keys(errors, kind, data)


def _check_secret_keys(errors: ErrorList, kind: str, data: Manifest) -> None:
    """The keys that each type of Secret must have."""
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        errors.required("data[username]")
        errors.required("data[password]")
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data:
            errors.required(f"data[{key}]")
        elif key.startswith(".docker"):
            text = b64decode(data[key]).decode(errors="replace").strip()
            if not text.startswith("{"):
                reason = f"invalid character {text[:1]!r} looking for beginning of value" if text else _NO_JSON
                errors.invalid(f"data[{key}]", "<secret contents redacted>", reason)


def check_lease(errors: ErrorList, lease: Manifest) -> None:
    """A Lease."""
    spec = lease.get("spec") or {}
    if spec.get("leaseDurationSeconds", 1) <= 0:
        errors.invalid("spec.leaseDurationSeconds", spec["leaseDurationSeconds"], "must be greater than 0")
    if spec.get("leaseTransitions", 0) < 0:
        errors.invalid("spec.leaseTransitions", spec["leaseTransitions"], "must be greater than or equal to 0")

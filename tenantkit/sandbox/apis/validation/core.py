"""What the small kinds may say: namespaces, configuration, claims, events, leases.

Source: pkg/apis/core/validation, pkg/apis/coordination/validation.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import config_key, dns_subdomain, finalizer
from tenantkit.sandbox.apis.validation.networking import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_MOST_DATA_BYTES = 1024 * 1024
_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_ALONE = "ReadWriteOncePod"
_ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
_REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_NO_JSON = "unexpected end of JSON input"
_FROZEN = "field is immutable when `immutable` is set"
_CLAIM_UPDATE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def check_namespace(problems: ErrorList, namespace: Manifest) -> None:
    """A Namespace."""
    for item in (namespace.get("spec") or {}).get("finalizers") or []:
        problems.all_of("spec.finalizers", item, finalizer(item))


def check_phase(problems: ErrorList, namespace: Manifest) -> None:
    """A Namespace's status."""
    phase, goes = (namespace.get("status") or {}).get("phase"), bool(namespace["metadata"].get("deletionTimestamp"))
    wanted = "Terminating" if goes else "Active"
    if phase != wanted:
        text = f"may only be '{wanted}' if `deletionTimestamp` is {'not ' * goes}empty"
        problems.invalid("status.Phase", phase, text)


def check_config_map(problems: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """A ConfigMap."""
    _check_frozen(problems, item, old, ("data", "binaryData"))
    data, binary = item.get("data") or {}, item.get("binaryData") or {}
    for key in data:
        problems.all_of(f"data[{key}]", key, config_key(key))
        if key in binary:
            problems.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        problems.all_of(f"binaryData[{key}]", key, config_key(key))
    size = sum(len(value.encode()) for value in data.values()) + sum(len(b64decode(value)) for value in binary.values())
    if size > _MOST_DATA_BYTES:
        problems.too_long("[]", _MOST_DATA_BYTES)


def _check_frozen(problems: ErrorList, item: Manifest, old: Manifest | None, parts: tuple[str, ...]) -> None:
    """Nothing changes once `immutable` is set, itself included."""
    if old is None or not old.get("immutable"):
        return
    if not item.get("immutable"):
        problems.forbidden("immutable", _FROZEN)
    for part in parts:
        if item.get(part) != old.get(part):
            problems.forbidden(part, _FROZEN)


def check_secret(problems: ErrorList, secret: Manifest, old: Manifest | None) -> None:
    """A Secret; its data shows in no message."""
    data, kind = secret.get("data") or {}, secret.get("type", "")
    if old is not None:
        if kind != old.get("type"):
            problems.invalid("type", kind, IMMUTABLE)
        _check_frozen(problems, secret, old, ("data",))
    for key in data:
        problems.all_of(f"data[{key}]", key, config_key(key))
    if sum(len(b64decode(value)) for value in data.values()) > _MOST_DATA_BYTES:
        problems.too_long("data", _MOST_DATA_BYTES)
    annotations = secret["metadata"].get("annotations") or {}
    if kind == "kubernetes.io/service-account-token" and not annotations.get(_ACCOUNT_ANNOTATION):
        problems.required(f"metadata.annotations[{_ACCOUNT_ANNOTATION}]")
    _check_secret_keys(problems, kind, data)


def _check_secret_keys(problems: ErrorList, kind: str, data: Manifest) -> None:
    """What each type of Secret must hold."""
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        problems.required("data[username]")
        problems.required("data[password]")
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data:
            problems.required(f"data[{key}]")
        elif key.startswith(".docker"):
            text = b64decode(data[key]).decode(errors="replace").strip()
            if not text.startswith("{"):
                reason = f"invalid character {text[:1]!r} looking for beginning of value" if text else _NO_JSON
                problems.invalid(f"data[{key}]", "<secret contents redacted>", reason)


def check_claim(problems: ErrorList, claim: Manifest, old: Manifest | None) -> None:
    """A PersistentVolumeClaim."""
    spec = claim.get("spec") or {}
    check_claim_spec(problems, "spec", spec)
    if old is not None:
        before = old.get("spec") or {}
        free = {"resources"} if (old.get("status") or {}).get("phase") == "Bound" else set[str]()
        free |= {"volumeName"} if not before.get("volumeName") else set()
        if any(spec.get(key) != before.get(key) for key in {*spec, *before} - free):
            problems.forbidden("spec", _CLAIM_UPDATE)
        asked, had = (parse_quantity(_storage(part) or "0") for part in (spec, before))
        there = ((old.get("status") or {}).get("capacity") or {}).get("storage", "0")
        if asked < had and asked <= parse_quantity(there):
            problems.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
        if spec.get("volumeMode") != before.get("volumeMode"):
            problems.invalid("volumeMode", spec.get("volumeMode"), IMMUTABLE)


def _storage(spec: Manifest) -> str | None:
    return ((spec.get("resources") or {}).get("requests") or {}).get("storage")


def check_claim_spec(problems: ErrorList, root: str, spec: Manifest) -> None:
    """What a claim asks for, or the template of one."""
    if not spec.get("accessModes"):
        problems.required(f"{root}.accessModes", "at least 1 access mode is required")
    if spec.get("selector") is not None:
        check_selector(problems, f"{root}.selector", spec["selector"])
    modes = spec.get("accessModes") or []
    for mode in modes:
        problems.one_of(f"{root}.accessModes", mode, _MODES)
    if _ALONE in modes and set(modes) & set(_MODES) != {_ALONE}:
        problems.forbidden(f"{root}.accessModes", f"may not use {_ALONE} with other access modes")
    storage = _storage(spec)
    if storage is None:
        problems.required(f"{root}.resources[storage]")
    elif parse_quantity(storage) <= 0:
        problems.invalid(f"{root}.resources[storage]", storage, "must be greater than zero")
    if spec.get("storageClassName"):
        problems.all_of(f"{root}.storageClassName", spec["storageClassName"], dns_subdomain(spec["storageClassName"]))
    if spec.get("volumeMode") is not None:
        problems.one_of(f"{root}.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))


def check_lease(problems: ErrorList, lease: Manifest) -> None:
    """A Lease."""
    spec = lease.get("spec") or {}
    if spec.get("leaseDurationSeconds", 1) <= 0:
        problems.invalid("spec.leaseDurationSeconds", spec["leaseDurationSeconds"], "must be greater than 0")
    if spec.get("leaseTransitions", 0) < 0:
        problems.invalid("spec.leaseTransitions", spec["leaseTransitions"], "must be greater than or equal to 0")

"""Validation of ResourceQuotas, LimitRanges and the resources of containers.

Source: pkg/apis/core/validation and pkg/apis/core/helper, 1.37; pages "Resource Quotas", "Limit Ranges".
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import qualified_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
]
_QUOTA = {*_COMPUTE, *_COUNTED, "requests.storage"} | {
    f"{part}.{name}" for part in ("requests", "limits") for name in _COMPUTE
}
_STANDARD = _QUOTA | {"storage"}
_POD_QUOTA = {"pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"}
_SCOPED_TO_PODS = ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity")
_SCOPES = (*_SCOPED_TO_PODS, "BestEffort", "VolumeAttributesClass")
_OPPOSITES = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_STORAGE_QUOTA = ("persistentvolumeclaims", "requests.storage")


def is_native(name: str) -> bool:
    """Whether a resource is defined by Kubernetes, rather than an extended resource."""
    return "/" not in name or "kubernetes.io/" in name


def is_overcommitted(name: str) -> bool:
    """Whether requests of a resource may be lower than its limits."""
    return is_native(name) and not name.startswith("hugepages-")


def _is_whole(name: str) -> bool:
    """Whether amounts of a resource must be integers."""
    extended = not is_native(name) and not name.startswith("requests.") and not qualified_name(f"requests.{name}")
    return name in _COUNTED or extended


def _is_huge(name: str, *, quota: bool = True) -> bool:
    return name.startswith(("hugepages-", "requests.hugepages-") if quota else "hugepages-")


def _resource_name(errors: ErrorList, field: str, name: str) -> None:
    """The name of any resource."""
    reasons = qualified_name(name)
    errors.all_of(field, name, reasons)
    if not reasons and "/" not in name and name not in _STANDARD and not _is_huge(name):
        errors.invalid(field, name, "must be a standard resource type or fully qualified")


def _container_resource_name(errors: ErrorList, field: str, name: str) -> None:
    """The name of a resource of containers."""
    _resource_name(errors, field, name)
    if "/" not in name:
        if name not in _COMPUTE and not _is_huge(name, quota=False):
            errors.invalid(field, name, "must be a standard resource for containers")
    elif not is_native(name) and not _is_whole(name):
        errors.invalid(field, name, "doesn't follow extended resource name standard")


def _amount(errors: ErrorList, field: str, name: str, amount: str) -> None:
    """The amount of a resource: not negative, and an integer where required."""
    value = parse_quantity(amount)
    if value < 0:
        errors.invalid(field, amount, "must be greater than or equal to 0")
    if _is_whole(name) and value.denominator != 1:
        errors.invalid(field, amount, "must be an integer")


def check_quota(errors: ErrorList, quota: Manifest, old: Manifest | None) -> None:
    """A ResourceQuota."""
    spec = quota.get("spec") or {}
    hard, scopes = spec.get("hard") or {}, spec.get("scopes") or []
    for name, amount in hard.items():
        field = f"spec.hard[{name}]"
        _resource_name(errors, field, name)
        if "/" not in name and name not in _QUOTA and not _is_huge(name):
            errors.invalid(field, name, "must be a standard resource for quota")
        _amount(errors, field, name, amount)
    for scope in scopes:
        if scope not in _SCOPES:
            errors.invalid("spec.scopes", scopes, "unsupported scope")
        for name in sorted(hard):
            if (name in _QUOTA or _is_huge(name)) and not _scope_fits(scope, name):
                errors.invalid("spec.scopes", scopes, "unsupported scope applied to resource")
    for pair in _OPPOSITES:
        if set(pair) <= set(scopes):
            errors.invalid("spec.scopes", scopes, "conflicting scopes")
    _check_scope_selector(errors, spec.get("scopeSelector") or {})
    if old is not None and set(scopes) != set((old.get("spec") or {}).get("scopes") or []):
        errors.invalid("spec.scopes", spec.get("scopes"), IMMUTABLE)


def _scope_fits(scope: str, name: str) -> bool:
    """Whether a scope makes sense for a resource."""
    if scope == "BestEffort":
        return name == "pods"
    if scope == "VolumeAttributesClass":
        return name in _STORAGE_QUOTA
    return scope not in _SCOPED_TO_PODS or name in _POD_QUOTA


def _check_scope_selector(errors: ErrorList, selector: Manifest) -> None:
    field = "spec.scopeSelector.matchExpressions"
    for item in selector.get("matchExpressions") or []:
        if item.get("scopeName") not in _SCOPES:
            errors.invalid(f"{field}.scopeName", item.get("scopeName", ""), "unsupported scope")
        operator, values = item.get("operator", ""), item.get("values") or []
        if operator in ("In", "NotIn"):
            if not values:
                text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                errors.required(f"{field}.values", text)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                text = "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector"
                errors.invalid(f"{field}.values", values, text)
        else:
            errors.invalid(f"{field}.operator", operator, "not a valid selector operator")


def check_limit_range(errors: ErrorList, limits: Manifest) -> None:
    """A LimitRange."""
    seen = set[str]()
    for index, item in enumerate((limits.get("spec") or {}).get("limits") or []):
        field, kind = f"spec.limits[{index}]", item.get("type", "")
        reasons = qualified_name(kind)
        errors.all_of(f"{field}.type", kind, reasons)
        if not reasons and "/" not in kind and kind not in ("Pod", "Container", "PersistentVolumeClaim"):
            errors.invalid(f"{field}.type", kind, "must be a standard limit type or fully qualified")
        if kind in seen:
            errors.duplicate(f"{field}.type", kind)
        seen.add(kind)
        _check_limit_names(errors, field, kind, item)
        if kind == "PersistentVolumeClaim" and not any("storage" in (item.get(p) or {}) for p in ("min", "max")):
            text = "either minimum or maximum storage value is required, but neither was provided"
            errors.required(f"{field}.limits", text)
        defaults = ("default", "defaultRequest") if kind != "Pod" else ()
        parts = ("min", "max", *defaults, "maxLimitRequestRatio")
        names = {name: None for part in parts for name in item.get(part) or {}}
        for name in names:
            _check_limit_order(errors, field, name, {p: (item.get(p) or {}).get(name) for p in parts})


def _check_limit_names(errors: ErrorList, field: str, kind: str, item: Manifest) -> None:
    check = _container_resource_name if kind in ("Pod", "Container") else _resource_name
    for part in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
        if kind == "Pod" and part.startswith("default"):
            if item.get(part):
                errors.forbidden(f"{field}.{part}", "may not be specified when `type` is 'Pod'")
            continue
        for name in item.get(part) or {}:
            check(errors, f"{field}.{part}[{name}]", name)


def _check_limit_order(errors: ErrorList, field: str, name: str, of: Mapping[str, str | None]) -> None:
    """The order min <= default request <= default <= max, with the fields that the server blames and shows."""
    # the lower field, the higher field, the blamed one, the shown one, and the words for both
    pairs = (
        ("min", "max", "min", "min", "min value", "max value"),
        ("min", "defaultRequest", "defaultRequest", "defaultRequest", "min value", "default request value"),
        ("defaultRequest", "max", "defaultRequest", "defaultRequest", "default request value", "max value"),
        (
            "defaultRequest",
            "default",
            "defaultRequest",
            "defaultRequest",
            "default request value",
            "default limit value",
        ),
        ("min", "default", "default", "min", "min value", "default value"),
        ("default", "max", "default", "max", "default value", "max value"),
    )
    for low, high, blamed, displayed, lower, higher in pairs:
        first, second = of.get(low), of.get(high)
        if first is not None and second is not None and parse_quantity(first) > parse_quantity(second):
            text = f"{lower} {first} is greater than {higher} {second}"
            errors.invalid(f"{field}.{blamed}[{name}]", of[displayed], text)
    ratio = of["maxLimitRequestRatio"]
    if ratio is not None:
        _check_ratio(errors, f"{field}.maxLimitRequestRatio[{name}]", ratio, of)
    limit, request = of.get("default"), of.get("defaultRequest")
    if not is_overcommitted(name) and limit and request and parse_quantity(limit) != parse_quantity(request):
        text = f"default value {limit} must equal to defaultRequest value {request} in {name}"
        errors.invalid(f"{field}.defaultRequest[{name}]", request, text)


def _check_ratio(errors: ErrorList, field: str, ratio: str, of: Mapping[str, str | None]) -> None:
    if parse_quantity(ratio) < 1:
        errors.invalid(field, ratio, f"ratio {ratio} is less than 1")
    low, high = of["min"], of["max"]
    if low and high and parse_quantity(low):
        most = Fraction(parse_quantity(high)) / Fraction(parse_quantity(low))
        if parse_quantity(ratio) > most:
            errors.invalid(field, ratio, f"ratio {ratio} is greater than max/min = {float(most):f}")


def check_resources(errors: ErrorList, field: str, resources: Mapping[str, Any]) -> None:
    """The resources of a container: requests within limits, and equal to them if not overcommitted."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, amount in limits.items():
        _container_resource_name(errors, f"{field}.limits[{name}]", name)
        _amount(errors, f"{field}.limits[{name}]", name, amount)
    for name, amount in requests.items():
        _container_resource_name(errors, f"{field}.requests[{name}]", name)
        _amount(errors, f"{field}.requests[{name}]", name, amount)
        limit = limits.get(name)
        if limit is None:
            if not is_overcommitted(name):
                errors.required(f"{field}.limits", "Limit must be set for non overcommitable resources")
            continue
        asked, most = parse_quantity(amount), parse_quantity(limit)
        if asked != most and not is_overcommitted(name):
            errors.invalid(f"{field}.requests", amount, f"must be equal to {name} limit of {limit}")
        elif asked > most:
            errors.invalid(f"{field}.requests", amount, f"must be less than or equal to {name} limit of {limit}")
    names = {*limits, *requests}
    if any(name.startswith("hugepages-") for name in names) and not names & {"cpu", "memory"}:
        errors.forbidden(field, "HugePages require cpu or memory")

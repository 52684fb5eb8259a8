"""Validation of what an admission policy or its binding matches: rules and selectors.

Source: pkg/apis/admissionregistration/validation/validation.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.validation import path_segment
from tenantkit.sandbox.apis.validation.metadata import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_POLICIES = ("Equivalent", "Exact")


def check_match_resources(errors: ErrorList, field: str, match: Manifest) -> None:
    """The `matchConstraints` of a policy, or the `matchResources` of a binding."""
    if match.get("matchPolicy") not in _POLICIES:
        errors.unsupported(f"{field}.matchPolicy", match.get("matchPolicy"), _POLICIES)
    for name in ("namespaceSelector", "objectSelector"):
        check_selector(errors, f"{field}.{name}", match.get(name) or {})
    for name in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(match.get(name) or []):
            _check_rule(errors, f"{field}.{name}[{index}]", rule)


def _check_rule(errors: ErrorList, field: str, rule: Manifest) -> None:
    _check_names(errors, f"{field}.resourceNames", rule.get("resourceNames") or [])
    operations = rule.get("operations") or []
    if not operations:
        errors.required(f"{field}.operations")
    _check_wildcard(errors, f"{field}.operations", operations, "operations")
    for index, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            errors.unsupported(f"{field}.operations[{index}]", operation, _OPERATIONS)
    for name, what in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(name) or []
        if not values:
            errors.required(f"{field}.{name}")
        _check_wildcard(errors, f"{field}.{name}", values, what)
    for index, version in enumerate(rule.get("apiVersions") or []):
        if not version:
            errors.required(f"{field}.apiVersions[{index}]")
    _check_resources(errors, f"{field}.resources", rule.get("resources") or [])
    if rule.get("scope") not in (None, *_SCOPES):
        errors.unsupported(f"{field}.scope", rule["scope"], _SCOPES)


def _check_names(errors: ErrorList, field: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        errors.all_of(f"{field}[{index}]", name, path_segment(name))
        if name in names[:index]:
            errors.duplicate(f"{field}[{index}]", name)


def _check_wildcard(errors: ErrorList, field: str, values: list[str], what: str) -> None:
    if len(values) > 1 and "*" in values:
        errors.invalid(field, values, f"if '*' is present, must not specify other {what}")


def _check_resources(errors: ErrorList, field: str, resources: list[str]) -> None:
    if not resources:
        errors.required(field)
    any_subresource, any_resource, is_plain = set[str](), set[str](), False
    for index, item in enumerate(resources):
        if not item:
            errors.required(f"{field}[{index}]")
            continue
        resource, slash, subresource = item.partition("/")
        if not slash:
            is_plain = item != "*"
            continue
        if resource in any_subresource:
            errors.invalid(f"{field}[{index}]", item, f"if '{resource}/*' is present, must not specify {item}")
        if subresource in any_resource:
            errors.invalid(f"{field}[{index}]", item, f"if '*/{subresource}' is present, must not specify {item}")
        any_subresource |= {resource} if subresource == "*" else set()
        any_resource |= {subresource} if resource == "*" else set()
    if len(resources) > 1 and "*/*" in resources:
        errors.invalid(field, resources, "if '*/*' is present, must not specify other resources")
    if "*" in resources and is_plain:
        why = "if '*' is present, must not specify other resources without subresources"
        errors.invalid(field, resources, why)

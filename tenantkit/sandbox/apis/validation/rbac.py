"""Validation of roles and role bindings.

Source: pkg/apis/rbac/validation; page "Using RBAC Authorization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import dns_subdomain, path_segment
from tenantkit.sandbox.apis.validation.metadata import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("ServiceAccount", "User", "Group")


def check_role(errors: ErrorList, role: Manifest) -> None:
    """A Role or ClusterRole."""
    for index, rule in enumerate(role.get("rules") or []):
        _check_rule(errors, f"rules[{index}]", rule, namespaced=role["kind"] == "Role")
    if role.get("aggregationRule") is not None:
        _check_aggregation(errors, role["aggregationRule"].get("clusterRoleSelectors") or [])
    for index, rule in enumerate(role.get("rules") or []):  # the server checks these last, by declarative validation
        if not rule.get("verbs"):
            errors.required(f"rules[{index}].verbs")


def _check_rule(errors: ErrorList, field: str, rule: Manifest, *, namespaced: bool) -> None:
    urls = rule.get("nonResourceURLs") or []
    if urls:
        if namespaced:
            text = "namespaced rules cannot apply to non-resource URLs"
            errors.invalid(f"{field}.nonResourceURLs", urls, text)
        if any(rule.get(part) for part in ("apiGroups", "resources", "resourceNames")):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            errors.invalid(f"{field}.nonResourceURLs", urls, text)
        return
    if not rule.get("apiGroups"):
        errors.required(f"{field}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        errors.required(f"{field}.resources", "resource rules must supply at least one resource")


def _check_aggregation(errors: ErrorList, selectors: list[Manifest]) -> None:
    field = "aggregationRule.clusterRoleSelectors"
    if not selectors:
        errors.required(field, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for index, selector in enumerate(selectors):
        before = len(errors)
        check_selector(errors, f"{field}[{index}]", selector)
        if len(errors) > before:
            errors.invalid(f"{field}[{index}]", None, "invalid label selector.")


def check_binding(errors: ErrorList, binding: Manifest, old: Manifest | None) -> None:
    """A RoleBinding or ClusterRoleBinding."""
    role, namespaced = binding.get("roleRef") or {}, binding["kind"] == "RoleBinding"
    if role.get("apiGroup", "") != _GROUP:
        errors.unsupported("roleRef.apiGroup", role.get("apiGroup", ""), (_GROUP,))
    errors.one_of("roleRef.kind", role.get("kind", ""), ("Role", "ClusterRole") if namespaced else ("ClusterRole",))
    if not role.get("name"):
        errors.required("roleRef.name")
    else:
        errors.all_of("roleRef.name", role["name"], path_segment(role["name"]))
    for index, subject in enumerate(binding.get("subjects") or []):
        _check_subject(errors, f"subjects[{index}]", subject, namespaced=namespaced)
    for index, subject in enumerate(binding.get("subjects") or []):  # by declarative validation, as above
        if not subject.get("name"):
            errors.required(f"subjects[{index}].name")
    if old is not None and role != old.get("roleRef"):
        given = {
            name: role.get(key, "") for name, key in (("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name"))
        }
        errors.invalid("roleRef", given, IMMUTABLE)


def _check_subject(errors: ErrorList, field: str, subject: Manifest, *, namespaced: bool) -> None:
    name, kind, group = subject.get("name", ""), subject.get("kind", ""), subject.get("apiGroup", "")
    if kind == "ServiceAccount":
        if name:
            errors.all_of(f"{field}.name", name, dns_subdomain(name))
        if group:
            errors.unsupported(f"{field}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            errors.required(f"{field}.namespace")
    elif kind in _SUBJECTS:
        if group != _GROUP:
            errors.unsupported(f"{field}.apiGroup", group, (_GROUP,))
    else:
        errors.unsupported(f"{field}.kind", kind, _SUBJECTS)

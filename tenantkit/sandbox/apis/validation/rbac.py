"""What roles and their bindings may say.

Source: pkg/apis/rbac/validation; page "Using RBAC Authorization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import dns_subdomain, path_segment
from tenantkit.sandbox.apis.validation.networking import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("ServiceAccount", "User", "Group")


def check_role(problems: ErrorList, role: Manifest) -> None:
    """A Role or ClusterRole."""
    for index, rule in enumerate(role.get("rules") or []):
        _check_rule(problems, f"rules[{index}]", rule, namespaced=role["kind"] == "Role")
    if role.get("aggregationRule") is not None:
        _check_aggregation(problems, role["aggregationRule"].get("clusterRoleSelectors") or [])
    for index, rule in enumerate(role.get("rules") or []):  # these are checked by declarations, after all else
        if not rule.get("verbs"):
            problems.required(f"rules[{index}].verbs")


def _check_rule(problems: ErrorList, field: str, rule: Manifest, *, namespaced: bool) -> None:
    urls = rule.get("nonResourceURLs") or []
    if urls:
        if namespaced:
            text = "namespaced rules cannot apply to non-resource URLs"
            problems.invalid(f"{field}.nonResourceURLs", urls, text)
        if any(rule.get(part) for part in ("apiGroups", "resources", "resourceNames")):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            problems.invalid(f"{field}.nonResourceURLs", urls, text)
        return
    if not rule.get("apiGroups"):
        problems.required(f"{field}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        problems.required(f"{field}.resources", "resource rules must supply at least one resource")


def _check_aggregation(problems: ErrorList, selectors: list[Manifest]) -> None:
    field = "aggregationRule.clusterRoleSelectors"
    if not selectors:
        problems.required(field, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for index, selector in enumerate(selectors):
        before = len(problems)
        check_selector(problems, f"{field}[{index}]", selector)
        if len(problems) > before:
            problems.invalid(f"{field}[{index}]", None, "invalid label selector.")


def check_binding(problems: ErrorList, binding: Manifest, old: Manifest | None) -> None:
    """A RoleBinding or ClusterRoleBinding."""
    role, namespaced = binding.get("roleRef") or {}, binding["kind"] == "RoleBinding"
    if role.get("apiGroup", "") != _GROUP:
        problems.unsupported("roleRef.apiGroup", role.get("apiGroup", ""), (_GROUP,))
    problems.one_of("roleRef.kind", role.get("kind", ""), ("Role", "ClusterRole") if namespaced else ("ClusterRole",))
    if not role.get("name"):
        problems.required("roleRef.name")
    else:
        problems.all_of("roleRef.name", role["name"], path_segment(role["name"]))
    for index, subject in enumerate(binding.get("subjects") or []):
        _check_subject(problems, f"subjects[{index}]", subject, namespaced=namespaced)
    for index, subject in enumerate(binding.get("subjects") or []):  # by declarations, as above
        if not subject.get("name"):
            problems.required(f"subjects[{index}].name")
    if old is not None and role != old.get("roleRef"):
        given = {
            name: role.get(key, "") for name, key in (("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name"))
        }
        problems.invalid("roleRef", given, IMMUTABLE)


def _check_subject(problems: ErrorList, field: str, subject: Manifest, *, namespaced: bool) -> None:
    name, kind, group = subject.get("name", ""), subject.get("kind", ""), subject.get("apiGroup", "")
    if kind == "ServiceAccount":
        if name:
            problems.all_of(f"{field}.name", name, dns_subdomain(name))
        if group:
            problems.unsupported(f"{field}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            problems.required(f"{field}.namespace")
    elif kind in _SUBJECTS:
        if group != _GROUP:
            problems.unsupported(f"{field}.apiGroup", group, (_GROUP,))
    else:
        problems.unsupported(f"{field}.kind", kind, _SUBJECTS)

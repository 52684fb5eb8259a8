"""What RBAC rules allow, and whether rules include others.

Source: page "Using RBAC Authorization"; k8s.io/kubernetes pkg/apis/rbac/v1/evaluation_helpers.go, 1.37.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.rules.manifest import Manifest


def covers(rule: Manifest, other: Manifest) -> bool:
    """Whether a rule allows all that `other` does, which has at most one verb, resource, name or path.

    Example:
        >>> covers(
        ...     {"apiGroups": [""], "resources": ["*"], "verbs": ["get"]},
        ...     {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        ... )
        True
    """
    resources = rule.get("resources") or ()
    names, other_names = rule.get("resourceNames"), other.get("resourceNames") or ()
    return (
        all(has(rule.get("verbs"), verb) for verb in other["verbs"])
        and all(has(rule.get("apiGroups"), group) for group in other.get("apiGroups") or ())
        and all(has_resource(resources, item) for item in other.get("resources") or ())
        and (not names or (bool(other_names) and set(other_names) <= set(names)))
        and all(
            any(path_covers(path, item) for path in rule.get("nonResourceURLs") or ())
            for item in other.get("nonResourceURLs") or ()
        )
    )


def single_rules(rules: Iterable[Manifest]) -> Iterator[Manifest]:
    """The rules split into rules of one verb, one resource and at most one name, or one verb and one path."""
    for rule in rules:
        groups, resources, verbs = (rule.get(field) or () for field in ("apiGroups", "resources", "verbs"))
        for group, resource, verb, name in product(groups, resources, verbs, rule.get("resourceNames") or (None,)):
            single: Manifest = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
            yield single if name is None else single | {"resourceNames": [name]}
        for path, verb in product(rule.get("nonResourceURLs") or (), verbs):
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def allows_some(rules: Iterable[Manifest], verb: str, group: str, resource: str) -> bool:
    """Whether rules allow a verb on a resource, for all objects or for some by name.

    Args:
        rules: of roles.
        verb: `get`, `create`, `bind`, …
        group: the API group; empty for the core group.
        resource: with its subresource: `pods/exec`.

    Example:
        >>> allows_some([{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}], "create", "", "pods/exec")
        True
    """
    return any(
        has(rule.get("verbs"), verb)
        and has(rule.get("apiGroups"), group)
        and has_resource(rule.get("resources") or (), resource)
        for rule in rules
    )


def beyond(rules: Iterable[Manifest], others: Sequence[Manifest]) -> Iterator[Manifest]:
    """What rules allow that `others` do not, as single rules."""
    for single in single_rules(rules):
        if not any(covers(rule, single) for rule in others):
            yield single


def has(values: Sequence[str] | None, value: str) -> bool:
    """Whether a rule's field names a value, or all."""
    return values is not None and (value in values or "*" in values)


def has_resource(resources: Sequence[str], resource: str) -> bool:
    """Whether a rule names a resource: by itself, by `*`, or a subresource by `*/scale`."""
    return has(resources, resource) or ("/" in resource and f"*/{resource.partition('/')[2]}" in resources)


def path_covers(pattern: str, path: str) -> bool:
    """Whether a non-resource URL is in a pattern, which may end in `*`."""
    return pattern == path or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))

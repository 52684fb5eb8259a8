"""The index of tenants: one review of your own rules in one namespace answers which tenants are yours.

For each tenant, that namespace has a Role with the one rule `get` of `tenants.tenantkit.dev`, with the tenant's name
and its namespace as resource names, and a RoleBinding of the same name to the tenant's members. The server evaluates
users, groups and service accounts; nobody may list the namespace, so nobody learns of others' tenants. The resource
need not exist, as RBAC compares texts, so the rule grants nothing else. Rejected alternatives: a list in a ConfigMap,
which shows all tenants to all; labels on namespaces, which members may not list.

Source: page "Authorization", section "Checking API access" (SelfSubjectRulesReview); page "Using RBAC Authorization",
section "Referring to resources".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.rules.names import is_dns_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tenantkit.rules.manifest import Manifest

INDEX_NAMESPACE = "tenantkit-index"
INDEX_GROUP = "tenantkit.dev"
INDEX_RESOURCE = "tenants"

_VERB = "get"
_MARKER = "_index"  # no DNS label, so that no tenant has this name
_NAME_AND_NAMESPACE = 2


@dataclass(frozen=True, slots=True, order=True)
class IndexedTenant:
    """A tenant of the index.

    Args:
        name: the tenant's.
        namespace: its namespace.
    """

    name: str
    namespace: str


def role_name(tenant: str) -> str:
    """The name of a tenant's Role and RoleBinding in the index, for all its members."""
    return f"tenant-{tenant}"


def owners_role_name(tenant: str) -> str:
    """The name of the Role and RoleBinding by which a tenant's owners keep its members in the index."""
    return f"owners-{tenant}"


def index_rule(tenant: str, namespace: str) -> Manifest:
    """The rule of a tenant's Role in the index: first the tenant's name, last its namespace.

    Example:
        >>> index_rule("vision", "team-vision")["resourceNames"]
        ['vision', 'team-vision']
    """
    return {
        "apiGroups": [INDEX_GROUP],
        "resources": [INDEX_RESOURCE],
        "verbs": [_VERB],
        "resourceNames": list(dict.fromkeys((tenant, namespace))),
    }


def marker_rule() -> Manifest:
    """The rule that everybody has in the index, by which a review there tells an index without one's name from none."""
    return {
        "apiGroups": [INDEX_GROUP],
        "resources": [INDEX_RESOURCE],
        "verbs": [_VERB],
        "resourceNames": [_MARKER],
    }


def has_marker(rules: Iterable[Mapping[str, object]]) -> bool:
    """Whether a user's rules in the index say that the platform keeps one."""
    marker = marker_rule()
    return any(all(rule.get(key) == value for key, value in marker.items()) for rule in rules)


def tenants_in(rules: Iterable[Mapping[str, object]]) -> tuple[IndexedTenant, ...]:
    """The tenants that a user's rules in the index name, sorted and each once.

    A rule for all tenants, such as a provisioner's, names none; neither does one that `index_rule` could not make.

    Args:
        rules: `status.resourceRules` of a SelfSubjectRulesReview, or a Role's rules.

    Example:
        >>> tenants_in([index_rule("vision", "team-vision")])
        (IndexedTenant(name='vision', namespace='team-vision'),)
    """
    return tuple(sorted({tenant for rule in rules for tenant in _tenants_of(rule)}))


def owned_in(rules: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """The names of the tenants of which a user's rules in the index say that they are an owner, sorted.

    While a tenant is frozen read-only, its owners do not have this rule.

    Args:
        rules: `status.resourceRules` of a SelfSubjectRulesReview.

    Example:
        >>> rule = {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"]}
        >>> owned_in([rule | {"verbs": ["update", "patch"], "resourceNames": ["tenant-vision"]}])
        ('vision',)
    """
    prefix = role_name("")
    names = (name for rule in rules for name in _changeable_bindings(rule))
    return tuple(sorted({name.removeprefix(prefix) for name in names if name.startswith(prefix)}))


def _changeable_bindings(rule: Mapping[str, object]) -> Iterator[str]:
    verbs, names = rule.get("verbs"), rule.get("resourceNames")
    if rule.get("resources") == ["rolebindings"] and isinstance(verbs, list) and isinstance(names, list):
        yield from (str(name) for name in names if "update" in verbs)


def _tenants_of(rule: Mapping[str, object]) -> Iterator[IndexedTenant]:
    if rule.get("apiGroups") != [INDEX_GROUP] or rule.get("resources") != [INDEX_RESOURCE]:
        return
    names = rule.get("resourceNames")
    if rule.get("verbs") != [_VERB] or not isinstance(names, list) or not 1 <= len(names) <= _NAME_AND_NAMESPACE:
        return
    if all(isinstance(name, str) and is_dns_label(name) for name in names):
        yield IndexedTenant(names[0], names[-1])

"""The rules of roles, with those that aggregated ClusterRoles collect.

A controller copies collected rules into an aggregated role. Here they are collected again, so that a ClusterRole which
was labelled a moment ago counts.

Source: page "Using RBAC Authorization", section "Aggregated ClusterRoles".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.selectors.label_selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.rules.manifest import Manifest

Rules = tuple["Manifest", ...]


class RoleIndex:
    """The rules of all roles that could be read.

    Args:
        cluster_roles: all ClusterRoles.
        roles: Roles, of any namespaces.

    Example:
        >>> reader = {
        ...     "metadata": {"name": "reader"},
        ...     "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
        ... }
        >>> RoleIndex([reader], []).rules_of({"kind": "ClusterRole", "name": "reader"}, "vision")[0]["verbs"]
        ['get']
    """

    def __init__(self, cluster_roles: Iterable[Manifest], roles: Iterable[Manifest]) -> None:
        self._cluster_roles = {str(role["metadata"]["name"]): role for role in cluster_roles}
        self._roles = {(str(it["metadata"].get("namespace")), str(it["metadata"]["name"])): it for it in roles}
        self._known: dict[str, Rules] = {}

    def rules_of(self, role_ref: Manifest, namespace: str) -> Rules | None:
        """The rules of the role that a binding names; None if there is no such role, so that it grants nothing.

        Args:
            role_ref: of the binding.
            namespace: of the binding; empty for a ClusterRoleBinding.
        """
        name = str(role_ref.get("name"))
        if role_ref.get("kind") == "Role":
            role = self._roles.get((namespace, name))
            return None if role is None else _own_rules(role)
        return self.cluster_rules(name)

    def cluster_rules(self, name: str) -> Rules | None:
        """The rules of a ClusterRole, with the collected ones; None if it does not exist."""
        role = self._cluster_roles.get(name)
        if role is None:
            return None
        if name not in self._known:
            collected = [rule for each in self.collected_by(role) for rule in _own_rules(each)]
            own = list(_own_rules(role))
            self._known[name] = (*own, *(rule for rule in collected if rule not in own))
        return self._known[name]

    def collected_by(self, role: Manifest) -> Iterator[Manifest]:
        """The ClusterRoles whose rules an aggregated role collects."""
        for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
            matches = label_selector_of(selector).matches
            for other in self._cluster_roles.values():
                if other is not role and matches(other["metadata"].get("labels") or {}):
                    yield other


def _own_rules(role: Manifest) -> Rules:
    return tuple(role.get("rules") or ())

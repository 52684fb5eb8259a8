"""Aggregated ClusterRoles: their rules are those of all ClusterRoles that their selectors match.

Source: page "Using RBAC Authorization", section "Aggregated ClusterRoles"; pkg/controller/clusterroleaggregation, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

_CLUSTER_ROLES = find("rbac.authorization.k8s.io", "v1", "clusterroles")
_ACCOUNT = "clusterrole-aggregation-controller"


class ClusterRoleAggregationController:
    """Writes the rules; keys are names of aggregated ClusterRoles."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, _ACCOUNT, manager=_ACCOUNT)

    def keys(self, event: Event) -> Iterable[str]:
        """All aggregated roles: any ClusterRole may be one of theirs."""
        if event.resource is not _CLUSTER_ROLES:
            return ()
        return [role["metadata"]["name"] for role in self._store.list(_CLUSTER_ROLES) if role.get("aggregationRule")]

    def sync(self, key: str) -> None:
        """Write the rules of one role."""
        role = self._store.get(_CLUSTER_ROLES, key)
        if role is None or not role.get("aggregationRule"):
            return
        rules: list[Manifest] = []
        for rule in self._collected(role):
            if rule not in rules:
                rules.append(rule)
        if rules != (role.get("rules") or []):
            self._client.apply(_CLUSTER_ROLES, role, rules=rules)

    def _collected(self, role: Manifest) -> Iterator[Manifest]:
        own = role["metadata"]["name"]
        others = [other for other in self._store.list(_CLUSTER_ROLES) if other["metadata"]["name"] != own]
        for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
            wanted = label_selector_of(selector)
            for other in sorted(others, key=lambda it: str(it["metadata"]["name"])):
                if wanted.matches(other["metadata"].get("labels")):
                    yield from other.get("rules") or ()

"""The ClusterRoles: of provisioners, and of a tenant's owners, editors and viewers.

The three roles of tenants are aggregated: each collects, by label, the rules of other ClusterRoles: ours
(`tenantkit-viewer-base`), those of the platform's settings (`tenantkit-roles-ray-viewer`), and those that an
administrator labels. Their own `rules` are written by a controller, so that neither an installation nor an upgrade
conflicts with what somebody has added. The rules that they collect are in `tenantkit.manifests.role_rules`.
Source: page "Using RBAC Authorization", section "Aggregated ClusterRoles".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.access import RBAC_GROUP
from tenantkit.manifests.labels import AGGREGATE_LABEL, own_labels
from tenantkit.manifests.role_rules import GRANTS, PROVISIONER_GRANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.people import Role
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.role_rules import RoleRule

PROVISIONER_ROLE = "tenantkit-provisioner"
# a role has the rules of those before it
_ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")


def make_roles(platform: Platform) -> list[Manifest]:
    """Every ClusterRole of the platform; those that others collect come first.

    Args:
        platform: the settings, whose `roles` and `device_classes` add rules.
    """
    collected = [_collected(f"tenantkit-{role}-base", role, _rules_of(role)) for role in _ROLES]
    for added in platform.role_rules:
        collected += [
            _collected(f"tenantkit-roles-{added.name}-{role}", role, list(map(_rule, getattr(added, role))))
            for role in _ROLES
            if getattr(added, role)
        ]
    provisioner = _cluster_role(PROVISIONER_ROLE, rules=[grant.rule for grant in PROVISIONER_GRANTS])
    return [*collected, *(_aggregated(role) for role in _ROLES), provisioner]


def rules_by_role(platform: Platform) -> dict[Role, list[Manifest]]:
    """The rules that each role of tenants has once they are collected, without those that others add by label."""
    own: Mapping[Role, list[Manifest]] = {
        role: [*_rules_of(role), *(_rule(rule) for added in platform.role_rules for rule in getattr(added, role))]
        for role in _ROLES
    }
    return {role: [rule for before in _ROLES[: place + 1] for rule in own[before]] for place, role in enumerate(_ROLES)}


def created_kinds(platform: Platform) -> list[str]:
    """The kinds of which tenants may create objects, as quotas count them: `pods`, `deployments.apps`."""
    return list(dict.fromkeys(_created(rules_by_role(platform)["owner"])))


def _created(rules: Iterable[Manifest]) -> Iterator[str]:
    for rule in rules:
        if "create" in rule["verbs"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    if "/" not in resource:
                        yield f"{resource}.{group}" if group else resource


def _rules_of(role: Role) -> list[Manifest]:
    return [grant.rule for grant in GRANTS[role]]


def _rule(rule: RoleRule) -> Manifest:
    made: Manifest = {
        "apiGroups": list(rule.api_groups),
        "resources": list(rule.resources),
        "verbs": list(rule.verbs),
    }
    return made | {"resourceNames": list(rule.resource_names)} if rule.resource_names else made


def _collected(name: str, role: Role, rules: Sequence[Manifest]) -> Manifest:
    """A ClusterRole whose rules this role has, and those that have more."""
    labels = {f"{AGGREGATE_LABEL}{more}": "true" for more in _ROLES[_ROLES.index(role) :]}
    return _cluster_role(name, labels=labels, rules=list(rules))


def _aggregated(role: Role) -> Manifest:
    """A ClusterRole without rules of its own."""
    selector = {"matchLabels": {f"{AGGREGATE_LABEL}{role}": "true"}}
    return _cluster_role(f"tenantkit-{role}", aggregationRule={"clusterRoleSelectors": [selector]})


def _cluster_role(name: str, *, labels: Mapping[str, str] | None = None, **fields: object) -> Manifest:
    metadata = {"name": name, "labels": own_labels() | dict(labels or {})}
    return {"apiVersion": f"{RBAC_GROUP}/v1", "kind": "ClusterRole", "metadata": metadata, **fields}

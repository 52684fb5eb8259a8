"""The ClusterRoles of the platform, and the rules that its settings add."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.manifests.roles import created_kinds, make_roles, rules_by_role
from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.spec.platform import Platform
from tenantkit.spec.role_presets import PRESETS
from tenantkit.spec.role_rules import RoleRule, RoleRules

PLATFORM = Platform(roles=list(PRESETS), device_classes=["gpu.example.com"])
SPARK = RoleRules(
    name="spark",
    viewer=[RoleRule(api_groups=["sparkoperator.k8s.io"], resources=["sparkapplications"], verbs=["get"])],
    owner=[RoleRule(api_groups=["x.example.com"], resources=["plans"], verbs=["patch"], resource_names=["one"])],
)


def collected(platform: Platform, role: str) -> list[dict[str, Any]]:
    """The rules that the cluster's controller writes into an aggregated role."""
    roles = {made["metadata"]["name"]: made for made in make_roles(platform)}
    selectors = roles[f"tenantkit-{role}"]["aggregationRule"]["clusterRoleSelectors"]
    matching = [
        made
        for selector in selectors
        for made in roles.values()
        if label_selector_of(selector).matches(made["metadata"]["labels"])
    ]
    return [rule for made in matching for rule in made["rules"]]


@pytest.mark.parametrize("platform", [Platform(), PLATFORM], ids=["without presets", "with all presets"])
@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_an_aggregated_role_collects_its_rules_by_label_and_has_none_of_its_own(role: str, platform: Platform) -> None:
    [own] = [made for made in make_roles(platform) if made["metadata"]["name"] == f"tenantkit-{role}"]

    assert "rules" not in own
    wanted = rules_by_role(platform)
    assert sorted(map(str, collected(platform, role))) == sorted(map(str, wanted[role]))  # type: ignore[index]


def test_roles_that_others_collect_come_first_so_that_nobody_loses_a_right_for_long() -> None:
    made = make_roles(PLATFORM)

    aggregated = ["aggregationRule" in role for role in made]
    assert aggregated[: aggregated.index(True)] == [False] * aggregated.index(True)
    assert {role["metadata"]["name"] for role in made[aggregated.index(True) :]} == {
        "tenantkit-viewer",
        "tenantkit-editor",
        "tenantkit-owner",
        "tenantkit-provisioner",
    }


def test_rules_of_ones_own_become_a_role_for_each_level_that_has_any() -> None:
    made = {role["metadata"]["name"]: role for role in make_roles(Platform(roles=[SPARK]))}

    assert [name for name in made if "spark" in name] == ["tenantkit-roles-spark-viewer", "tenantkit-roles-spark-owner"]
    assert made["tenantkit-roles-spark-owner"]["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "tenantkit",
        "tenantkit.dev/aggregate-to-owner": "true",
    }
    assert made["tenantkit-roles-spark-owner"]["rules"] == [
        {"apiGroups": ["x.example.com"], "resources": ["plans"], "verbs": ["patch"], "resourceNames": ["one"]}
    ]


def test_a_role_has_no_right_twice_unless_others_add_it() -> None:
    for role, rules in rules_by_role(PLATFORM).items():
        rights = [
            (verb, group, resource)
            for rule in rules
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        ]
        assert len(rights) == len(set(rights)), role


def test_provisioners_manage_tenants_and_read_what_plans_and_audits_need() -> None:
    [role] = [made for made in make_roles(Platform()) if made["metadata"]["name"] == "tenantkit-provisioner"]
    rights = {
        (verb, group, resource)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }

    assert ("manage", "tenantkit.dev", "tenants") in rights
    for resource in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        assert {verb for verb, _, it in rights if it == resource} == {"get", "list", "watch"}
    assert not [right for right in rights if right[2].startswith(("secrets", "serviceaccounts/token", "pods/exec"))]


def test_the_kinds_that_tenants_may_create_include_those_of_presets() -> None:
    kinds = created_kinds(PLATFORM)

    assert {
        "pods",
        "deployments.apps",
        "rolebindings.rbac.authorization.k8s.io",
        "httproutes.gateway.networking.k8s.io",
    } < {*kinds}
    assert {"rayclusters.ray.io", "certificates.cert-manager.io", "resourceclaims.resource.k8s.io"} < {*kinds}
    assert "workloads.kueue.x-k8s.io" not in kinds
    assert not [kind for kind in kinds if "/" in kind]

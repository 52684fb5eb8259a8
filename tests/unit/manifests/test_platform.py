"""What `install` puts on a cluster."""

from __future__ import annotations

import json

from tenantkit.manifests.order import RANK
from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.roles import make_roles, rules_by_role
from tenantkit.spec.platform import Platform

ROLES = {f"tenantkit-{role}": rules for role, rules in rules_by_role(Platform()).items()}


def may(role: str, verb: str, group: str, resource: str) -> bool:
    return any(
        verb in rule["verbs"] and group in rule["apiGroups"] and resource in rule["resources"] for rule in ROLES[role]
    )


def test_objects_come_after_their_namespace_and_after_the_roles_they_bind() -> None:
    kinds = [made["kind"] for made in make_platform(Platform())]

    assert kinds == sorted(kinds, key=RANK.__getitem__)


def test_the_stored_platform_reads_back_as_it_was() -> None:
    platform = Platform(domain="ai.example.com", provisioners=["group:leads"], namespace_prefix="t-")
    [stored] = [made for made in make_platform(platform) if made["kind"] == "ConfigMap"]

    assert Platform.from_stored(json.loads(stored["data"]["platform.json"])) == platform


def test_provisioners_are_bound_and_nobody_when_there_are_none() -> None:
    def subjects(platform: Platform) -> object:
        [binding] = [made for made in make_platform(platform) if made["kind"] == "ClusterRoleBinding"]
        return binding.get("subjects")

    assert subjects(Platform()) is None
    assert subjects(Platform(provisioners=["group:leads"])) == [
        {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "leads"}
    ]


def test_any_signed_in_user_may_get_the_settings_and_nothing_else() -> None:
    [role] = [
        made
        for made in make_platform(Platform())
        if made["kind"] == "Role" and made["metadata"]["namespace"] == "tenantkit-system"
    ]

    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["platform"], "verbs": ["get"]}
    ]


def test_no_tenant_role_may_open_the_walls_or_mint_tokens() -> None:
    walls = [("", "resourcequotas"), ("", "limitranges"), ("", "namespaces"), ("networking.k8s.io", "networkpolicies")]
    for role in ("tenantkit-owner", "tenantkit-editor", "tenantkit-viewer"):
        for group, resource in walls:
            for verb in ("create", "update", "patch", "delete", "deletecollection"):
                assert not may(role, verb, group, resource), (role, verb, resource)
        assert not may(role, "create", "", "serviceaccounts/token")


def test_viewers_read_no_secrets_and_write_nothing() -> None:
    assert not may("tenantkit-viewer", "get", "", "secrets")
    assert {verb for rule in ROLES["tenantkit-viewer"] for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_owners_bind_the_three_tenant_roles_only() -> None:
    [rule] = [rule for rule in ROLES["tenantkit-owner"] if "bind" in rule["verbs"]]

    assert rule["resourceNames"] == ["tenantkit-owner", "tenantkit-editor", "tenantkit-viewer"]
    every = [rule for role in make_roles(Platform()) for rule in role.get("rules", ())]
    assert not any("escalate" in rule["verbs"] or "*" in rule["verbs"] for rule in every)

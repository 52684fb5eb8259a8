"""A tenant's objects in the index, compared whole."""

from __future__ import annotations

from typing import Any

from tenantkit.manifests.index import is_indexed_member, make_index, make_index_namespace, make_index_writers
from tenantkit.rules.tenant_index import IndexedTenant, tenants_in
from tenantkit.spec.people import People
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

RBAC = "rbac.authorization.k8s.io"
PLATFORM = Platform(namespace_prefix="team-")


def tenant(**fields: Any) -> Tenant:
    return Tenant(**{"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields)


def user(name: str) -> dict[str, str]:
    return {"kind": "User", "apiGroup": RBAC, "name": name}


def metadata(name: str) -> dict[str, object]:
    labels = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "vision"}
    return {"name": name, "namespace": "tenantkit-index", "labels": labels}


def role_ref(name: str) -> dict[str, str]:
    return {"apiGroup": RBAC, "kind": "Role", "name": name}


def test_members_find_the_tenant_and_owners_change_who_is_listed() -> None:
    made = make_index(tenant(editors=["sam@example.com"], viewers=["group:ml"]), PLATFORM)

    group = {"kind": "Group", "apiGroup": RBAC, "name": "ml"}
    assert made == [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "Role",
            "metadata": metadata("tenant-vision"),
            "rules": [
                {
                    "apiGroups": ["tenantkit.dev"],
                    "resources": ["tenants"],
                    "resourceNames": ["vision", "team-vision"],
                    "verbs": ["get"],
                },
                {
                    "apiGroups": [RBAC],
                    "resources": ["roles", "rolebindings"],
                    "resourceNames": ["tenant-vision", "owners-vision"],
                    "verbs": ["get"],
                },
            ],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "Role",
            "metadata": metadata("owners-vision"),
            "rules": [
                {
                    "apiGroups": [RBAC],
                    "resources": ["rolebindings"],
                    "resourceNames": ["tenant-vision"],
                    "verbs": ["update", "patch"],
                }
            ],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata("tenant-vision"),
            "roleRef": role_ref("tenant-vision"),
            "subjects": [group, user("dana@example.com"), user("sam@example.com")],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata("owners-vision"),
            "roleRef": role_ref("owners-vision"),
            "subjects": [user("dana@example.com")],
        },
    ]


def test_the_rules_of_a_tenants_role_name_it_and_its_namespace() -> None:
    [role, *_] = make_index(tenant(), PLATFORM)

    assert tenants_in(role["rules"]) == (IndexedTenant("vision", "team-vision"),)


def test_a_person_with_two_roles_is_listed_once_and_the_order_of_the_spec_does_not_matter() -> None:
    people = {"editors": ["sam@example.com", "dana@example.com"], "viewers": ["sam@example.com"]}
    platform = PLATFORM.with_(people=People(user_prefix="oidc:"))

    made = make_index(tenant(**people), platform)

    assert made[2]["subjects"] == [user("oidc:dana@example.com"), user("oidc:sam@example.com")]
    assert made == make_index(tenant(editors=["dana@example.com", "sam@example.com"], viewers=[]), platform)


def test_in_a_tenant_that_is_frozen_read_only_everybody_stays_listed_and_nobody_changes_the_list() -> None:
    made = make_index(tenant(frozen="read-only", viewers=["eve@example.com"]), PLATFORM)

    assert made[2]["subjects"] == [user("dana@example.com"), user("eve@example.com")]
    assert "subjects" not in made[3]
    assert make_index(tenant(frozen="pods"), PLATFORM) == make_index(tenant(), PLATFORM)


def test_only_the_bindings_of_members_are_changed_by_owners() -> None:
    made = [*make_index(tenant(), PLATFORM), make_index_namespace(), *make_index_writers(PLATFORM)]

    assert [it["metadata"]["name"] for it in made if is_indexed_member(it)] == ["tenant-vision"]


def test_provisioners_make_roles_in_the_index() -> None:
    role, binding = make_index_writers(Platform(provisioners=["group:leads"]))

    assert role["rules"] == [
        {"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["create", "update", "patch", "delete"]}
    ]
    assert binding["subjects"] == [{"kind": "Group", "apiGroup": RBAC, "name": "leads"}]

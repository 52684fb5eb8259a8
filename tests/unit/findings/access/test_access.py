"""What bindings give: the roles' rules with the collected ones, in few words, to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.findings.access.access import access_frame, identity_of, rights_for
from tenantkit.findings.access.bootstrap import is_default
from tenantkit.findings.access.powers import more_than_ours, powers_of
from tenantkit.findings.access.roles import RoleIndex
from tenantkit.manifests.roles import rules_by_role
from tenantkit.spec.people import People
from tenantkit.spec.platform import Platform

if TYPE_CHECKING:
    from tenantkit.findings.access.powers import Power
    from tenantkit.rules.manifest import Manifest

PLATFORM = Platform()
RBAC = "rbac.authorization.k8s.io"
READ_SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
DANA = {"kind": "User", "name": "dana@example.com"}


def cluster_role(name: str, *rules: Manifest, labels: dict[str, str] | None = None, **fields: Any) -> Manifest:
    return {"kind": "ClusterRole", "metadata": {"name": name, "labels": labels or {}}, "rules": list(rules), **fields}


def binding(role: str, subject: Manifest, namespace: str | None = None) -> Manifest:
    metadata = {"name": "x", "namespace": namespace} if namespace else {"name": "x"}
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    return {"kind": kind, "metadata": metadata, "roleRef": ref, "subjects": [subject]}


def objects(*found: Manifest) -> dict[str, list[Manifest]]:
    by_kind: dict[str, list[Manifest]] = {
        kind: [] for kind in ("RoleBinding", "ClusterRoleBinding", "Role", "ClusterRole", "Namespace")
    }
    for manifest in found:
        by_kind[manifest["kind"]].append(manifest)
    return by_kind


def rule(group: str, resource: str, *verbs: str, **fields: Any) -> Manifest:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs), **fields}


@pytest.mark.parametrize(
    ("rules", "powers"),
    [
        ([], ()),
        ([rule("", "pods", "list")], ("read",)),
        ([rule("", "secrets", "get", resourceNames=["one"])], ("secrets",)),
        ([rule("", "pods/exec", "create")], ("exec",)),
        ([rule("", "pods/ephemeralcontainers", "patch")], ("exec",)),
        ([rule(RBAC, "rolebindings", "create")], ("manage members",)),
        ([rule(RBAC, "clusterroles", "bind", resourceNames=["tenantkit-owner"])], ()),
        ([rule(RBAC, "clusterroles", "bind", resourceNames=["tenantkit-owner", "admin"])], ("bind",)),
        ([rule(RBAC, "clusterroles", "bind")], ("bind",)),
        ([rule(RBAC, "roles", "escalate")], ("escalate",)),
        ([rule("", "groups", "impersonate")], ("impersonate",)),
        ([rule("", "serviceaccounts/token", "create")], ("tokens",)),
        ([rule("networking.k8s.io", "networkpolicies", "delete")], ("walls",)),
        ([rule("tenantkit.dev", "tenants", "manage")], ("manage tenants",)),
        ([{"nonResourceURLs": ["*"], "verbs": ["*"]}], ()),
    ],
)
def test_rules_are_said_in_few_words(rules: list[Manifest], powers: tuple[Power, ...]) -> None:
    assert powers_of(rules) == powers


def test_all_rules_are_all_words() -> None:
    assert len(powers_of([rule("*", "*", "*")])) == 11


def test_a_role_has_the_rules_that_it_collects_before_a_controller_has_copied_them() -> None:
    selector = {"clusterRoleSelectors": [{"matchLabels": {"to": "viewer"}}]}
    collecting = cluster_role("viewer", aggregationRule=selector)
    added = cluster_role("more", READ_SECRETS, labels={"to": "viewer"})

    roles = RoleIndex([collecting, added, cluster_role("other", READ_SECRETS)], [])

    assert roles.cluster_rules("viewer") == (READ_SECRETS,)
    assert [role["metadata"]["name"] for role in roles.collected_by(collecting)] == ["more"]


def test_a_binding_to_a_missing_role_gives_nothing() -> None:
    [right] = rights_for(identity_of("dana@example.com", [], People()), objects(binding("none", DANA)))

    assert (right.rules, right.powers) == (None, ())


def test_a_role_of_another_namespace_is_not_taken() -> None:
    role = {"kind": "Role", "metadata": {"name": "reader", "namespace": "a"}, "rules": [READ_SECRETS]}

    assert RoleIndex([], [role]).rules_of({"kind": "Role", "name": "reader"}, "b") is None


@pytest.mark.parametrize(
    ("person", "groups", "subject"),
    [
        ("dana@example.com", [], {"kind": "User", "name": "oidc:dana@example.com"}),
        ("dana@example.com", ["ml"], {"kind": "Group", "name": "team:ml"}),
        ("group:ml", [], {"kind": "Group", "name": "team:ml"}),
        ("dana@example.com", [], {"kind": "Group", "name": "system:authenticated"}),
        ("sa:hub/jupyter", [], {"kind": "ServiceAccount", "name": "jupyter", "namespace": "hub"}),
        ("sa:hub/jupyter", [], {"kind": "User", "name": "system:serviceaccount:hub:jupyter"}),
        ("sa:hub/jupyter", [], {"kind": "Group", "name": "system:serviceaccounts:hub"}),
    ],
)
def test_a_person_has_what_they_and_their_groups_have(person: str, groups: list[str], subject: Manifest) -> None:
    who = identity_of(person, groups, People(user_prefix="oidc:", group_prefix="team:"))
    found = objects(cluster_role("reader", READ_SECRETS), binding("reader", subject, "vision"))

    assert [right.namespace for right in rights_for(who, found)] == ["vision"]


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "User", "name": "eve@example.com"},
        {"kind": "Group", "name": "dana@example.com"},
        {"kind": "Group", "name": "system:serviceaccounts"},
        {"kind": "ServiceAccount", "name": "dana@example.com", "namespace": "vision"},
    ],
)
def test_a_person_has_nothing_of_others(subject: Manifest) -> None:
    who = identity_of("dana@example.com", [], People())
    found = objects(cluster_role("reader", READ_SECRETS), binding("reader", subject, "vision"))

    assert rights_for(who, found) == []


def test_a_group_is_not_the_user_without_a_name() -> None:
    who = identity_of("group:ml", [], People())

    assert rights_for(who, objects(binding("reader", {"kind": "User", "name": ""}))) == []


def test_the_frame_has_a_row_for_each_binding_with_the_tenant() -> None:
    namespace = {"kind": "Namespace", "metadata": {"name": "vision", "labels": {"tenantkit.dev/tenant": "vision"}}}
    found = objects(cluster_role("reader", READ_SECRETS), binding("reader", DANA, "vision"), namespace)
    rights = rights_for(identity_of("dana@example.com", [], People()), found)

    [row] = access_frame(rights, found["Namespace"], PLATFORM, [None]).to_dict("records")

    assert (row["tenant"], row["role"], row["binding"]) == ("vision", "ClusterRole/reader", "RoleBinding/x")
    assert (row["secrets"], row["write"], row["more_than_ours"]) == (True, False, False)


def test_what_an_owner_has_is_not_more_than_ours_and_anything_else_is() -> None:
    owners = rules_by_role(PLATFORM)["owner"]

    assert not more_than_ours(owners, PLATFORM)
    assert more_than_ours([*owners, rule("", "nodes", "get")], PLATFORM)


@pytest.mark.parametrize(
    ("role", "subject", "is_own"),
    [
        ("cluster-admin", {"kind": "Group", "name": "system:masters"}, True),
        ("cluster-admin", {"kind": "Group", "name": "system:authenticated"}, False),
        ("system:basic-user", {"kind": "Group", "name": "system:unauthenticated"}, False),
        ("system:controller:job-controller", {"kind": "ServiceAccount", "name": "job-controller"}, False),
        (
            "system:controller:job-controller",
            {"kind": "ServiceAccount", "name": "job-controller", "namespace": "kube-system"},
            True,
        ),
        ("system:node", {"kind": "Group", "name": "system:nodes"}, False),
    ],
)
def test_kubernetes_own_bindings_are_known_by_role_and_subject(role: str, subject: Manifest, *, is_own: bool) -> None:
    assert is_default(binding(role, subject), subject) is is_own


@pytest.mark.parametrize(("person", "groups"), [("", []), (7, []), ("group:", []), ("dana@example.com", "ml")])
def test_a_wrong_person_is_refused(person: Any, groups: Any) -> None:
    with pytest.raises(InvalidSpecError):
        identity_of(person, groups, People())

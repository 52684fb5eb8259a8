"""My tenants, by one request; for users, groups and accounts, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, index_rule
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.wire import Wire

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def name(cluster: tk.Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


def tenants_of(cluster: tk.Cluster) -> set[str]:
    return set(tk.my_tenants(cluster)["tenant"])


def test_a_member_finds_their_tenant_in_one_request(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    tk.apply(cluster, tk.plan(cluster, tenant(name, viewers=["viewer@example.com"])), progress=False)
    viewer = connect_as("viewer")
    eventually(lambda: name in tenants_of(viewer))

    before = viewer.request_count
    found = tk.my_tenants(viewer)

    assert viewer.request_count - before == 1
    assert found[found["tenant"] == name].to_dict("records") == [{"tenant": name, "namespace": name, "role": "member"}]
    assert found.attrs["incomplete"] == {}
    assert name not in tenants_of(connect_as("stranger"))


def test_an_owner_finds_that_they_own_their_tenant(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    tk.apply(cluster, tk.plan(cluster, tenant(name, owners=["owner@example.com"])), progress=False)
    owner = connect_as("owner")

    def role() -> list[str]:
        found = tk.my_tenants(owner)
        return list(found[found["tenant"] == name]["role"])

    eventually(lambda: role() == ["owner"])


def test_a_stranger_is_no_member_as_long_as_the_platform_keeps_an_index(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    stranger = connect_as("stranger")
    assert name
    eventually(lambda: tk.my_tenants(stranger).attrs["incomplete"] == {})
    marker = ObjectRef(f"{RBAC}/v1", "RoleBinding", "tenantkit-index-marker", INDEX_NAMESPACE)

    cluster.delete(marker)

    eventually(lambda: "install_platform" in str(tk.my_tenants(stranger).attrs["incomplete"]))
    assert "not a member of any known tenant" in repr(tk.whoami(stranger))
    tk.install_platform(cluster, tk.get_platform(cluster), progress=False)
    eventually(lambda: tk.my_tenants(stranger).attrs["incomplete"] == {})


def test_a_mistyped_tenant_is_answered_with_the_own_tenants_and_no_others(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    tk.apply(cluster, tk.plan(cluster, tenant(name, viewers=["viewer@example.com"])), progress=False)
    viewer = connect_as("viewer")
    eventually(lambda: name in tenants_of(viewer))

    with pytest.raises(tk.exceptions.PermissionDenied) as mistyped:
        tk.pods(viewer, tenant=f"{name}x")
    with pytest.raises(tk.exceptions.PermissionDenied) as other:
        tk.get_tenant(viewer, "9-9-9")

    own = ", ".join(sorted(tenants_of(viewer)))
    assert str(mistyped.value) == f"you have no tenant '{name}x'; did you mean '{name}'? Your tenants: {own}"
    assert str(other.value) == f"you have no tenant '9-9-9'; your tenants: {own}"


def test_a_removed_member_no_longer_finds_it(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    tk.apply(cluster, tk.plan(cluster, tenant(name, viewers=["viewer@example.com"])), progress=False)
    viewer = connect_as("viewer")
    eventually(lambda: name in tenants_of(viewer))

    tk.apply(cluster, tk.plan(cluster, tenant(name, viewers=[])), progress=False)

    eventually(lambda: name not in tenants_of(viewer))


def test_a_member_without_rights_in_the_cluster_reads_all_their_tenants_and_no_others(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    with fresh_name(cluster) as second, fresh_name(cluster) as others:
        mine = [tenant(each, editors=["editor@example.com"]) for each in (name, second)]
        tk.apply(cluster, tk.plan(cluster, [*mine, tenant(others)]), progress=False)
        editor = connect_as("editor")
        eventually(lambda: {name, second} <= tenants_of(editor))
        eventually(lambda: all(editor.can("list", "ResourceQuota", namespace=each) for each in (name, second)))

        for frame in (tk.quota_usage(editor), tk.tenants(editor)):
            found = set(frame["namespace"])
            assert {name, second} <= found
            assert others not in found
            assert {name, second} <= set(frame.attrs["scope"])


def test_whoami_says_the_role_in_each_tenant(
    name: str, cluster: tk.Cluster, connect_as: Callable[[str], tk.Cluster]
) -> None:
    members = {"owners": ["owner@example.com"], "editors": ["editor@example.com"], "viewers": ["viewer@example.com"]}
    tk.apply(cluster, tk.plan(cluster, tenant(name, **members)), progress=False)

    def role_of(user: str) -> str | None:
        return {each.tenant: each.role for each in tk.whoami(connect_as(user)).tenants}.get(name)

    for user in ("owner", "editor", "viewer"):
        eventually(lambda user=user: role_of(user) == user)  # type: ignore[misc]
    assert role_of("stranger") is None
    stranger = tk.whoami(connect_as("stranger"))
    assert (stranger.is_administrator, stranger.is_provisioner, stranger.incomplete) == (False, False, ())
    admin = tk.whoami(cluster)
    assert (admin.is_administrator, admin.is_provisioner, admin.provisioners) == (True, True, ())


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        (
            {"kind": "Group", "name": "ml-vision", "apiGroup": RBAC},
            {"Impersonate-User": "eve@example.com", "Impersonate-Group": "ml-vision"},
        ),
        (
            {"kind": "ServiceAccount", "name": "notebook", "namespace": "default"},
            {"Impersonate-User": "system:serviceaccount:default:notebook"},
        ),
        ({"kind": "User", "name": "eve@example.com", "apiGroup": RBAC}, {"Impersonate-User": "eve@example.com"}),
    ],
    ids=["group", "account", "user"],
)
def test_the_server_lists_the_rules_of_a_role_with_their_resource_names(
    subject: dict[str, str], headers: dict[str, str], name: str, cluster: tk.Cluster, wire: Wire
) -> None:
    rule = index_rule(name, f"team-{name}")
    metadata = {"name": f"test-{name}", "namespace": INDEX_NAMESPACE}
    reference = {"apiGroup": RBAC, "kind": "Role", "name": metadata["name"]}
    common = {"apiVersion": f"{RBAC}/v1", "metadata": metadata}
    cluster.create({**common, "kind": "Role", "rules": [rule]})
    cluster.create({**common, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]})
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview"}

    def listed(namespace: str) -> list[object]:
        answer = wire("POST", REVIEWS, body | {"spec": {"namespace": namespace}}, headers=headers)
        assert (answer.status, answer.body["status"]["incomplete"]) == (201, False)
        return [each for each in answer.body["status"]["resourceRules"] if each.get("resourceNames")]

    eventually(lambda: rule in listed(INDEX_NAMESPACE))
    assert rule not in listed("default")
    assert [each for each in listed("no-such-namespace") if each == rule] == []
    for kind in ("RoleBinding", "Role"):
        cluster.delete(ObjectRef(f"{RBAC}/v1", kind, metadata["name"], INDEX_NAMESPACE))

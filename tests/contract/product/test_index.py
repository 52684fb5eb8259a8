"""The index of tenants: who finds which tenant by it, who keeps it, and when it changes; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants, plan_delete_tenants
from tenantkit.provision.index.read import index_refs
from tenantkit.provision.life.adopt import adopt
from tenantkit.provision.life.freeze import freeze, thaw
from tenantkit.provision.life.release import release
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.tenant_index import tenants_in
from tests.contract.namespaces import own_namespace
from tests.contract.tenants import edit, fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.tenant import Tenant
    from tests.contract.wire import Wire

EDITOR, VIEWER = "editor@example.com", "viewer@example.com"
INDEX = "tenantkit-index"
MEMBERS = ("owner", "editor", "viewer")


def wanted(name: str, **fields: Any) -> Tenant:
    return tenant(name, **({"editors": [EDITOR], "viewers": [VIEWER], "routes": []} | fields))


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, wanted(name)), progress=False)
        yield name


def found(wire: Wire) -> list[str]:
    """The names of the tenants that a user finds, in one request."""
    answer = wire("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": INDEX}})
    assert answer.body["status"]["incomplete"] is False
    return [tenant.name for tenant in tenants_in(answer.body["status"]["resourceRules"])]


def listed(cluster: Cluster, name: str) -> list[str]:
    """The members whom the index has."""
    return [it["name"] for it in cluster.get("RoleBinding", f"tenant-{name}", INDEX).get("subjects", [])]


def changed(planned: Plan) -> list[tuple[str, str, str]]:
    return [(it.action, it.ref.kind, it.ref.name) for it in planned.changes if it.action != "unchanged"]


def remove_member(cluster: Cluster, name: str, person: str) -> None:
    [binding] = [it for it in cluster.list("RoleBinding", namespace=name) if it["subjects"][0]["name"] == person]
    cluster.delete(ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", binding["metadata"]["name"], name))


def test_members_find_their_tenant_in_one_request_and_a_stranger_does_not(
    name: str, wire_as: Callable[[str], Wire]
) -> None:
    wires = [wire_as(user) for user in MEMBERS]

    eventually(lambda: all(name in found(wire) for wire in wires))
    assert name not in found(wire_as("stranger"))


@pytest.mark.parametrize("user", MEMBERS)
def test_a_members_plan_knows_all_of_the_tenant(user: str, name: str, connect_as: Callable[[str], Cluster]) -> None:
    member = connect_as(user)
    eventually(lambda: member.can("get", "RoleBinding", namespace=INDEX, name=f"tenant-{name}"))

    planned = plan(member, get_tenant(member, name))

    assert planned.summary == "18 unchanged"


def test_an_owner_enters_and_removes_members(
    name: str, cluster: Cluster, connect_as: Callable[[str], Cluster], wire_as: Callable[[str], Wire]
) -> None:
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "RoleBinding", namespace=INDEX, name=f"tenant-{name}"))

    added = apply(owner, plan(owner, wanted(name, viewers=["stranger@example.com", VIEWER])), progress=False)

    assert added.is_complete
    eventually(lambda: name in found(wire_as("stranger")))
    assert apply(owner, plan(owner, wanted(name)), progress=False).is_complete
    eventually(lambda: name not in found(wire_as("stranger")))
    assert listed(cluster, name) == [EDITOR, "owner@example.com", VIEWER]


def test_the_index_follows_the_members_whom_the_spec_leaves_as_they_are(name: str, cluster: Cluster) -> None:
    remove_member(cluster, name, VIEWER)
    left = wanted(name, editors=None, viewers=None)

    planned = plan(cluster, left)
    apply(cluster, planned, progress=False)

    assert changed(planned) == [("update", "RoleBinding", f"tenant-{name}")]
    assert listed(cluster, name) == [EDITOR, "owner@example.com"]
    assert not plan(cluster, left).has_changes


def test_a_plan_repairs_the_index(name: str, cluster: Cluster, wire: Wire) -> None:
    binding = ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", f"tenant-{name}", INDEX)
    stranger = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "stranger@example.com"}
    edit(wire, binding, {"op": "add", "path": "/subjects/-", "value": stranger})
    edit(wire, binding, {"op": "remove", "path": "/metadata/labels"})
    cluster.delete(ObjectRef("rbac.authorization.k8s.io/v1", "Role", f"owners-{name}", INDEX))

    planned = plan(cluster, wanted(name))
    apply(cluster, planned, progress=False)

    assert changed(planned) == [
        ("create", "Role", f"owners-{name}"),
        ("update", "RoleBinding", f"tenant-{name}"),
    ]
    assert listed(cluster, name) == [EDITOR, "owner@example.com", VIEWER]
    assert not plan(cluster, wanted(name)).has_changes


def test_a_hundred_plans_and_one_read_the_index_in_two_requests(name: str, cluster: Cluster) -> None:
    def requests_for(count: int) -> int:
        before = cluster.request_count
        plan(cluster, [wanted(f"{name}-{number}") for number in range(count)])
        return cluster.request_count - before

    assert requests_for(100) == requests_for(1)


def test_a_tenant_that_is_deleted_leaves_the_index(name: str, cluster: Cluster) -> None:
    planned = plan_delete_tenants(cluster, name)
    report = delete_tenants(cluster, name, confirm=name, progress=False)

    assert {row.ref for row in planned.rows if row.ref.namespace == INDEX} == set(index_refs(name))
    assert report.summary == "1 applied"
    assert indexed(cluster, name) == []


def test_a_tenant_that_is_released_leaves_the_index_and_is_entered_when_it_is_applied_again(
    name: str, cluster: Cluster
) -> None:
    apply(cluster, plan(cluster, wanted(name, protected=False)), progress=False)

    assert release(cluster, name, progress=False).summary == "6 applied"

    assert indexed(cluster, name) == []
    assert adopt(cluster, wanted(name), progress=False).summary == "2 applied"
    assert indexed(cluster, name) == []
    assert apply(cluster, plan(cluster, wanted(name)), progress=False).is_complete
    assert len(indexed(cluster, name)) == 4


def test_a_namespace_that_was_never_applied_is_released_without_an_index(cluster: Cluster) -> None:
    with fresh_name(cluster) as name, own_namespace(cluster, name):
        adopt(cluster, wanted(name), progress=False)

        assert release(cluster, name, progress=False).summary == "2 applied"


def test_in_a_read_only_tenant_members_stay_listed_and_owners_do_not_change_the_list(
    name: str, cluster: Cluster, connect_as: Callable[[str], Cluster]
) -> None:
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "RoleBinding", namespace=INDEX, name=f"tenant-{name}"))

    freeze(cluster, name, read_only=True, progress=False)

    eventually(lambda: not owner.can("patch", "RoleBinding", namespace=INDEX, name=f"tenant-{name}"))
    assert listed(cluster, name) == [EDITOR, "owner@example.com", VIEWER]
    assert not plan(cluster, get_tenant(cluster, name)).has_changes
    thaw(cluster, name, progress=False)
    eventually(lambda: owner.can("patch", "RoleBinding", namespace=INDEX, name=f"tenant-{name}"))


@pytest.mark.parametrize("user", [*MEMBERS, "stranger"])
def test_nobody_lists_the_index(user: str, name: str, connect_as: Callable[[str], Cluster]) -> None:
    member = connect_as(user)
    assert name

    for kind in ("Role", "RoleBinding", "ConfigMap"):
        with pytest.raises(PermissionDenied):
            member.list(kind, namespace=INDEX)


def indexed(cluster: Cluster, name: str) -> list[str]:
    """What the index has of a tenant."""
    selector = f"tenantkit.dev/tenant={name}"
    found = [*cluster.list("Role", label_selector=selector), *cluster.list("RoleBinding", label_selector=selector)]
    return [it["metadata"]["name"] for it in found if it["metadata"]["namespace"] == INDEX]

"""Adding members: by owners, at the same moment, to frozen tenants, and who may not; on both engines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.life.freeze import freeze, thaw
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.members import add_member, plan_add_member, remove_member
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, owners_role_name, role_name
from tests.contract.tenants import tenant, versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster


def people(cluster: Cluster, name: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The editors and viewers of a tenant."""
    found = get_tenant(cluster, name)
    return found.editors, found.viewers


def indexed(cluster: Cluster, name: str) -> set[str]:
    """Everyone who finds a tenant by the index."""
    return {it["name"] for it in cluster.get("RoleBinding", role_name(name), INDEX_NAMESPACE)["subjects"]}


def delete_indexed(cluster: Cluster, binding: str) -> None:
    """Delete a RoleBinding of the index, as somebody with kubectl may."""
    cluster.delete(ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", binding, INDEX_NAMESPACE))


def test_an_owner_adds_several_members_of_every_kind(owner: Cluster, cluster: Cluster, name: str) -> None:
    persons = ["sam@example.com", "group:ml-vision", f"sa:{name}/runner"]

    report = add_member(owner, name, persons, role="editor", progress=False)

    assert (report.summary, report.warnings) == ("4 applied", ())
    assert people(cluster, name) == (
        ("editor@example.com", "group:ml-vision", f"sa:{name}/runner", "sam@example.com"),
        ("viewer@example.com",),
    )


def test_a_member_is_a_viewer_unless_asked_otherwise(owner: Cluster, cluster: Cluster, name: str) -> None:
    add_member(owner, name, "sam@example.com", progress=False)

    assert people(cluster, name) == (("editor@example.com",), ("sam@example.com", "viewer@example.com"))


def test_adding_a_member_again_writes_nothing(owner: Cluster, cluster: Cluster, name: str) -> None:
    add_member(owner, name, "sam@example.com", progress=False)
    before = versions(cluster, name)

    assert add_member(owner, name, "sam@example.com", progress=False).summary == "2 unchanged"

    assert versions(cluster, name) == before


def test_another_role_takes_the_place_of_the_former_one(owner: Cluster, cluster: Cluster, name: str) -> None:
    planned = plan_add_member(owner, name, "viewer@example.com", role="editor")

    report = apply(owner, planned, progress=False)

    assert [(row.action, row.reason) for row in planned.rows] == [
        ("create", ""),
        ("delete", "this member gets another role"),
        ("unchanged", ""),
    ]
    assert report.summary == "2 applied, 1 unchanged"
    assert people(cluster, name) == (("editor@example.com", "viewer@example.com"), ())


def test_a_plan_of_the_whole_tenant_finds_nothing_to_do_afterwards(owner: Cluster, cluster: Cluster, name: str) -> None:
    add_member(owner, name, "sam@example.com", progress=False)

    assert not plan(cluster, tenant(name, routes=None)).has_changes


def test_owners_who_add_at_the_same_moment_keep_each_others_members(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    persons = [f"p{number}@example.com" for number in range(8)]
    start = threading.Barrier(len(persons))

    def add(person: str) -> str:
        start.wait(timeout=30)
        return add_member(owner, name, person, role="editor", progress=False).summary

    with ThreadPoolExecutor(len(persons)) as pool:
        summaries = list(pool.map(add, persons))

    assert summaries == ["2 applied"] * len(persons)
    assert indexed(cluster, name) == {"owner@example.com", "editor@example.com", "viewer@example.com", *persons}
    assert people(cluster, name) == (("editor@example.com", *persons), ("viewer@example.com",))


def test_a_plan_that_was_reviewed_keeps_whom_another_owner_added_since(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    planned = plan_add_member(owner, name, "sam@example.com")
    add_member(cluster, name, "eve@example.com", role="editor", progress=False)
    remove_member(cluster, name, "viewer@example.com", progress=False)

    assert apply(owner, planned, progress=False).summary == "2 applied"

    assert people(cluster, name) == (("editor@example.com", "eve@example.com"), ("sam@example.com",))
    assert indexed(cluster, name) == {f"{each}@example.com" for each in ("owner", "editor", "eve", "sam")}


def test_a_plan_is_stale_once_the_same_person_got_another_role(owner: Cluster, cluster: Cluster, name: str) -> None:
    planned = plan_add_member(owner, name, "sam@example.com")
    add_member(cluster, name, "sam@example.com", role="editor", progress=False)

    with pytest.raises(StalePlanError, match="changed after the plan was made, and nothing was written: plan again"):
        apply(owner, planned, progress=False)

    assert people(cluster, name) == (("editor@example.com", "sam@example.com"), ("viewer@example.com",))


@pytest.mark.parametrize("user", ["editor", "viewer"])
def test_a_user_who_is_not_an_owner_is_shown_whom_to_ask(
    user: str, request: pytest.FixtureRequest, cluster: Cluster, name: str
) -> None:
    member: Cluster = request.getfixturevalue(user)
    before = versions(cluster, name)

    with pytest.raises(PermissionDenied) as caught:
        add_member(member, name, "sam@example.com", progress=False)

    assert str(caught.value) == (
        f"you may not change the members of tenant {name!r}; nothing was written; ask an owner (owner@example.com) or "
        f"the platform team, who may change members and routes"
    )
    rows = plan_add_member(member, name, "sam@example.com").rows
    assert {(row.action, row.code) for row in rows} == {("not yours", "not-yours")}
    assert versions(cluster, name) == before


def test_a_stranger_may_not_read_the_members(connect_as: Callable[[str], Cluster], name: str) -> None:
    with pytest.raises(PermissionDenied):
        add_member(connect_as("stranger"), name, "sam@example.com", progress=False)


def test_owners_are_changed_by_the_platform_only(owner: Cluster, cluster: Cluster, name: str) -> None:
    before = versions(cluster, name)

    with pytest.raises(InvalidSpecError) as as_editor:
        add_member(owner, name, "owner@example.com", role="editor", progress=False)
    with pytest.raises(InvalidSpecError) as as_owner:
        add_member(owner, name, "sam@example.com", role="owner", progress=False)  # type: ignore[arg-type]

    assert str(as_editor.value) == (
        f"person='owner@example.com': is an owner of {name!r} by its grant: an owner may do all that an editor may; "
        "a tenant needs at least one owner"
    )
    assert str(as_owner.value) == (
        "role='owner': use 'viewer' or 'editor': owners are part of the grant: print(tk.plan(cluster, (it := "
        f'tk.get_tenant(cluster, "{name}")).with_(owners=[*it.owners, "sam@example.com"])).request) has the text that '
        "asks the platform team"
    )
    assert versions(cluster, name) == before


def test_a_member_of_a_tenant_frozen_read_only_gets_the_role_once_it_is_thawed(cluster: Cluster, name: str) -> None:
    freeze(cluster, name, read_only=True, progress=False)

    planned = plan_add_member(cluster, name, "sam@example.com", role="editor")
    apply(cluster, planned, progress=False)

    assert [str(notice) for notice in planned.notices] == [
        "it is frozen read-only: everyone has the viewer role until it is thawed, and then their own role again"
    ]
    roles = {it["subjects"][0]["name"]: it["roleRef"]["name"] for it in cluster.list("RoleBinding", namespace=name)}
    assert roles["sam@example.com"] == "tenantkit-viewer"
    assert people(cluster, name)[0] == ("editor@example.com", "sam@example.com")
    thaw(cluster, name, progress=False)
    roles = {it["subjects"][0]["name"]: it["roleRef"]["name"] for it in cluster.list("RoleBinding", namespace=name)}
    assert roles["sam@example.com"] == "tenantkit-editor"


def test_an_owner_of_a_tenant_frozen_read_only_learns_that_it_must_be_thawed(
    owner: Cluster, cluster: Cluster, name: str, eventually: Callable[..., object]
) -> None:
    freeze(cluster, name, read_only=True, progress=False)
    eventually(lambda: not owner.can("create", "RoleBinding", namespace=name))

    with pytest.raises(PermissionDenied, match="the tenant is frozen read-only: ask the platform team to thaw it"):
        add_member(owner, name, "sam@example.com", progress=False)


@pytest.mark.parametrize(
    "person",
    ["system:masters", "a@x.com, b@x.com", "<b>eve</b>", "sam@example.com\u202e", "group:", "sa:onlyname", "", 7, []],
)
def test_a_text_that_names_nobody_is_refused_before_anything_is_read(
    owner: Cluster, cluster: Cluster, name: str, person: str
) -> None:
    before = versions(cluster, name)

    with pytest.raises(InvalidSpecError, match=r"^person="):
        add_member(owner, name, person, progress=False)

    assert versions(cluster, name) == before


def test_every_wrong_person_is_named_at_once(owner: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        add_member(owner, name, ["system:masters", "sam@example.com", "@", "sam@example.com"], progress=False)

    assert [problem.value for problem in caught.value.problems] == ["system:masters", "@", "sam@example.com"]


def test_a_tenant_that_does_not_exist_is_named(cluster: Cluster, name: str) -> None:
    with pytest.raises(NotFound, match=f"there is no tenant '{name}x'; did you mean '{name}'"):
        add_member(cluster, f"{name}x", "sam@example.com", progress=False)


def test_an_owner_who_may_not_change_the_index_still_adds_members(
    owner: Cluster, cluster: Cluster, name: str, eventually: Callable[..., object]
) -> None:
    delete_indexed(cluster, owners_role_name(name))
    eventually(lambda: not owner.can("patch", "RoleBinding", namespace=INDEX_NAMESPACE, name=role_name(name)))

    report = add_member(owner, name, "sam@example.com", progress=False)

    assert (report.summary, report.is_complete) == ("1 applied, 1 pending", False)
    assert [(outcome.ref.name, str(outcome.why)) for outcome in report.pending] == [
        (role_name(name), "you may not change this: ask the platform team to plan and apply this tenant")
    ]
    assert people(cluster, name) == (("editor@example.com",), ("sam@example.com", "viewer@example.com"))


@pytest.mark.parametrize("user", ["owner", "cluster"])
def test_an_index_that_cannot_be_changed_is_a_notice_and_a_warning(
    user: str, owner: Cluster, cluster: Cluster, name: str, eventually: Callable[..., object]
) -> None:
    delete_indexed(cluster, role_name(name))
    eventually(lambda: not owner.can("get", "RoleBinding", namespace=INDEX_NAMESPACE, name=role_name(name)))
    writer = owner if user == "owner" else cluster
    expected = (
        f"RoleBinding {role_name(name)!r} in tenantkit-index is missing, or you may not read it, so it stays as it is: "
        f"until the platform team applies this tenant again with tk.plan(cluster, tenants), whoever is added may not "
        f"find the tenant by the index, and whoever is removed may stay in it"
    )

    planned = plan_add_member(writer, name, "sam@example.com")
    added = add_member(writer, name, "sam@example.com", progress=False)
    removed = remove_member(writer, name, "sam@example.com", progress=False)

    assert [(notice.code, str(notice)) for notice in planned.notices] == [("index-not-changed", expected)]
    assert [[str(warning) for warning in report.warnings] for report in (added, removed)] == [[expected], [expected]]
    assert added.summary == removed.summary == "1 applied"


def test_a_plan_is_stale_once_the_person_is_an_owner(owner: Cluster, cluster: Cluster, name: str) -> None:
    planned = plan_add_member(owner, name, "sam@example.com")
    grant = get_tenant(cluster, name).with_(owners=["owner@example.com", "sam@example.com"])
    apply(cluster, plan(cluster, grant), progress=False)

    with pytest.raises(StalePlanError, match=r"'sam@example.com': is an owner of .*nothing was written: plan again"):
        apply(owner, planned, progress=False)

    assert people(cluster, name) == (("editor@example.com",), ("viewer@example.com",))


def test_a_name_without_an_at_sign_is_said_where_all_others_have_one(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    report = add_member(owner, name, ["sam", "group:ml", f"sa:{name}/runner"], progress=False)

    assert [warning.words() for warning in report.warnings] == [
        "'sam' has no @, unlike the other members: is this the user name that tk.whoami(cluster) shows?"
    ]
    assert plan_add_member(cluster, name, "eve").notices == ()

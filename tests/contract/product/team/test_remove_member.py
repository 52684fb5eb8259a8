"""Removing members: every role at once, also of bindings that others made, and nobody else's; on both engines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import replan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team import carry_out
from tenantkit.provision.team.members import add_member, plan_remove_member, remove_member
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, role_name
from tests.contract.tenants import versions

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import Manifest


def binding(name: str, namespace: str, role: str, *users: str) -> Manifest:
    """A RoleBinding that somebody made with kubectl."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "User", "apiGroup": group, "name": user} for user in users],
    }


def names(cluster: Cluster, namespace: str) -> set[str]:
    """Everyone with a role in a namespace, or in the index."""
    found = cluster.list("RoleBinding", namespace=namespace)
    found.append(cluster.get("RoleBinding", role_name(namespace), INDEX_NAMESPACE))
    return {subject["name"] for it in found for subject in it.get("subjects") or ()}


def test_an_owner_removes_several_members_and_nobody_else(owner: Cluster, cluster: Cluster, name: str) -> None:
    add_member(owner, name, ["group:ml-vision", f"sa:{name}/runner"], role="editor", progress=False)

    report = remove_member(owner, name, ["group:ml-vision", "viewer@example.com"], progress=False)

    assert report.summary == "3 applied"
    found = get_tenant(cluster, name)
    assert (found.editors, found.viewers) == (("editor@example.com", f"sa:{name}/runner"), ())


def test_a_plan_shows_who_loses_which_role(owner: Cluster, cluster: Cluster, name: str) -> None:
    planned = plan_remove_member(owner, name, "editor@example.com")

    assert [(row.action, row.code) for row in planned.rows] == [("delete", "removed"), ("update", None)]
    assert "subjects - editor@example.com (tenantkit-editor)" in str(planned)
    assert "editor@example.com" in names(cluster, name)


def test_a_binding_that_others_made_for_one_person_goes_as_well(owner: Cluster, cluster: Cluster, name: str) -> None:
    cluster.create(binding("by-hand", name, "tenantkit-editor", "viewer@example.com"))

    report = remove_member(owner, name, "viewer@example.com", progress=False)

    assert [outcome.ref.name == "by-hand" for outcome in report.applied].count(True) == 1
    assert "viewer@example.com" not in names(cluster, name)


def test_a_report_does_not_say_that_a_role_is_lost_that_another_binding_keeps(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    cluster.create(binding("by-hand", name, "tenantkit-viewer", "viewer@example.com", "eve@example.com"))

    planned = plan_remove_member(owner, name, "viewer@example.com")
    report = remove_member(owner, name, "viewer@example.com", progress=False)

    assert not any("loses" in line for line in (*planned.headlines, *report.headlines))


def test_a_binding_that_names_others_stays_and_is_a_warning(owner: Cluster, cluster: Cluster, name: str) -> None:
    cluster.create(binding("by-hand", name, "tenantkit-viewer", "viewer@example.com", "eve@example.com"))

    report = remove_member(owner, name, "viewer@example.com", progress=False)

    [warning] = report.warnings
    assert report.summary == "2 applied"
    assert str(warning) == (
        "RoleBinding 'by-hand' still gives 'viewer@example.com' the ClusterRole 'tenantkit-viewer': tenantkit did not "
        "make it, so delete it with kubectl if nobody needs it"
    )
    assert "eve@example.com" in names(cluster, name)


def test_the_groups_of_a_tenant_are_a_warning_when_a_user_is_removed(owner: Cluster, name: str) -> None:
    add_member(owner, name, "group:ml-vision", progress=False)

    report = remove_member(owner, name, "viewer@example.com", progress=False)

    assert [str(warning) for warning in report.warnings] == [
        "whoever is in one of its groups keeps the group's role: group:ml-vision"
    ]


def test_two_owners_who_remove_one_member_at_the_same_moment_both_succeed(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    plans = [plan_remove_member(each, name, "viewer@example.com") for each in (owner, cluster)]
    start = threading.Barrier(2)

    def remove(place: int) -> bool:
        start.wait(timeout=30)
        return apply((owner, cluster)[place], plans[place], progress=False).is_complete

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(remove, range(2))) == [True, True]
    assert "viewer@example.com" not in names(cluster, name)


def test_a_name_that_nobody_has_is_refused_with_the_members(owner: Cluster, cluster: Cluster, name: str) -> None:
    before = versions(cluster, name)

    with pytest.raises(NotFound) as caught:
        remove_member(owner, name, ["viewer@example.com", "editer@example.com"], progress=False)

    assert str(caught.value) == (
        f"'editer@example.com' has no role in tenant {name!r}; nothing was written; who has a role: "
        "editor@example.com, owner@example.com, viewer@example.com"
    )
    assert versions(cluster, name) == before


def test_an_owner_of_the_grant_stays(owner: Cluster, cluster: Cluster, name: str) -> None:
    for user in (owner, cluster):
        with pytest.raises(InvalidSpecError, match=f"person='owner@example.com': is an owner of '{name}' by its grant"):
            remove_member(user, name, "owner@example.com", progress=False)

    assert "owner@example.com" in names(cluster, name)


def test_an_editor_may_remove_nobody(editor: Cluster, cluster: Cluster, name: str) -> None:
    with pytest.raises(PermissionDenied, match="you may not change the members of tenant"):
        remove_member(editor, name, "viewer@example.com", progress=False)

    assert "viewer@example.com" in names(cluster, name)


def test_who_was_removed_by_another_owner_in_between_counts_as_removed(
    owner: Cluster, cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def after_another_owner(client: ClusterApi, planned: Plan) -> Plan:
        monkeypatch.setattr(carry_out, "replan", replan)
        remove_member(cluster, name, "viewer@example.com", progress=False)
        add_member(cluster, name, "editor@example.com", progress=False)
        return replan(client, planned)

    monkeypatch.setattr(carry_out, "replan", after_another_owner)

    assert remove_member(owner, name, ["viewer@example.com", "editor@example.com"], progress=False).is_complete

    assert names(cluster, name) == {"owner@example.com"}


def test_an_unknown_person_of_a_tenant_without_members_is_named_alone(cluster: Cluster, name: str) -> None:
    for it in cluster.list("RoleBinding", namespace=name):
        cluster.delete(ref_of(it))

    with pytest.raises(NotFound) as caught:
        remove_member(cluster, name, "sam@example.com", progress=False)

    assert str(caught.value) == f"'sam@example.com' has no role in tenant {name!r}; nothing was written"

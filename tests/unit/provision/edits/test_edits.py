"""Edits against live objects: they are about the named persons and routes, and about nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.manifests.access import binding_name
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.content.members import Member
from tenantkit.provision.content.namespace import contents_of
from tenantkit.provision.content.team import team_part
from tenantkit.provision.edits.compare import compare_edit
from tenantkit.provision.edits.edit import TeamEdit, TenantState
from tenantkit.provision.live import live_state
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Gateway, Routing
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.provision.changes import PlanChange
    from tenantkit.rules.manifest import Manifest

PLATFORM = Platform()
AI, DEMO = Route(service="ai", port=80, path="/ai"), Route(service="demo", port=80, path="/demo")
VISION = Tenant(
    name="vision",
    team="cv",
    owners=["dana@example.com"],
    size="small",
    editors=["eve@example.com"],
    viewers=["group:ml-vision"],
    routes=[AI],
)


def state(tenant: Tenant = VISION, *others: Manifest, **namespace: Any) -> TenantState:
    """A tenant whose objects are as they are made, and others'."""
    made = [dict(manifest) for manifest in make_tenant(tenant, PLATFORM)]
    in_tenant = [it for it in made if it["metadata"].get("namespace", "vision") == "vision"]
    in_tenant[0] = {**in_tenant[0], "metadata": {**in_tenant[0]["metadata"], **namespace}}
    live = live_state([*in_tenant, *others])
    content = contents_of(live, ["vision"])["vision"]
    grant = tenant.with_(editors=None, viewers=None, routes=None)
    return TenantState(grant, live, content, team_part(grant, PLATFORM, content))


def shown(changes: list[PlanChange]) -> list[tuple[str, str]]:
    """Action and name of each change."""
    return [(change.action, change.ref.name) for change in changes]


def by_hand(role: str, *users: str) -> Manifest:
    """A RoleBinding that tenantkit did not make."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "by-hand", "namespace": "vision"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "User", "apiGroup": group, "name": user} for user in users],
    }


def test_an_added_member_is_the_only_change() -> None:
    edit = TeamEdit("vision", added=(Member("viewer", "sam@example.com"),), added_by="dana@example.com")

    [change] = compare_edit(edit, state(), PLATFORM)

    assert change.action == "create"
    assert change.wanted is not None
    assert change.wanted["subjects"] == [
        {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "sam@example.com"}
    ]
    assert change.wanted["metadata"]["annotations"] == {
        "tenantkit.dev/person": "sam@example.com",
        "tenantkit.dev/added-by": "dana@example.com",
    }


def test_an_editor_becomes_a_viewer_by_two_changes_the_new_role_first() -> None:
    edit = TeamEdit("vision", added=(Member("viewer", "eve@example.com"),))

    assert shown(compare_edit(edit, state(), PLATFORM)) == [
        ("create", binding_name("viewer", "eve@example.com")),
        ("delete", binding_name("editor", "eve@example.com")),
    ]


@pytest.mark.parametrize(
    ("binding", "action"),
    [
        (by_hand("tenantkit-editor", "eve@example.com"), "delete"),
        (by_hand("tenantkit-viewer", "eve@example.com", "sam@example.com"), "foreign"),
        (by_hand("view", "eve@example.com"), "foreign"),
        (by_hand("tenantkit-viewer", "sam@example.com"), None),
    ],
)
def test_what_else_binds_a_removed_person_goes_if_it_binds_nobody_else(binding: Manifest, action: str | None) -> None:
    found = shown(compare_edit(TeamEdit("vision", removed=("eve@example.com",)), state(VISION, binding), PLATFORM))

    own = ("delete", binding_name("editor", "eve@example.com"))
    assert sorted(found) == sorted([own, *([(action, "by-hand")] if action else [])])


def test_a_removed_route_is_the_only_change() -> None:
    name = AI.object_name("vision.example.ai")

    ref = ObjectRef("networking.k8s.io/v1", "Ingress", name, "vision")

    assert shown(compare_edit(TeamEdit("vision", without=(ref,)), state(), PLATFORM)) == [("delete", name)]


def test_a_route_that_is_set_again_moves_to_the_kind_of_the_platform() -> None:
    platform = Platform(routing=Routing(by="gateway", gateway=Gateway(name="edge", namespace="infra")))

    planned = compare_edit(TeamEdit("vision", routes=(AI,)), state(), platform)

    assert [(it.action, it.ref.kind) for it in planned] == [("create", "HTTPRoute"), ("delete", "Ingress")]
    assert [(it.action, it.ref.kind) for it in compare_edit(TeamEdit("vision", routes=(DEMO,)), state(), platform)] == [
        ("create", "HTTPRoute")
    ]


def test_a_route_at_a_host_that_the_grant_lacks_is_blocked() -> None:
    annotations = {"tenantkit.dev/hosts": "old.example.ai"}

    [change] = compare_edit(TeamEdit("vision", routes=(DEMO,)), state(annotations=annotations), PLATFORM)

    assert (change.action, change.rows[0].code) == ("blocked", "not-granted")


def test_nothing_is_changed_in_a_namespace_that_is_being_deleted() -> None:
    edit = TeamEdit("vision", added=(Member("viewer", "sam@example.com"),))

    [change] = compare_edit(edit, state(deletionTimestamp="2026-11-25T12:00:00Z"), PLATFORM)

    assert (change.action, change.rows[0].code) == ("blocked", "being-deleted")


def test_a_members_role_of_a_tenant_frozen_read_only_is_kept_for_later() -> None:
    edit = TeamEdit("vision", added=(Member("editor", "sam@example.com"),))

    [change] = compare_edit(edit, state(VISION.with_(frozen="read-only")), PLATFORM)

    assert change.wanted is not None
    assert change.wanted["roleRef"]["name"] == "tenantkit-viewer"


def test_the_list_of_the_index_changes_by_the_named_persons_only() -> None:
    listed = next(
        it
        for it in make_tenant(VISION, PLATFORM)
        if it["kind"] == "RoleBinding" and it["metadata"]["name"] == "tenant-vision"
    )
    now = state()
    indexed = TenantState(now.tenant, now.live, now.content, now.part, listed)
    edit = TeamEdit("vision", added=(Member("editor", "sam@example.com"),), removed=("group:ml-vision",))

    change = compare_edit(edit, indexed, PLATFORM)[-1]

    assert change.wanted is not None
    assert [it["name"] for it in change.wanted["subjects"]] == [
        "dana@example.com",
        "eve@example.com",
        "sam@example.com",
    ]

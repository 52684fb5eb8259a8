"""The index in plans and applies of the pure core: what is left out, and what two owners write at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.manifests.claims import claim_ref
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants, plan_delete_tenants
from tenantkit.provision.index.members import with_others_changes
from tenantkit.provision.index.read import index_refs, is_in_index
from tenantkit.provision.install import install_platform
from tenantkit.provision.life.release import plan_release, release
from tenantkit.provision.plan import plan
from tenantkit.provision.plans.table import entries
from tenantkit.rules.manifest import ObjectRef
from tests.unit.provision.memory import NAMESPACE, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.plans.table import Entry
    from tenantkit.rules.manifest import Manifest

MEMBERS = ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", "tenant-vision", "tenantkit-index")


@pytest.fixture
def memory() -> Memory:
    """A cluster with a platform and a tenant."""
    made = Memory()
    install_platform(made, progress=False)
    run(made, tenant())
    return made


def user(name: str) -> Manifest:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}


def binding(*names: str) -> Manifest:
    return {"kind": "RoleBinding", "subjects": [user(name) for name in names]}


def listed(memory: Memory) -> list[str]:
    return [subject["name"] for subject in memory.objects[MEMBERS]["subjects"]]


def as_applied(memory: Memory, *names: str) -> Manifest:
    """The list of members as another owner applies it."""
    live = memory.objects[MEMBERS]
    metadata = {key: live["metadata"][key] for key in ("name", "namespace", "labels")}
    kept = {key: live[key] for key in ("apiVersion", "kind", "roleRef")}
    return {**kept, "metadata": metadata, "subjects": [user(name) for name in names]}


def test_without_its_namespace_the_index_is_not_part_of_a_plan() -> None:
    memory = Memory()
    run(memory, tenant())

    assert not [ref for ref in memory.objects if is_in_index(ref)]
    assert not plan(memory, tenant()).has_changes


def test_the_index_comes_after_the_members_and_before_the_routes(memory: Memory) -> None:
    planned = plan(memory, tenant(name="speech", editors=["sam@example.com"]))

    assert [(change.ref.kind, is_in_index(change.ref)) for change in planned.changes][-6:] == [
        ("RoleBinding", False),
        *[("Role", True)] * 2,
        *[("RoleBinding", True)] * 2,
        ("Ingress", False),
    ]


def test_members_that_could_not_be_read_are_not_taken_out_of_the_index(memory: Memory) -> None:
    run(memory, tenant(editors=["sam@example.com"]))
    memory.refused = ("RoleBinding",)

    planned = plan(memory, tenant())

    assert MEMBERS not in [change.ref for change in planned.changes if change.action == "update"]


def test_what_another_owner_has_changed_meanwhile_stays() -> None:
    merged = with_others_changes(
        binding("ada", "dana"), before=binding("dana", "sam"), now=binding("dana", "eve", "sam")
    )

    assert merged == binding("ada", "dana", "eve")


def test_two_owners_who_write_at_the_same_time_both_list_their_members(memory: Memory) -> None:
    planned = plan(memory, tenant(editors=["sam@example.com"], viewers=None))

    def other(verb: str, ref: ObjectRef) -> None:
        if (verb, ref) == ("apply", MEMBERS):
            memory.on_write = lambda _verb, _ref: None
            memory.apply(as_applied(memory, "dana@example.com", "eve@example.com"))

    memory.on_write = other
    assert apply(memory, planned, progress=False).is_complete

    assert listed(memory) == ["dana@example.com", "eve@example.com", "sam@example.com"]


def test_an_owner_who_never_gets_a_turn_plans_again(memory: Memory) -> None:
    planned = plan(memory, tenant(editors=["sam@example.com"]))

    def other(verb: str, ref: ObjectRef) -> None:
        if (verb, ref) == ("apply", MEMBERS):
            memory.on_write = lambda _verb, _ref: None
            memory.apply(as_applied(memory, "dana@example.com", f"{memory.version}@example.com"))
            memory.on_write = other

    memory.on_write = other

    with pytest.raises(PartialApplyError, match="someone else changed it at the same time") as caught:
        apply(memory, planned, progress=False)

    assert [outcome.ref for outcome in caught.value.report.failed] == [MEMBERS]


def test_a_member_who_was_listed_after_the_plan_does_not_make_it_stale(memory: Memory) -> None:
    planned = plan(memory, tenant(editors=["sam@example.com"]))
    memory.patch_json(MEMBERS, [{"op": "add", "path": "/subjects/-", "value": user("eve@example.com")}])

    apply(memory, planned, progress=False)

    assert listed(memory) == ["dana@example.com", "sam@example.com"]


def test_an_entry_that_cannot_be_deleted_is_in_the_report(memory: Memory) -> None:
    def refuse(verb: str, ref: ObjectRef) -> None:
        if (verb, ref) == ("delete", MEMBERS):
            raise PermissionDenied("may not delete it", status=403, operation="delete")

    memory.on_write = refuse

    with pytest.raises(PermissionDenied, match="may not delete it"):
        delete_tenants(memory, "vision", confirm="vision", progress=False)

    assert NAMESPACE not in memory.objects
    assert [ref for ref in index_refs("vision") if ref in memory.objects] == [MEMBERS]


def test_the_plan_shows_the_index_in_few_words_and_not_as_a_loss(memory: Memory) -> None:
    memory.apply(as_applied(memory, "dana@example.com", "eve@example.com"))
    planned = plan(memory, [tenant(), tenant(name="speech", viewers=["sam@example.com"])])

    found = filter(is_index, entries(planned.changes))
    shown = [(entry.row.action, entry.row.ref.name, entry.lines) for entry in found]

    assert shown == [
        ("unchanged", "tenant-vision", ()),
        ("unchanged", "owners-vision", ()),
        ("update", "tenant-vision", ("subjects - eve@example.com",)),
        ("unchanged", "owners-vision", ()),
        ("create", "tenant-speech", ()),
        ("create", "owners-speech", ()),
        ("create", "tenant-speech", ("index dana@example.com, sam@example.com",)),
        ("create", "owners-speech", ("index dana@example.com",)),
    ]


def is_index(entry: Entry) -> bool:
    return is_in_index(entry.row.ref)


def test_a_deletion_by_somebody_who_may_not_read_the_index_says_what_stays(memory: Memory) -> None:
    memory.refused, memory.unreadable_names = ("Role", "RoleBinding"), ("tenantkit-index",)

    planned = plan_delete_tenants(memory, "vision")
    report = delete_tenants(memory, "vision", confirm="vision", progress=False)

    unknown = {row.ref for row in planned.rows if row.action == "unknown" and is_in_index(row.ref)}
    assert unknown == set(index_refs("vision"))
    assert [warning.code for warning in report.warnings] == ["not-readable"]
    assert "Roles and RoleBindings tenant-vision and owners-vision" in str(report.warnings[0].text)


def test_a_release_by_somebody_who_may_not_read_the_index_says_what_stays_and_is_done(memory: Memory) -> None:
    memory.refused, memory.unreadable_names = ("Role", "RoleBinding"), ("tenantkit-index",)

    planned = plan_release(memory, "vision")
    report = release(memory, planned, progress=False)

    others = {row.ref: row.reason for row in planned.rows if row.action == "not yours"}
    assert set(others) == set(index_refs("vision"))
    assert all("ask the platform team to delete the Roles and RoleBindings" in why for why in others.values())
    assert (report.is_done, report.is_complete) == (True, False)
    assert {outcome.ref for outcome in report.pending} == set(index_refs("vision"))
    assert [outcome.ref for outcome in report.applied] == [NAMESPACE]
    [claim] = [row for row in planned.rows if row.ref == claim_ref("vision.example.ai")]
    assert (claim.action, claim.code) == ("foreign", "stays")  # its route still answers
    assert claim.ref in memory.objects

"""Deleting tenants: the plan of it, the confirmation, refusals, and the report."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import (
    InvalidSpecError,
    NotFound,
    OwnershipError,
    PartialApplyError,
    PermissionDenied,
    StalePlanError,
    WaitTimeoutError,
)
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants, plan_delete_tenants
from tenantkit.provision.plan import plan as plan_tenants
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import NAMESPACE, OBJECTS, Memory, run, shown, tenant

if TYPE_CHECKING:
    from tenantkit.provision.report import ApplyOutcome
    from tenantkit.rules.manifest import ObjectRef

NOT_INSTALLED = ("HTTPRoute", "Gateway")
HELD = [
    {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource instances"},
    {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "example.org/hold in 1 resource instances"},
    {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All resources discovered"},
]


def delete(memory: Memory, *names: str, **options: Any) -> Any:
    return delete_tenants(memory, names, confirm=names, progress=False, **options)


def test_the_plan_lists_every_object_in_the_namespace_and_deletes_nothing() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant())
    memory.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "vision"}})
    before = dict(memory.objects)

    plan = plan_delete_tenants(memory, "vision")

    assert plan.rows[0].ref == NAMESPACE
    assert {row.ref for row in plan.rows} == set(memory.objects)
    assert {row.action for row in plan.rows} == {"delete"}
    assert {row.code for row in plan.rows[1:]} == {"in-the-namespace"}
    assert (plan.subject, [one.name for one in plan.tenants]) == ("deletion", ["vision"])
    assert plan.summary == f"{OBJECTS + 1} to delete"
    assert memory.objects == before


def test_a_tenant_that_others_delete_is_not_yours_also_beside_an_unknown_kind() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant())
    memory.rights = frozenset()
    memory.refused = ("Secret",)

    plan = plan_delete_tenants(memory, "vision")

    assert plan.headlines[0] == "vision: only the platform team may delete a tenant"
    assert {row.reason for row in plan.rows if row.action == "not yours"} == {
        "only the platform team may delete it, with everything in it",
        "deleted with the tenant, which only the platform team may delete",
    }
    assert {row.code for row in plan.rows if row.action == "not yours"} == {"not-yours", "namespace-not-applied"}
    assert plan.summary == f"1 unknown, {OBJECTS} not yours"
    with pytest.raises(PermissionDenied, match="you may not delete tenant 'vision'; nothing was deleted; only the"):
        delete(memory, "vision")


def test_the_plan_shows_a_kind_that_may_not_be_listed_as_unknown() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant())
    memory.refused = ("Secret",)

    [row] = [row for row in plan_delete_tenants(memory, "vision").rows if row.action == "unknown"]

    assert (row.ref.kind, row.ref.name, row.ref.namespace, row.code) == ("Secret", "*", "vision", "not-readable")
    assert row.reason.startswith("may not list Secret in 'vision': ")


def test_the_plan_of_a_protected_tenant_is_blocked() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant(protected=True), tenant(name="speech"))

    plan = plan_delete_tenants(memory, ["vision", "speech"])

    assert plan.summary == f"{OBJECTS} to delete, {OBJECTS} blocked"
    assert (plan.rows[0].code, plan.rows[1].code) == ("protected", "namespace-not-applied")


def test_the_plan_holds_no_object_since_a_secret_may_be_among_them() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant())
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "vision"}}
    memory.create(secret | {"stringData": {"token": "hunter2"}})

    plan = plan_delete_tenants(memory, "vision")

    assert "hunter2" not in f"{plan.changes!r}{plan}{plan.as_json()}"


def test_the_plan_of_a_deletion_is_not_applied() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant())

    with pytest.raises(InvalidSpecError) as caught:
        apply(memory, plan_delete_tenants(memory, "vision"))

    assert str(caught.value) == (
        f"plan=<Plan: vision: namespace vision is deleted with everything in it: {OBJECTS - 1} objects; {OBJECTS}…: "
        "is the plan of a deletion: "
        "to delete the tenants, use tk.delete_tenants(cluster, …, confirm=…)"
    )
    assert NAMESPACE in memory.objects


def test_a_plan_of_a_deletion_deletes_its_tenants_and_is_refused_on_another_cluster() -> None:
    memory = Memory(not_served=NOT_INSTALLED)
    run(memory, tenant(), tenant(name="speech"), tenant(name="search"))
    planned = plan_delete_tenants(memory, ["vision", "speech"])
    other = Memory(objects=dict(memory.objects), server="elsewhere")

    with pytest.raises(StalePlanError, match="the plan was made on another cluster"):
        delete_tenants(other, planned, confirm=["vision", "speech"], progress=False)
    report = delete_tenants(memory, planned, confirm=["vision", "speech"], progress=False)

    assert [outcome.tenant for outcome in report.applied] == ["vision", "speech"]
    assert {ref.namespace or ref.name for ref in memory.objects} == {"search"}
    assert NAMESPACE in other.objects


def test_another_plan_deletes_nothing() -> None:
    memory = Memory()
    run(memory, tenant())

    with pytest.raises(InvalidSpecError, match="is not the plan of a deletion: pass a name, or the result of tk"):
        delete_tenants(memory, plan_tenants(memory, tenant()), confirm="vision")
    assert NAMESPACE in memory.objects


def test_a_tenant_is_deleted_in_the_namespace_that_has_its_label() -> None:
    memory = Memory()
    run(memory, tenant(), platform=Platform(namespace_prefix="team-"))
    memory.install(Platform(namespace_prefix="other-"))

    report = delete(memory, "vision")

    assert shown(report.applied) == ["Namespace 'team-vision'"]


def test_a_tenant_with_two_namespaces_is_not_deleted() -> None:
    memory = Memory()
    run(memory, tenant(), platform=Platform(namespace_prefix="a-"))
    namespace = memory.get("Namespace", "a-vision")
    memory.create({**namespace, "metadata": {**namespace["metadata"], "name": "b-vision"}})
    memory.install(Platform(namespace_prefix="other-"))

    with pytest.raises(OwnershipError, match="tenant 'vision' has the namespaces 'a-vision', 'b-vision'"):
        delete(memory, "vision")


def test_a_deleted_tenant_is_deleted_with_everything_in_it() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))

    report = delete_tenants(memory, "vision", confirm="vision", progress=False)

    assert {ref.namespace or ref.name for ref in memory.objects} == {"speech"}
    assert shown(report.applied) == ["Namespace 'vision'"]
    assert report.is_complete


def test_several_tenants_are_deleted_and_reported_in_the_given_order() -> None:
    memory = Memory()
    names = [f"team-{number}" for number in range(20)]
    run(memory, *(tenant(name=name, routes=[]) for name in names))
    seen: list[str] = []

    report = delete(memory, *names, on_progress=lambda outcome: seen.append(outcome.ref.name))

    assert memory.objects == {}
    assert [outcome.tenant for outcome in report.applied] == names
    assert sorted(seen) == sorted(names)


@pytest.mark.parametrize(
    ("tenants", "confirm", "message"),
    [
        ("vision", "yes", "confirm='yes': repeat 'vision' to delete it with everything in it"),
        (
            ["vision", "speech"],
            ["vision"],
            "confirm=['vision']: repeat ['speech', 'vision'] to delete them with everything in them",
        ),
        ("vision", None, "confirm=None: pass the name of a tenant, or a list of names"),
        (tenant(), "vision", "tenants=Tenant("),
        (None, None, "tenants=None: pass the name of a tenant, or a list of names"),
        ([], [], "tenants=[]: pass the name of a tenant, or a list of names"),
        (["vision", "vision"], "vision", "tenants='vision': is listed more than once"),
    ],
)
def test_without_names_and_the_same_names_again_nothing_is_deleted(tenants: Any, confirm: Any, message: str) -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))

    with pytest.raises(InvalidSpecError) as caught:
        delete_tenants(memory, tenants, confirm=confirm)

    assert str(caught.value).startswith(message)
    assert NAMESPACE in memory.objects


def test_a_protected_tenant_is_not_deleted_nor_are_those_named_with_it() -> None:
    memory = Memory()
    run(memory, tenant(protected=True), tenant(name="speech"))
    before = dict(memory.objects)

    with pytest.raises(OwnershipError) as caught:
        delete(memory, "speech", "vision")

    assert str(caught.value) == ("tenant 'vision' is protected: apply with protected=False first. Nothing was deleted")
    assert caught.value.words("shell") == (
        "tenant 'vision' is protected: apply with `protected: false` first. Nothing was deleted"
    )
    assert memory.objects == before


def test_a_namespace_that_is_not_a_tenant_is_not_deleted_and_its_owner_is_named() -> None:
    memory = Memory()
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-public"}})

    message = "does not belong to tenant 'kube-public' but to someone else"
    with pytest.raises(OwnershipError, match=message):
        delete(memory, "kube-public")


def test_a_tenant_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound, match="there is no tenant 'vision'"):
        delete(Memory(), "vision")


def test_a_namespace_without_a_grant_can_be_deleted() -> None:
    memory = Memory()
    run(memory, tenant())
    del memory.objects[NAMESPACE]["metadata"]["annotations"]

    assert delete(memory, "vision").is_complete


def test_the_error_of_a_namespace_that_is_not_deleted_names_the_reason() -> None:
    memory = Memory(conditions=HELD)
    run(memory, tenant())

    with pytest.raises(WaitTimeoutError) as caught:
        delete(memory, "vision", timeout_s=0.01)

    assert str(caught.value) == (
        "namespace 'vision' is still being deleted after 0.01 s: "
        "finalizer 'example.org/hold' holds 1 object; these remain: 1 pods. "
        "What to do: the controller that set finalizer 'example.org/hold' removes it once it has cleaned up: check "
        "that it runs (removed by hand, what that controller would have cleaned up stays, inside or outside the "
        "cluster). "
        "The deletion continues by itself once that is cleaned up; no finalizer was removed"
    )


def test_a_tenant_that_may_not_be_deleted_leaves_the_others_to_be_deleted() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref == NAMESPACE:
            raise PermissionDenied("may not delete Namespace 'vision'", status=403)

    memory.on_write = refuse

    with pytest.raises(PermissionDenied):
        delete(memory, "vision")
    with pytest.raises(PartialApplyError) as caught:
        delete(memory, "vision", "speech")

    report = caught.value.report
    assert shown(report.failed) == ["Namespace 'vision': may not delete Namespace 'vision'"]
    assert shown(report.applied) == ["Namespace 'speech'"]
    assert str(caught.value) == (
        "1 applied, 1 failed. Namespace 'vision': may not delete Namespace 'vision'. "
        "Objects that were deleted stay deleted: delete again to continue (see .report)"
    )


def test_namespaces_that_are_not_deleted_in_time_are_not_ready() -> None:
    memory = Memory(conditions=HELD)
    run(memory, tenant(), tenant(name="speech"))

    with pytest.raises(PartialApplyError) as caught:
        delete(memory, "vision", "speech", timeout_s=0.01)

    assert [(outcome.tenant, outcome.code) for outcome in caught.value.report.not_ready] == [
        ("vision", "not-deleted"),
        ("speech", "not-deleted"),
    ]


def test_once_cancelled_no_deletion_is_started() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))
    cancelled = threading.Event()
    memory.on_write = lambda _verb, _ref: cancelled.set()

    with pytest.raises(PartialApplyError) as caught:
        delete(memory, "vision", "speech", cancelled=cancelled, max_concurrency=1)

    report = caught.value.report
    assert report.interrupted
    assert shown(report.not_attempted) == ["Namespace 'speech'"]
    assert {ref.namespace or ref.name for ref in memory.objects} == {"speech"}


def test_ctrl_c_ends_in_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory(conditions=HELD)
    run(memory, tenant(), tenant(name="speech"))

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenantkit.provision.delete.side_by_side", _after_one(interrupted))

    with pytest.raises(PartialApplyError) as caught:
        delete(memory, "vision", "speech")

    report = caught.value.report
    assert report.interrupted
    assert [(outcome.tenant, outcome.code) for outcome in report.not_ready] == [
        ("vision", "not-awaited"),
        ("speech", "not-awaited"),
    ]


def _after_one(then: Any) -> Any:
    """`side_by_side` for deleting the namespaces, and then something else."""
    from tenantkit.cluster.parallel import side_by_side

    calls = iter([side_by_side, then])

    def call(*given: Any, **options: Any) -> Any:
        return next(calls)(*given, **options)

    return call


def test_progress_is_reported_once_a_namespace_is_deleted() -> None:
    memory = Memory()
    run(memory, tenant())
    seen: list[ApplyOutcome] = []

    delete(memory, "vision", on_progress=seen.append)

    assert shown(tuple(seen)) == ["Namespace 'vision'"]

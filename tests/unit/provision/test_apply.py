"""Apply: its writes, their order, and its report, on a cluster in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import (
    ClusterUnavailable,
    InvalidSpecError,
    PartialApplyError,
    PermissionDenied,
    StalePlanError,
)
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.spec.platform import Platform
from tenantkit.spec.routing import Routing
from tests.unit.provision.memory import (
    NAMESPACE,
    OBJECTS,
    PLATFORM,
    QUOTA,
    Memory,
    run,
    shown,
    tenant,
    with_hard,
)

if TYPE_CHECKING:
    from tenantkit.rules.manifest import ObjectRef


POLICIES = ("default-deny", "same-namespace", "dns", "from-routing", "egress")


def test_a_tenant_is_applied_in_order_and_its_namespace_is_claimed_first() -> None:
    memory = Memory()

    report = run(memory, tenant())

    binding = next(str(ref) for ref in memory.objects if ref.kind == "RoleBinding")
    assert memory.writes == [
        "create Namespace 'vision'",
        "apply Namespace 'vision'",
        "apply ResourceQuota 'tenantkit-quota' in 'vision'",
        "apply ResourceQuota 'tenantkit-priority' in 'vision'",
        "apply LimitRange 'tenantkit-limits' in 'vision'",
        *(f"apply NetworkPolicy 'tenantkit-{name}' in 'vision'" for name in POLICIES),
        "apply ServiceAccount 'default' in 'vision'",
        "apply ServiceAccount 'workload' in 'vision'",
        f"apply {binding}",
        "apply Ingress 'ai' in 'vision'",
    ]
    assert report.summary == f"{OBJECTS} applied"
    assert report.urls == {"vision": ["http://vision.example.ai/ai-service"]}
    assert report.hostnames == {"vision": ["vision.example.ai"]}


def test_with_tls_the_urls_are_https() -> None:
    platform = Platform(routing=Routing(tls_secret="{name}-tls"))

    assert run(Memory(), tenant(), platform=platform).urls == {"vision": ["https://vision.example.ai/ai-service"]}


def test_the_same_plan_applied_again_writes_nothing() -> None:
    memory = Memory()
    planned = plan(memory, tenant(), platform=PLATFORM)
    apply(memory, planned, progress=False)
    memory.writes.clear()

    report = apply(memory, planned, progress=False)

    assert memory.writes == []
    assert report.summary == f"{OBJECTS} unchanged"
    assert report.urls == {"vision": ["http://vision.example.ai/ai-service"]}


def test_an_object_that_is_not_as_planned_makes_the_whole_plan_stale_and_nothing_is_written() -> None:
    memory = Memory()
    run(memory, tenant())
    planned = plan(memory, tenant(size="large"), platform=PLATFORM)
    memory.edit(QUOTA, with_hard(pods="7"))
    memory.writes.clear()

    with pytest.raises(StalePlanError) as caught:
        apply(memory, planned, progress=False)

    assert str(caught.value) == (
        "ResourceQuota 'tenantkit-quota' in 'vision' changed after the plan was made, and nothing was written: "
        "plan again"
    )
    assert memory.writes == []


def test_a_quota_with_a_changed_usage_is_still_as_planned() -> None:
    memory = Memory()
    run(memory, tenant())
    planned = plan(memory, tenant(size="large"), platform=PLATFORM)
    memory.objects[QUOTA]["status"]["used"] = {"pods": "3"}
    memory.objects[QUOTA]["metadata"]["resourceVersion"] = "999"

    assert apply(memory, planned, progress=False).is_complete


def test_the_default_account_that_kubernetes_creates_does_not_make_a_plan_stale() -> None:
    memory = Memory()
    planned = plan(memory, tenant(), platform=PLATFORM)
    memory.create(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "vision"}}
    )

    assert apply(memory, planned, progress=False).is_complete


def test_a_failure_stops_its_own_tenant_only() -> None:
    memory = Memory()

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if (ref.kind, ref.namespace) == ("LimitRange", "vision"):
            raise PermissionDenied("may not patch LimitRange", status=403)

    memory.on_write = refuse

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), tenant(name="speech"))

    report = caught.value.report
    assert shown(report.failed) == ["LimitRange 'tenantkit-limits' in 'vision': may not patch LimitRange"]
    assert [outcome.ref.kind for outcome in report.not_attempted] == [
        *["NetworkPolicy"] * 5,
        *["ServiceAccount"] * 2,
        "RoleBinding",
        "Ingress",
    ]
    assert report.urls == {"speech": ["http://speech.example.ai/ai-service"]}
    assert str(caught.value) == (
        f"{OBJECTS + 3} applied, 1 failed, {OBJECTS - 4} not attempted. "
        "LimitRange 'tenantkit-limits' in 'vision': may not patch LimitRange. "
        "Objects that were applied stay applied: plan and apply again to continue (see .report)"
    )
    assert caught.value.words("shell").endswith(": run the same command again to continue (see the report)")


def test_a_blocked_tenant_is_not_changed_and_the_others_are() -> None:
    memory = Memory()
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), tenant(name="speech"))

    assert {outcome.tenant for outcome in caught.value.report.failed} == {"vision"}
    assert {ref.namespace for ref in memory.objects} == {None, "speech"}
    assert memory.objects[NAMESPACE]["metadata"].get("labels") is None


def test_the_error_of_a_blocked_plan_gives_the_reason_once_and_says_that_nothing_was_written() -> None:
    memory = Memory()
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    assert str(caught.value) == (
        f"{OBJECTS} failed. Namespace 'vision': it exists and belongs to someone else (it has no label): "
        "choose another name. Nothing was written: plan and apply again once that is fixed (see .report)"
    )


def test_the_error_of_a_half_done_write_does_not_say_that_nothing_was_written() -> None:
    memory = Memory()

    def refuse(verb: str, _ref: ObjectRef) -> None:
        if verb == "apply":
            raise PermissionDenied("may not patch Namespace", status=403)

    memory.on_write = refuse

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    assert NAMESPACE in memory.objects  # claimed
    assert str(caught.value) == (
        f"1 failed, {OBJECTS - 1} not attempted. Namespace 'vision': may not patch Namespace. "
        "Nothing else was written: plan and apply again once that is fixed (see .report)"
    )


@pytest.mark.parametrize("asked", ["vision", ["vision"], {"name": "vision"}, None])
def test_a_value_that_is_not_a_tenant_is_refused(asked: Any) -> None:
    with pytest.raises(InvalidSpecError, match=r"tenants=.*: pass a Tenant, or a list of Tenants"):
        plan(Memory(), asked, platform=PLATFORM)


def test_a_value_that_is_not_a_plan_is_refused() -> None:
    with pytest.raises(
        InvalidSpecError, match=r"plan=.*: is not a plan: pass the result of tk\.plan\(cluster, tenants\)"
    ):
        apply(Memory(), tenant())  # type: ignore[arg-type]


def test_a_quota_that_is_not_counted_yet_is_waited_for_before_what_it_counts() -> None:
    memory = Memory()
    refusals = iter([PermissionDenied("ingresses.networking.k8s.io 'ai' is forbidden: status unknown for quota: q")])

    def refuse_once(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "Ingress" and (error := next(refusals, None)):
            raise error

    memory.on_write = refuse_once

    assert run(memory, tenant()).is_complete


def test_a_quota_that_never_counts_is_reported_as_not_ready() -> None:
    memory = Memory()
    planned = plan(memory, tenant(), platform=PLATFORM)
    memory.on_write = lambda _verb, ref: memory.objects[QUOTA].pop("status") if ref.kind == "LimitRange" else None

    with pytest.raises(PartialApplyError) as caught:
        apply(memory, planned, progress=False, timeout_s=0.01)

    assert shown(caught.value.report.not_ready) == [
        (
            "ResourceQuota 'tenantkit-quota' in 'vision': the quota was not counted within 0.01 s, so it is not "
            "enforced yet: check that the quota controller is running"
        )
    ]


def test_a_quota_that_cannot_be_watched_still_gives_a_report_of_everything_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise ClusterUnavailable("no answer")

    monkeypatch.setattr("tenantkit.provision.apply.wait_until_counted", gone)

    with pytest.raises(PartialApplyError) as caught:
        run(Memory(), tenant())

    assert len(caught.value.report.applied) == OBJECTS
    assert shown(caught.value.report.not_ready) == [
        (
            f"ResourceQuota 'tenantkit-{name}' in 'vision': the quota was written, but its status could not be "
            "checked: no answer"
        )
        for name in ("quota", "priority")
    ]


def test_the_second_of_two_users_who_create_a_tenant_at_once_gets_an_error() -> None:
    memory = Memory()

    def somebody_is_first(verb: str, ref: ObjectRef) -> None:
        if (verb, ref) == ("create", NAMESPACE):
            memory.on_write = lambda _verb, _ref: None
            memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE.name}})

    memory.on_write = somebody_is_first

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    assert shown(caught.value.report.failed) == [
        (
            "Namespace 'vision': someone else created it at the same time, and their change was not overwritten: "
            "plan again"
        )
    ]


def test_the_second_of_two_users_who_change_a_tenant_at_once_gets_an_error() -> None:
    memory = Memory()
    run(memory, tenant())

    def somebody_is_faster(_verb: str, ref: ObjectRef) -> None:
        if ref == NAMESPACE:
            memory.on_write = lambda _verb, _ref: None
            run(memory, tenant(owners=["eve@example.com"]), timeout_s=0)

    memory.on_write = somebody_is_faster

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(owners=["ada@example.com"]))

    assert "someone else changed it at the same time" in str(caught.value)
    assert "eve@example.com" in memory.objects[NAMESPACE]["metadata"]["annotations"]["tenantkit.dev/grant"]


def test_a_stored_spec_with_another_version_but_the_same_fields_is_written() -> None:
    memory = Memory()
    run(memory, tenant())

    def annotate(_verb: str, ref: ObjectRef) -> None:
        if ref == NAMESPACE:
            memory.on_write = lambda _verb, _ref: None
            memory.edit(NAMESPACE, lambda live: live | {"status": {"phase": "Active"}}, manager="controller")

    memory.on_write = annotate

    assert run(memory, tenant(protected=True)).is_complete
    assert '"protected":true' in memory.objects[NAMESPACE]["metadata"]["annotations"]["tenantkit.dev/grant"]


def test_a_server_that_stops_in_the_middle_leaves_a_report() -> None:
    memory = Memory()
    gone = threading.Event()

    def go_away(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "LimitRange":
            gone.set()
        if gone.is_set():
            raise ClusterUnavailable("no answer from https://example.ai: nothing listens there")

    memory.on_write = go_away

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), tenant(name="speech"), max_concurrency=1)

    assert caught.value.report.summary == f"3 applied, 2 failed, {2 * OBJECTS - 5} not attempted"
    assert "nothing listens there" in str(caught.value)


def test_a_server_that_does_not_answer_at_all_is_an_error_without_a_report() -> None:
    memory = Memory()
    planned = plan(memory, tenant(), platform=PLATFORM)

    def unreachable(*_: Any, **__: Any) -> Any:
        raise ClusterUnavailable("no answer")

    memory.list = unreachable  # type: ignore[method-assign]

    with pytest.raises(ClusterUnavailable):
        apply(memory, planned, progress=False)
    assert memory.writes == []

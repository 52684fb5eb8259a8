"""An apply that is cancelled or interrupted ends in a report of every object, on a cluster in memory."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.unit.provision.memory import PLATFORM, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.report import ApplyOutcome
    from tenantkit.rules.manifest import ObjectRef


def test_once_cancelled_no_object_is_started_and_the_report_says_so() -> None:
    memory = Memory()
    cancelled = threading.Event()
    seen: list[str] = []

    def cancel(outcome: ApplyOutcome) -> None:
        seen.append(outcome.ref.kind)
        if outcome.ref.kind == "ResourceQuota":
            cancelled.set()

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), cancelled=cancelled, on_progress=cancel)

    report = caught.value.report
    assert seen == ["Namespace", "ConfigMap", "ResourceQuota"]
    assert report.summary == "interrupted: 3 applied, 5 not attempted"
    assert len(memory.objects) == 3


def test_ctrl_c_ends_in_a_report_when_no_thread_writes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenantkit.provision.apply.wait", interrupted)

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    report = caught.value.report
    assert report.interrupted
    assert len(report.applied) + len(report.not_attempted) == 8
    assert len(report.applied) == len(memory.objects)


@pytest.mark.parametrize("is_submitted", [True, False])
def test_ctrl_c_while_tenants_are_submitted_ends_in_a_report_of_every_object(
    monkeypatch: pytest.MonkeyPatch, *, is_submitted: bool
) -> None:
    memory = Memory()

    class Interrupted(ThreadPoolExecutor):
        def submit(self, *work: Any, **options: Any) -> Any:
            if is_submitted:
                super().submit(*work, **options)
            raise KeyboardInterrupt

    planned = plan(memory, [tenant(), tenant(name="speech")], platform=PLATFORM)
    monkeypatch.setattr("tenantkit.provision.apply.ThreadPoolExecutor", Interrupted)

    with pytest.raises(PartialApplyError) as caught:
        apply(memory, planned, progress=False)

    report = caught.value.report
    assert report.interrupted
    assert len(report.applied) == len(memory.objects)
    assert len(report.applied) + len(report.not_attempted) == len(planned.changes) == 16
    assert [outcome.tenant for outcome in report.not_attempted][-8:] == ["speech"] * 8
    assert report.applied == () or is_submitted


def test_ctrl_c_ends_the_wait_for_a_quota_and_the_refused_write_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    is_waiting = threading.Event()

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "Ingress":
            raise PermissionDenied("ingresses.networking.k8s.io 'ai' is forbidden: status unknown for quota: q")

    def waited(_cluster: object, _namespaces: object, *, timeout_s: float, stop: threading.Event) -> set[str]:
        is_waiting.set()
        assert stop.wait(timeout_s)
        return set()

    def interrupted(*_: Any, **__: Any) -> Any:
        assert is_waiting.wait(30)
        raise KeyboardInterrupt

    memory.on_write = refuse
    monkeypatch.setattr("tenantkit.provision.apply.wait_until_counted", waited)
    monkeypatch.setattr("tenantkit.provision.apply.wait", interrupted)

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    assert caught.value.report.summary == "interrupted: 7 applied, 1 failed"
    assert sum(write.startswith("apply Ingress") for write in memory.writes) == 1

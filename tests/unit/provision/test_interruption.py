"""An apply that is cancelled or interrupted ends in a report of every object, on a cluster in memory."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants
from tenantkit.provision.install import install_platform, uninstall_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.running.ctrl_c import stopped_by_ctrl_c
from tests.unit.provision.memory import OBJECTS, PLATFORM, Memory, run, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.provision.report import ApplyOutcome
    from tenantkit.rules.manifest import ObjectRef


@pytest.fixture(autouse=True)
def _python_handles_ctrl_c() -> Iterator[None]:
    """In a background job the shell ignores SIGINT, and Python leaves it so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
    assert seen == ["Namespace", "ResourceQuota"]
    assert report.summary == f"interrupted: 2 applied, {OBJECTS - 2} not attempted"
    assert len(memory.objects) == 2


def test_ctrl_c_ends_in_a_report_when_no_thread_writes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenantkit.provision.apply.wait", interrupted)

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    report = caught.value.report
    assert report.interrupted
    assert len(report.applied) + len(report.not_attempted) == OBJECTS
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
    assert len(report.applied) + len(report.not_attempted) == len(planned.changes) == 2 * OBJECTS
    assert [outcome.tenant for outcome in report.not_attempted][-OBJECTS:] == ["speech"] * OBJECTS
    assert report.applied == () or is_submitted


def test_ctrl_c_ends_the_wait_for_a_quota_and_the_refused_write_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    is_waiting = threading.Event()

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "Ingress":
            raise PermissionDenied("ingresses.networking.k8s.io 'ai' is forbidden: status unknown for quota: q")

    def waited(_cluster: object, _quotas: object, *, timeout_s: float, stop: threading.Event) -> set[str]:
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

    assert caught.value.report.summary == f"interrupted: {OBJECTS - 1} applied, 1 failed"
    assert sum(write.startswith("apply Ingress") for write in memory.writes) == 1


def ctrl_c(kind: str, stop: threading.Event) -> Callable[[str, ObjectRef], None]:
    """Send SIGINT while an object of this kind is written, and let the main thread handle it before the write ends."""

    def send(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == kind and not stop.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # it may sleep in a lock
            if threading.current_thread() is not threading.main_thread():
                assert stop.wait(10)

    return send


def test_a_signal_while_objects_are_written_stops_the_run_without_an_exception() -> None:
    memory, stop = Memory(), threading.Event()
    memory.on_write = ctrl_c("LimitRange", stop)

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), tenant(name="speech"), max_concurrency=1, cancelled=stop)

    report = caught.value.report
    assert report.summary == f"interrupted: 4 applied, {2 * OBJECTS - 4} not attempted"
    assert len(memory.objects) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_while_the_threads_end_loses_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(ThreadPoolExecutor):
        def __exit__(self, *error: object) -> None:
            signal.raise_signal(signal.SIGINT)
            super().__exit__(*error)  # type: ignore[arg-type]

    monkeypatch.setattr("tenantkit.provision.apply.ThreadPoolExecutor", Interrupted)
    memory = Memory()

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    assert caught.value.report.summary == f"interrupted: {OBJECTS} applied"


def test_a_signal_while_a_tenant_is_deleted_ends_in_a_report() -> None:
    memory, stop = Memory(), threading.Event()
    run(memory, tenant(), tenant(name="speech"))
    memory.on_write = ctrl_c("Namespace", stop)
    names = ["vision", "speech"]

    with pytest.raises(PartialApplyError) as caught:
        delete_tenants(memory, names, confirm=names, progress=False, max_concurrency=1, cancelled=stop)

    report = caught.value.report
    assert report.interrupted
    assert [outcome.tenant for outcome in report.not_attempted] == ["speech"]


def test_a_signal_while_the_platform_is_uninstalled_ends_in_a_report() -> None:
    memory, stop = Memory(), threading.Event()
    install_platform(memory, progress=False)
    whole = len(memory.objects)
    memory.on_write = ctrl_c("ConfigMap", stop)

    with pytest.raises(PartialApplyError) as caught:
        uninstall_platform(memory, confirm="tenantkit-system", progress=False, cancelled=stop)

    report = caught.value.report
    assert report.failed == ()
    assert len(report.not_attempted) == len(memory.objects)
    assert len(report.applied) == whole - len(memory.objects)


def test_a_second_signal_is_raised() -> None:
    stop = threading.Event()

    def interrupt_twice() -> None:
        with stopped_by_ctrl_c(stop):
            signal.raise_signal(signal.SIGINT)
            assert stop.is_set()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupt_twice()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_program_is_kept() -> None:
    calls: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _: calls.append(number))
    try:
        with stopped_by_ctrl_c(threading.Event()):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, previous)

    assert calls == [signal.SIGINT]

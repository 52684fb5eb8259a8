"""Each request of a form fails in each way: the form becomes idle, reports the truth, and can complete later.

The transport makes the failures, in front of the real sandbox, so that errors are translated and retried as usual.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.exceptions import ClusterError, TenantKitError
from tenantkit.forms.kit.background_job import THREAD_NAME
from tenantkit.forms.tenant.form import TenantForm
from tests.forms.gates import WAIT_S, Gate
from tests.forms.pages import click, fill, is_idle, panel_text
from tests.forms.trials import FAULTS, TRIALS, expect_recovery, expect_truth, versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tests.forms.faults import FaultyTransport
    from tests.forms.trials import Versions


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("trial", TRIALS)
def test_a_failure_of_any_request_is_reported_and_never_shown_as_success(  # noqa: PLR0913 (fixtures)
    *, trial: str, fault: str, cluster: Cluster, admin: Cluster, faults: FaultyTransport, names: Callable[[], str]
) -> None:
    task = TRIALS[trial]
    failure, lost = FAULTS[fault]
    name = names()
    numbers = task.positions(task.requests(cluster, admin, faults, name))
    before: Versions | None = None

    for place, number in enumerate(numbers):
        if versions(admin, name) != before:  # reuse the tenant if the last failure changed nothing
            name = names()
            task.prepare(admin, name)
            before = versions(admin, name)
        faults.fail_from(number, failure, lost=lost)
        form = task.tries(cluster, name)
        faults.heal()

        if form is None:  # the cell shows the error instead of a form
            assert versions(admin, name) == before, number
            continue
        assert is_idle(form), number
        expect_truth(form, admin, before, is_sure=not lost)
        if not task.is_sampled or place % 3 == 0:
            expect_recovery(form, admin)
        form.close()


def test_the_tested_change_needs_writes_of_every_kind(cluster: Cluster, admin: Cluster, name: str) -> None:
    TRIALS["changing"].prepare(admin, name)

    plan = TRIALS["changing"].opens(cluster, name).submit(plan_only=True)

    actions = [(change.action, change.ref.kind) for change in plan.changes if change.action != "unchanged"]
    assert actions == [
        ("update", "Namespace"),
        ("update", "ResourceQuota"),
        ("update", "LimitRange"),
        ("create", "RoleBinding"),
        ("update", "RoleBinding"),
        ("create", "Ingress"),
        ("delete", "Ingress"),
        ("delete", "RoleBinding"),
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_submit_raises_the_error_that_the_page_shows(
    fault: str, cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    failure, lost = FAULTS[fault]
    faults.fail_from(0, failure, lost=lost)

    with pytest.raises(TenantKitError) as caught:
        form.submit()

    assert panel_text(form).startswith("Failed")
    assert caught.value.words("form").split("\n")[0] in panel_text(form)
    assert is_idle(form)


def form_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == THREAD_NAME]


def test_a_second_click_is_refused_while_the_server_is_slow(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    gate = faults.fault = Gate(lambda _: True)

    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)
    form.plan_button.click()

    assert len(form_threads()) == 1
    assert form.plan_button.disabled
    assert form.apply_button.disabled
    assert not form.cancel_button.disabled
    assert form.fields["name"].control.disabled
    assert "Planning" in form.progress.value

    gate.opened.set()
    assert form.job.wait(WAIT_S)
    assert is_idle(form)
    assert panel_text(form).startswith("Planned")


def test_input_that_arrives_after_the_click_is_planned_too(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name, team="ml-visio")
    gate = faults.fault = Gate(lambda _: True)
    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)

    form.fields["team"].value = "ml-vision"
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert form.plan is not None
    assert form.plan.tenants[0].team == "ml-vision"
    assert form.disabled == {}
    assert not form.apply_button.disabled


def test_a_double_click_on_apply_applies_once(cluster: Cluster, faults: FaultyTransport, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    writes = len(faults.requests)

    form.apply_button.click()
    form.apply_button.click()
    assert form.job.wait(WAIT_S)
    form.apply_button.click()  # a click that was queued until the first job ended
    assert form.job.wait(WAIT_S)

    created = [request for request in faults.requests[writes:] if request.startswith("POST /api/v1/namespaces?")]
    assert len(created) == 1
    assert panel_text(form).startswith("Done\n18 applied")


def test_cancel_stops_after_the_current_object_and_lists_what_was_done(
    cluster: Cluster, admin: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    gate = faults.fault = Gate(lambda request: request.method == "PATCH" and "/limitranges/" in request.path)

    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)
    assert "3 of 18 objects: ResourceQuota" in form.progress.value
    form.cancel_button.click()
    assert "Cancelling" in form.progress.value
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert panel_text(form).startswith("Partly done\ninterrupted: 5 applied, 13 not attempted")
    assert is_idle(form)
    assert admin.list("Ingress", namespace=name) == []

    faults.heal()
    form.submit()
    assert panel_text(form).startswith("Done")
    assert len(admin.list("Ingress", namespace=name)) == 1


def test_a_cancelled_plan_is_not_kept(cluster: Cluster, faults: FaultyTransport, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    gate = faults.fault = Gate(lambda _: True)

    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)
    form.cancel_button.click()
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert panel_text(form).startswith("Cancelled\ncancelled: nothing was changed")
    assert form.plan is None
    assert is_idle(form)


def test_a_cell_that_is_run_again_lets_the_first_job_end_and_leaves_no_thread(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    first = TenantForm(cluster)
    fill(first, name)
    click(first, "plan")
    gate = faults.fault = Gate(lambda request: "/limitranges/" in request.path and request.method == "PATCH")
    first.apply_button.click()
    assert gate.reached.wait(WAIT_S)

    second = TenantForm(cluster)
    assert is_idle(second)
    gate.opened.set()
    assert first.job.wait(WAIT_S)

    assert first.report is not None
    assert first.report.is_complete
    assert form_threads() == []


def test_closing_a_busy_form_cancels_its_job_and_waits_for_the_thread(
    cluster: Cluster, faults: FaultyTransport, admin: Cluster, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    gate = faults.fault = Gate(lambda request: "/limitranges/" in request.path and request.method == "PATCH")
    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)

    def open_once_cancelled() -> None:
        assert form.job.cancelled.wait(WAIT_S)
        gate.opened.set()

    opener = threading.Thread(target=open_once_cancelled)
    opener.start()
    form.close()
    opener.join()

    assert form_threads() == []
    assert admin.list("Ingress", namespace=name) == []


def test_the_second_of_two_users_who_create_the_same_tenant_gets_an_error(
    cluster: Cluster, connect_as: Callable[[str], Cluster], name: str
) -> None:
    first, second = TenantForm(cluster), TenantForm(cluster)
    for form, team in ((first, "one"), (second, "two")):
        fill(form, name, team=team)
        click(form, "plan")

    click(first, "apply")
    click(second, "apply")

    assert panel_text(first).startswith("Done")
    assert panel_text(second) == (
        f"Failed\nNamespace '{name}', ResourceQuota 'tenantkit-quota' in '{name}', "
        f"ResourceQuota 'tenantkit-priority' in '{name}' changed after the plan was made, "
        "and nothing was written: plan again"
    )
    assert second.disabled == {"apply": "plan first"}
    with connect_as("admin") as admin:
        assert tk.get_tenant(admin, name).team == "one"


def test_an_apply_succeeds_even_if_the_quota_cannot_be_read(
    cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise ClusterError("may not list resourcequotas")

    monkeypatch.setattr("tenantkit.forms.tenant.results_panel.quota_usage", refused)
    form = TenantForm(cluster)
    fill(form, name)

    form.submit()

    assert panel_text(form).startswith("Done\n18 applied")
    assert "The quota usage could not be read: may not list resourcequotas" in panel_text(form)

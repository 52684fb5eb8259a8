"""Each request of a form failing in each way: it ends at rest, with the truth on it, and goes on once all is well.

The failures are made below the door to the cluster, in front of the real sandbox, so that errors are translated and
retried as they would be.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.exceptions import ClusterError, TenantKitError
from tenantkit.forms.kit.background_job import THREAD_NAME
from tenantkit.forms.tenant import TenantForm
from tests.forms.pages import click, fill, is_at_rest, said
from tests.forms.trials import FAULTS, TRIALS, expect_recovery, expect_truth, versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.http.transport import Answer, Request
    from tests.forms.faults import FaultyTransport
    from tests.forms.trials import Versions

WAIT_S = 30


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("trial", TRIALS)
def test_a_failure_at_any_request_is_told_and_never_taken_for_success(  # noqa: PLR0913 (fixtures)
    *, trial: str, fault: str, cluster: Cluster, admin: Cluster, faults: FaultyTransport, names: Callable[[], str]
) -> None:
    tried = TRIALS[trial]
    way, lost = FAULTS[fault]
    name = names()
    numbers = tried.positions(tried.requests(cluster, admin, faults, name))
    before: Versions | None = None

    for place, number in enumerate(numbers):
        if versions(admin, name) != before:  # what the last failure left as it was serves once more
            name = names()
            tried.prepare(admin, name)
            before = versions(admin, name)
        faults.fail_from(number, way, lost=lost)
        form = tried.tries(cluster, name)
        faults.heal()

        if form is None:  # the cell shows the error, and there is no form to be wrong
            assert versions(admin, name) == before, number
            continue
        assert is_at_rest(form), number
        expect_truth(form, admin, before, is_sure=not lost)
        if not tried.is_sampled or place % 3 == 0:
            expect_recovery(form, admin)
        form.close()


def test_the_change_that_is_tried_takes_writes_of_every_kind(cluster: Cluster, admin: Cluster, name: str) -> None:
    TRIALS["changing"].prepare(admin, name)

    planned = TRIALS["changing"].opens(cluster, name).submit(plan_only=True)

    actions = [(change.action, change.ref.kind) for change in planned.changes if change.action != "unchanged"]
    assert actions == [
        ("update", "Namespace"),
        ("update", "ConfigMap"),
        ("update", "ResourceQuota"),
        ("update", "LimitRange"),
        ("create", "RoleBinding"),
        ("create", "Ingress"),
        ("delete", "Ingress"),
        ("delete", "RoleBinding"),
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_submit_raises_what_the_page_says(fault: str, cluster: Cluster, faults: FaultyTransport, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    way, lost = FAULTS[fault]
    faults.fail_from(0, way, lost=lost)

    with pytest.raises(TenantKitError) as caught:
        form.submit()

    assert said(form).startswith("Not done")
    assert str(caught.value).split("\n")[0][:60] in said(form)
    assert is_at_rest(form)


class Gate:
    """Holds requests until it is opened: a server that is slow, for as long as the test wants."""

    def __init__(self, is_held: Callable[[Request], bool]) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._is_held = is_held

    def __call__(self, _number: int, request: Request) -> Answer | None:
        if self._is_held(request):
            self.reached.set()
            assert self.opened.wait(WAIT_S)
        return None


def form_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == THREAD_NAME]


def test_while_the_server_is_slow_the_form_is_busy_and_a_second_click_is_refused(
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
    assert form.work.wait(WAIT_S)
    assert is_at_rest(form)
    assert said(form).startswith("Planned")


def test_keys_that_a_click_has_overtaken_are_planned_too(cluster: Cluster, faults: FaultyTransport, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name, team="ml-visio")
    gate = faults.fault = Gate(lambda _: True)
    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)

    form.fields["team"].value = "ml-vision"
    gate.opened.set()
    assert form.work.wait(WAIT_S)

    assert form.plan is not None
    assert form.plan.tenants[0].team == "ml-vision"
    assert form.off == {}
    assert not form.apply_button.disabled


def test_a_double_click_on_apply_applies_once(cluster: Cluster, faults: FaultyTransport, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    writes = len(faults.requests)

    form.apply_button.click()
    form.apply_button.click()
    assert form.work.wait(WAIT_S)
    form.apply_button.click()  # one that waited until the first was done
    assert form.work.wait(WAIT_S)

    made = [request for request in faults.requests[writes:] if request.startswith("POST /api/v1/namespaces?")]
    assert len(made) == 1
    assert said(form).startswith("Done\n8 applied")


def test_cancel_half_way_stops_after_the_object_under_way_and_says_what_was_done(
    cluster: Cluster, admin: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    gate = faults.fault = Gate(lambda request: request.method == "PATCH" and "/limitranges/" in request.path)

    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)
    assert "3 of 8 objects: ResourceQuota" in form.progress.value
    form.cancel_button.click()
    assert "Cancelling" in form.progress.value
    gate.opened.set()
    assert form.work.wait(WAIT_S)

    assert said(form).startswith("Not all done\ninterrupted: 4 applied, 4 not attempted")
    assert is_at_rest(form)
    assert admin.list("Ingress", namespace=name) == []

    faults.heal()
    form.submit()
    assert said(form).startswith("Done")
    assert len(admin.list("Ingress", namespace=name)) == 1


def test_cancelling_a_plan_keeps_none(cluster: Cluster, faults: FaultyTransport, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    gate = faults.fault = Gate(lambda _: True)

    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)
    form.cancel_button.click()
    gate.opened.set()
    assert form.work.wait(WAIT_S)

    assert said(form).startswith("Cancelled\ncancelled: nothing was changed")
    assert form.plan is None
    assert is_at_rest(form)


def test_a_cell_run_again_leaves_the_first_forms_work_to_end_and_no_thread_behind(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    first = TenantForm(cluster)
    fill(first, name)
    click(first, "plan")
    gate = faults.fault = Gate(lambda request: "/limitranges/" in request.path and request.method == "PATCH")
    first.apply_button.click()
    assert gate.reached.wait(WAIT_S)

    second = TenantForm(cluster)
    assert is_at_rest(second)
    gate.opened.set()
    assert first.work.wait(WAIT_S)

    assert first.report is not None
    assert first.report.is_complete
    assert form_threads() == []


def test_closing_a_form_at_work_cancels_it_and_waits_for_its_thread(
    cluster: Cluster, faults: FaultyTransport, admin: Cluster, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    gate = faults.fault = Gate(lambda request: "/limitranges/" in request.path and request.method == "PATCH")
    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)

    opener = threading.Timer(0.05, gate.opened.set)
    opener.start()
    form.close()
    opener.join()

    assert form_threads() == []
    assert admin.list("Ingress", namespace=name) == []


def test_of_two_people_who_make_one_tenant_at_once_the_second_is_told(
    cluster: Cluster, connect_as: Callable[[str], Cluster], name: str
) -> None:
    first, second = TenantForm(cluster), TenantForm(cluster)
    for form, team in ((first, "one"), (second, "two")):
        fill(form, name, team=team)
        click(form, "plan")

    click(first, "apply")
    click(second, "apply")

    assert said(first).startswith("Done")
    assert said(second).startswith("Not done\nchanged since the plan was made")
    assert second.off == {"apply": "plan first"}
    with connect_as("admin") as admin:
        assert tk.get_tenant(admin, name).team == "one"


def test_a_quota_that_can_not_be_read_makes_what_was_done_no_less_done(
    cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise ClusterError("may not list resourcequotas")

    monkeypatch.setattr("tenantkit.forms.tenant.quota_usage", refused)
    form = TenantForm(cluster)
    fill(form, name)

    form.submit()

    assert said(form).startswith("Done\n8 applied")
    assert "How much of the quota is used could not be read: may not list resourcequotas" in said(form)

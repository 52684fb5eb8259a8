"""Every sentence in the panel is true while it is shown: it follows the state of the form, or says when it was true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import PartialApplyError
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.provision.waiting.deleted import wait_until_deleted
from tenantkit.rules.manifest import ObjectRef
from tests.eventually import eventually
from tests.forms.gates import WAIT_S, Gate
from tests.forms.others import edit_quota, set_finalizers
from tests.forms.pages import click, fill, note, panel_text, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant
    from tests.forms.faults import FaultyTransport

TIME = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def first_lines(form: TenantForm, count: int = 2) -> list[str]:
    return panel_text(form).splitlines()[:count]


def test_while_it_applies_the_page_says_so_and_never_that_nothing_has_been_done(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    assert first_lines(form) == [
        "Planned",
        "None of the changes below has been made yet. Review them, then click Apply.",
    ]
    gate = faults.fault = Gate(lambda request: request.method == "PATCH" and "/limitranges/" in request.path)

    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)
    shown = panel_text(form)
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert shown.splitlines()[:2] == [
        "Applying",
        "The changes below are being made. Cancel stops after the current object; nothing is rolled back.",
    ]
    assert "has been made yet" not in shown
    assert panel_text(form).startswith("Done")


def test_while_it_plans_again_the_page_no_longer_shows_the_last_result(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    form.submit()
    gate = faults.fault = Gate(lambda _: True)

    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)
    shown = panel_text(form)
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert shown == "Planning\nReading the state of the cluster. Nothing is changed."


def test_a_result_says_when_it_was_true_since_the_tenant_can_be_deleted_afterwards(
    cluster: Cluster, admin: Cluster, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    form.submit()

    admin.delete(ObjectRef("v1", "Namespace", name))

    assert re.fullmatch(rf"18 applied\. The cluster matched the plan at {TIME}\.", first_lines(form)[1])


def test_a_plan_without_changes_says_when_the_cluster_matched_the_form(cluster: Cluster, vision: Tenant) -> None:
    form = TenantForm(cluster, vision.name)

    click(form, "plan")

    word, text = first_lines(form)
    assert word == "No changes"
    assert re.fullmatch(rf"The cluster matched the form at {TIME}\.", text)


def test_a_tenant_that_was_deleted_is_called_deleted_before_apply_creates_it_again(
    cluster: Cluster, admin: Cluster, vision: Tenant
) -> None:
    form = TenantForm(cluster, vision.name)
    admin.delete(ObjectRef("v1", "Namespace", vision.name))
    wait_until_deleted(admin, vision.name, timeout_s=30)

    click(form, "plan")

    assert first_lines(form, 4) == [
        "Deleted",
        "This tenant has been deleted since the form was opened. Apply creates it again, without what was in it.",
        "Planned",
        "None of the changes below has been made yet. Review them, then click Apply.",
    ]


def test_a_tenant_that_is_being_deleted_says_so_at_once_and_cannot_be_changed(
    cluster: Cluster, admin: Cluster, vision: Tenant
) -> None:
    opened = TenantForm(cluster, vision.name)
    set_finalizers(admin, vision.name, ["example.org/hold"])
    admin.delete(ObjectRef("v1", "Namespace", vision.name))
    eventually(lambda: "NamespaceFinalizersRemaining" in str(admin.get("Namespace", vision.name)["status"]))
    try:
        form = TenantForm(cluster, vision.name)

        word, since, waits = text(form.life_note.value).splitlines()
        assert word == "This tenant is being deleted"
        assert re.fullmatch(
            r"It has been in deletion since 20\S+Z\. It cannot be changed, .* cannot be undone\.", since
        )
        assert waits.startswith("Kubernetes waits for it: finalizer 'example.org/hold' holds 1 object")
        click(form, "plan")
        assert form.disabled == {"apply": "the plan has only blocked or unknown rows"}
        click(opened, "plan")
        assert text(opened.life_note.value).startswith("This tenant is being deleted")
    finally:
        set_finalizers(admin, vision.name, [])
    wait_until_deleted(admin, vision.name, timeout_s=30)


def test_a_plan_of_other_fields_is_called_outdated_until_they_are_changed_back(cluster: Cluster, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    planned = panel_text(form)

    form.fields["team"].control.value = "other"
    assert first_lines(form) == [
        "Outdated",
        "The fields have changed since this plan was made. Plan again, or change them back.",
    ]

    form.fields["team"].control.value = "ml-vision"
    assert panel_text(form) == planned


def test_a_box_that_is_ticked_changes_what_apply_is_said_to_do(
    cluster: Cluster, admin: Cluster, vision: Tenant
) -> None:
    edit_quota(admin, vision.name, pods="99")
    form = TenantForm(cluster, vision.name)
    click(form, "plan")
    assert first_lines(form)[0] == "Planned, with conflicts"
    assert first_lines(form)[1] == (
        "Others have set some of the fields. Tick the box to overwrite them; otherwise Apply leaves them as they are "
        "and reports them as failed. Review them, then click Apply."
    )

    form.force_conflicts.value = True

    assert first_lines(form)[1] == (
        "Others have set some of the fields. The box is ticked: Apply overwrites them. Review them, then click Apply."
    )


def test_problems_that_were_corrected_are_no_longer_listed(cluster: Cluster, name: str) -> None:
    form = TenantForm(cluster)
    fill(form, name, team="", size=None)
    click(form, "plan")
    assert first_lines(form)[1] == "Correct the fields marked above (Team; Size), then plan again."

    form.fields["team"].value = "ml-vision"
    assert first_lines(form)[1] == "Correct the fields marked above (Size), then plan again."

    form.fields["size"].value = "small"
    assert first_lines(form) == ["Changed", "The fields have changed and are valid. Plan again."]


def test_a_name_that_is_taken_is_no_longer_refused_once_it_is_changed(
    cluster: Cluster, vision: Tenant, names: Callable[[], str]
) -> None:
    form = TenantForm(cluster)
    fill(form, vision.name)
    click(form, "plan")
    assert first_lines(form)[0] == "Invalid"
    assert "already exists" in note(form, "name")

    form.fields["name"].value = names()

    assert first_lines(form) == ["Changed", "The fields have changed and are valid. Plan again."]
    assert "already exists" not in note(form, "name")


def test_whoever_may_not_apply_is_not_told_to_click_apply(
    cluster: Cluster, vision: Tenant, admin: Cluster, connect_as: Callable[[str], Cluster]
) -> None:
    tk.apply(cluster, tk.plan(cluster, vision.with_(editors=["editor@example.com"])), progress=False)
    edit_quota(admin, vision.name, pods="99")
    with connect_as("editor") as editor:
        form = TenantForm(editor, vision.name)

        click(form, "plan")

        assert "click Apply" not in panel_text(form)


def test_an_apply_that_did_nothing_is_not_called_partly_done(cluster: Cluster, admin: Cluster, name: str) -> None:
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    form = TenantForm(cluster)
    fill(form, name)

    with pytest.raises(PartialApplyError):
        form.submit()

    assert first_lines(form)[0] == "Failed"


def test_an_apply_that_was_cancelled_before_anything_was_written_is_called_cancelled(
    cluster: Cluster, faults: FaultyTransport, name: str
) -> None:
    form = TenantForm(cluster)
    fill(form, name)
    click(form, "plan")
    gate = faults.fault = Gate(lambda _: True)
    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)

    form.cancel_button.click()
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert form.report is not None
    assert form.report.applied == ()
    assert first_lines(form)[0] == "Cancelled"

"""The form for members: what each persona sees and may do, and that nothing is written before Apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, NotFound, PartialApplyError, PermissionDenied
from tenantkit.forms.members.form import MembersForm
from tenantkit.provision.waiting.deleted import wait_until_deleted
from tests.eventually import eventually
from tests.forms.faults import connection_refused, status
from tests.forms.gates import WAIT_S, Gate
from tests.forms.pages import text, widgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant
    from tests.forms.faults import FaultyTransport

_WAIT_S = 30


def click(form: MembersForm, button: str) -> None:
    """Click a button and wait until its job has ended."""
    getattr(form, f"{button}_button").click()
    assert form.job.wait(_WAIT_S)


def page_of(form: MembersForm) -> str:
    """All text of the form, also of widgets without a value."""
    found = (getattr(widget, "value", "") for widget in widgets(form.widget))
    return "\n".join(text(value) for value in found if isinstance(value, str))


def test_an_owner_adds_and_removes_members_in_one_plan(
    vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    tk.add_member(cluster, vision.name, "eve@example.com", progress=False)
    with connect_as("owner") as owner:
        form = MembersForm(owner, vision.name)
        assert form.disabled == {"apply": "plan first"}
        form.fill(add=["sam@example.com", "group:ml-vision"], role="editor", remove=["eve@example.com"])

        click(form, "plan")
        shown = text(form.panel.html)
        assert "Removes\neve@example.com loses viewer" in shown
        assert "sam@example.com and group:ml-vision become editor" in shown
        assert tk.get_tenant(cluster, vision.name).viewers == ("eve@example.com",)
        click(form, "apply")

        found = tk.get_tenant(cluster, vision.name)
        assert (found.editors, found.viewers) == (("group:ml-vision", "sam@example.com"), ())
        assert form.report is not None
        assert form.report.is_complete
        assert list(form.members["person"]) == ["owner@example.com", "group:ml-vision", "sam@example.com"]
        assert form.disabled == {"apply": "plan first"}
        assert "added by owner@example.com" in page_of(form)
        form.close()


def test_a_change_of_the_inputs_makes_the_plan_outdated(vision: Tenant, cluster: Cluster) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com")
    click(form, "plan")
    assert form.disabled == {}

    form.fill(add="eve@example.com")

    assert form.disabled == {"apply": "the fields have changed since the plan: plan again"}
    click(form, "apply")
    assert form.report is None
    assert tk.get_tenant(cluster, vision.name).viewers == ()


def test_the_last_letters_may_arrive_after_the_click(vision: Tenant, cluster: Cluster) -> None:
    form = MembersForm(cluster, vision.name)
    marked = next(widget for widget in widgets(form.widget) if getattr(widget, "_view_count", None) == 0)
    marked._view_count = 1  # as a page does that shows the form
    form.fill(add="sam@example.")

    form.plan_button.click()
    [shown] = eventually(lambda: marked.children)
    form.fill(add="sam@example.com")  # what the page held back
    shown._view_count = 1

    assert form.job.wait(_WAIT_S)
    assert form.plan is not None
    assert "sam@example.com becomes viewer" in text(form.panel.html)
    assert form.disabled == {}
    assert marked.children == ()


def test_inputs_that_stay_invalid_are_refused(vision: Tenant, cluster: Cluster) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.")

    click(form, "plan")

    assert form.plan is None
    assert "sam@example." in text(form.panel.html)


@pytest.mark.parametrize("user", ["editor", "viewer"])
def test_for_others_the_form_is_read_only_and_names_whom_to_ask(
    user: str, vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    role: Literal["editor", "viewer"] = "editor" if user == "editor" else "viewer"
    tk.add_member(cluster, vision.name, f"{user}@example.com", role=role, progress=False)
    with connect_as(user) as member:
        form = MembersForm(member, vision.name)

        assert "Read-only: ask an owner (owner@example.com) or the platform team" in page_of(form)
        assert form.plan_button.disabled
        assert form.apply_button.disabled
        with pytest.raises(PermissionDenied, match="you may not change the members of tenant"):
            form.submit()
        form.close()


def test_foreign_bindings_are_shown_and_cannot_be_removed_here(
    vision: Tenant, cluster: Cluster, admin: Cluster
) -> None:
    group = "rbac.authorization.k8s.io"
    admin.create(
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "by-hand", "namespace": vision.name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "tenantkit-viewer"},
            "subjects": [{"kind": "User", "apiGroup": group, "name": "<b>mallory</b>\u202e"}],
        }
    )
    form = MembersForm(cluster, vision.name)

    shown = page_of(form)
    assert "foreign: RoleBinding by-hand, which tenantkit did not make" in shown
    assert "named in the grant: only the platform team changes owners" in shown
    assert not any("<b>mallory" in str(getattr(widget, "value", "")) for widget in widgets(form.widget))
    with pytest.raises(InvalidSpecError, match="cannot be removed here"):
        form.fill(remove=["owner@example.com"])


def test_texts_that_name_nobody_are_marked_at_the_field(vision: Tenant, cluster: Cluster) -> None:
    form = MembersForm(cluster, vision.name)

    form.fill(add=["system:masters", "a@x.com, b@x.com"])

    assert "reserved for Kubernetes" in page_of(form)
    with pytest.raises(InvalidSpecError, match="system:masters"):
        form.submit()
    with pytest.raises(InvalidSpecError, match="add somebody, or tick a member to remove"):
        MembersForm(cluster, vision.name).submit()


def test_without_a_name_the_form_shows_the_users_own_tenant(
    vision: Tenant, connect_as: Callable[[str], Cluster]
) -> None:
    with connect_as("owner") as owner:
        form = MembersForm(owner)

        assert vision.name in form.tenant_choice.options
        form.tenant_choice.value = vision.name
        assert form.job.wait(_WAIT_S)
        assert repr(form) == f"<MembersForm: {vision.name!r}>"


def test_a_stranger_learns_that_they_have_no_tenant(vision: Tenant, connect_as: Callable[[str], Cluster]) -> None:
    with connect_as("stranger") as stranger:
        with pytest.raises(NotFound, match="you have no tenant yet; ask an owner to add you"):
            MembersForm(stranger)
        with pytest.raises(PermissionDenied):
            MembersForm(stranger, vision.name)


def test_a_tenant_that_cannot_be_read_gets_nothing_of_the_one_before(
    vision: Tenant, cluster: Cluster, faults: FaultyTransport, name: str, names: Callable[[], str]
) -> None:
    tk.add_member(cluster, name, "eve@example.com", progress=False)
    second = vision.with_(name=names())
    tk.apply(cluster, tk.plan(cluster, second), progress=False)
    form = MembersForm(cluster, name)
    form.tenant_choice.options = [name, second.name]
    assert form.job.wait(_WAIT_S)
    form.fill(add="sam@example.com", remove="eve@example.com")
    click(form, "plan")
    assert form.disabled == {}
    faults.fault = lambda _, request: status(403)(request) if f"/namespaces/{second.name}" in request.path else None

    form.tenant_choice.value = second.name
    assert form.job.wait(_WAIT_S)

    assert "eve@example.com" not in page_of(form)
    assert (form.plan, list(form.members["person"])) == (None, [])
    not_read = "the members of this tenant are not read: read them again"
    assert form.disabled == {"plan": not_read, "apply": not_read}
    assert form.plan_button.disabled
    assert form.apply_button.disabled
    click(form, "apply")
    with pytest.raises(InvalidSpecError, match=not_read):
        form.submit()
    assert tk.get_tenant(cluster, name).viewers == ("eve@example.com",)

    faults.heal()
    click(form, "refresh")
    assert form.disabled == {"apply": "plan first"}
    form.fill(add="sam@example.com")
    form.submit()
    assert tk.get_tenant(cluster, second.name).viewers == ("sam@example.com",)


def test_a_report_stays_if_the_members_cannot_be_read_afterwards(
    vision: Tenant, cluster: Cluster, faults: FaultyTransport
) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com")
    faults.fault = lambda _, request: status(403)(request) if form.report is not None else None

    report = form.submit()

    shown = text(form.panel.html)
    assert report is form.report
    assert "2 applied. The cluster matched the plan" in shown
    assert "the test returns 403" in shown
    assert shown.index("2 applied") < shown.index("the test returns 403")
    assert "plan" in form.disabled


def test_a_tenant_that_somebody_deleted_by_hand_is_not_offered(
    vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster, names: Callable[[], str]
) -> None:
    deleted = tk.Tenant(name=f"a-{names()}", team="ml", owners=["owner@example.com"], size="small")
    tk.apply(cluster, tk.plan(cluster, deleted), progress=False)
    with connect_as("owner") as owner:
        assert deleted.name in set(tk.my_tenants(owner)["tenant"])
        cluster.delete(tk.ObjectRef("v1", "Namespace", deleted.name))
        wait_until_deleted(cluster, deleted.name, timeout_s=_WAIT_S)

        form = MembersForm(owner)

        assert deleted.name in set(tk.my_tenants(owner)["tenant"])
        assert deleted.name not in form.tenant_choice.options
        assert vision.name in form.tenant_choice.options
        form.close()


def test_a_cancelled_plan_is_not_kept(vision: Tenant, cluster: Cluster, faults: FaultyTransport) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com")
    gate = faults.fault = Gate(lambda request: "/rolebindings" in request.path)

    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)
    form.cancel_button.click()
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert form.plan is None
    assert form.disabled == {"apply": "plan first"}
    assert text(form.panel.html).startswith("Cancelled\ncancelled: nothing was changed")


def test_a_person_entered_while_the_form_plans_is_in_the_plan(
    vision: Tenant, cluster: Cluster, faults: FaultyTransport
) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com")
    gate = faults.fault = Gate(lambda request: "/rolebindings" in request.path)

    form.plan_button.click()
    assert gate.reached.wait(WAIT_S)
    form.fill(add=["sam@example.com", "eve@example.com"])
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert form.disabled == {}
    assert "sam@example.com and eve@example.com become viewer" in text(form.panel.html)


def test_while_a_plan_is_applied_the_form_says_so(vision: Tenant, cluster: Cluster, faults: FaultyTransport) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com")
    click(form, "plan")
    gate = faults.fault = Gate(lambda request: request.method != "GET")

    form.apply_button.click()
    assert gate.reached.wait(WAIT_S)
    shown, progress = text(form.panel.html), text(form.progress.value)
    gate.opened.set()
    assert form.job.wait(WAIT_S)

    assert shown.startswith("Applying\nThe changes below are being made.")
    assert progress == "0 of 2 objects"


def test_a_plan_stays_if_nothing_of_it_was_written(vision: Tenant, cluster: Cluster, faults: FaultyTransport) -> None:
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com")
    click(form, "plan")
    faults.fail_from(1, connection_refused)

    click(form, "apply")
    assert "the connection was refused" in text(form.panel.html)
    assert form.disabled == {}
    faults.heal()
    click(form, "apply")

    assert tk.get_tenant(cluster, vision.name).viewers == ("sam@example.com",)


def test_after_a_partial_apply_the_members_are_read_again_and_the_persons_stay(
    vision: Tenant, cluster: Cluster, faults: FaultyTransport
) -> None:
    tk.add_member(cluster, vision.name, "eve@example.com", progress=False)
    form = MembersForm(cluster, vision.name)
    form.fill(add="sam@example.com", remove="eve@example.com")
    click(form, "plan")
    bindings = f"/namespaces/{vision.name}/rolebindings"
    faults.fault = lambda _, request: (
        status(403)(request) if request.method == "PATCH" and bindings in request.path else None
    )

    with pytest.raises(PartialApplyError):
        form.submit()

    assert list(form.members["person"]) == ["owner@example.com"]
    assert "the test returns 403" in text(form.panel.html)
    faults.heal()
    assert form.disabled == {"apply": "plan first"}
    form.submit()
    assert list(form.members["person"]) == ["owner@example.com", "sam@example.com"]

"""The form enables what a user may do, and names the permissions that are missing for the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, PermissionDenied
from tenantkit.forms.tenant.form import TenantForm
from tests.eventually import eventually
from tests.forms.pages import click, fill, note, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant


def test_an_owner_changes_the_teams_part_and_sees_why_the_grant_is_read_only(
    vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    with connect_as("owner") as owner:
        form = TenantForm(owner, vision.name)
        assert form.disabled == {"apply": "plan first"}
        locked = [name for name, field in form.fields.items() if field.locked]
        assert locked == ["name", "team", "size", "owners", "hosts", "expires", "protected"]
        reason = (
            "Read-only: changing this part needs permission to patch namespaces and patch resourcequotas "
            f"in namespace '{vision.name}'."
        )
        assert reason in page(form)
        assert reason in form.fields["size"].control.tooltip
        with pytest.raises(
            InvalidSpecError, match="Read-only: changing this part needs permission to patch namespaces"
        ):
            form.fill(size="large")
        ask = "To ask for it: form.draft_box.value = True, then form.fill(…), then print(form.request)"
        with pytest.raises(InvalidSpecError, match=re.escape(ask)):
            form.fill(size="large")

        form.fill(viewers=["vera@example.com"], routes=[])
        form.submit()

        assert tk.get_tenant(cluster, vision.name).viewers == ("vera@example.com",)


def test_a_stranger_sees_disabled_buttons_and_the_missing_permissions(
    connect_as: Callable[[str], Cluster], name: str, admin: Cluster
) -> None:
    assert admin.is_sandbox
    with connect_as("stranger") as stranger:
        form = TenantForm(stranger)
        fill(form, name)

        assert form.disabled == {
            "plan": "you need permission to list namespaces",
            "apply": "you need permission to create namespaces, create resourcequotas, create networkpolicies and "
            "create rolebindings: ask somebody who has this permission to apply the YAML below",
        }
        assert form.plan_button.disabled
        assert "kind: Tenant" in form.yaml
        with pytest.raises(PermissionDenied, match=r"ask somebody who has this permission to apply `form\.yaml`"):
            form.submit()


def test_an_editor_may_plan_but_not_change_anything(
    cluster: Cluster, vision: Tenant, connect_as: Callable[[str], Cluster]
) -> None:
    changed = TenantForm(cluster, vision.name)
    changed.fill(editors=["editor@example.com"])
    changed.submit()
    with connect_as("editor") as editor:
        form = TenantForm(editor, vision.name)

        assert [name for name, field in form.fields.items() if not field.locked] == []
        assert "create rolebindings and create ingresses in namespace" in form.disabled["apply"]
        assert form.submit(plan_only=True).has_changes is False


def test_an_owner_drafts_a_change_that_becomes_a_request(
    vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    with connect_as("owner") as owner:
        form = TenantForm(owner, vision.name)
        assert form.draft_box.layout.display is None
        assert form.request == ""

        form.draft_box.value = True
        form.fill(size="medium", expires="2027-03-31T18:00:00Z", hosts=["v.example.com"])

        amounts = "GPUs 0 → 2, CPU 4 → 16, memory 16 GiB → 64 GiB, storage 50 GiB → 500 GiB, pods 20 → 50"
        assert form.request.splitlines() == [
            "To: the platform team (provisioner@example.com)",
            "From: owner@example.com",
            f"Subject: change tenant {vision.name}",
            "",
            "Please make these changes:",
            f"- size: small → medium ({amounts}, 3 other quota entries)",
            "- additional hosts: none → v.example.com",
            "- expires: never → 2027-03-31 18:00+00:00",
            "",
            "Note: v.example.com: not checked against tenants that the sender may not read",
            "",
            "Reason: (please say why)",
            "",
            "To do so, save this as tenant.yaml and run `tenantkit apply tenant.yaml`:",
            "",
            *vision.with_(
                size="medium",
                expires="2027-03-31T18:00:00Z",
                hosts=["v.example.com"],
                editors=None,
                viewers=None,
                routes=None,
            )
            .to_yaml()
            .splitlines(),
            "",
            (
                "Members and routes stay as they are. The file lists all additional hosts: if others were added since, "
                "ask for a new request instead."
            ),
        ]
        assert "Please make these changes:" in page(form)
        plan = form.submit(plan_only=True)
        assert {change.action for change in plan.changes} == {"not yours", "unchanged"}

        form.fill(reason="the demo on\n12 December")
        assert "Reason: the demo on 12 December" in form.request.splitlines()
        assert "Reason: the demo on 12 December" in page(form)

        form.draft_box.value = False
        assert form.request == ""
        assert form.tenant == vision
        assert form.fields["size"].control.disabled
    assert tk.get_tenant(cluster, vision.name) == vision


def test_who_may_change_the_grant_drafts_no_request(cluster: Cluster, vision: Tenant) -> None:
    form = TenantForm(cluster, vision.name)
    form.fill(size="medium")

    assert form.draft_box.layout.display == "none"
    assert form.request == ""
    assert "Request" not in page(form)


def test_a_stranger_gets_a_request_for_a_new_tenant(
    connect_as: Callable[[str], Cluster], name: str, admin: Cluster
) -> None:
    assert admin.is_sandbox
    with connect_as("stranger") as stranger:
        form = TenantForm(stranger)
        fill(form, name)

        assert form.request.splitlines()[1:8] == [
            "From: stranger@example.com",
            f"Subject: create tenant {name}",
            "",
            "Please create this tenant, if no tenant of this name exists (the sender may not look):",
            "- team: ml-vision",
            "- owners: owner@example.com",
            "- size: small (CPU 4, memory 16 GiB, storage 50 GiB, pods 20)",
        ]
        assert form.request.endswith(form.yaml.rstrip("\n"))


def test_an_owner_sees_at_the_field_that_another_tenant_has_a_host(
    vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster, names: Callable[[], str]
) -> None:
    other = names()
    tk.apply(cluster, tk.plan(cluster, vision.with_(name=other, hosts=["v.example.com"], routes=[])), progress=False)
    with connect_as("owner") as owner:
        eventually(lambda: other in {it.tenant for it in tk.whoami(owner).tenants})
        form = TenantForm(owner, vision.name)
        form.draft_box.value = True
        form.fill(hosts=["v.example.com"])

        click(form, "plan")

        assert f"'v.example.com': belongs to tenant '{other}'" in note(form, "hosts")
        form.fill(hosts=[])
        assert "belongs to" not in note(form, "hosts")

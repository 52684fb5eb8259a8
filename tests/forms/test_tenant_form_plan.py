"""How a form shows a plan: by meaning and whole, losses first, with what to know before it is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tenantkit as tk
from tenantkit.exceptions import PermissionDenied
from tenantkit.forms.tenant.form import TenantForm
from tests.forms.pages import click, fill, note, panel_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant


def test_the_changes_are_shown_by_meaning_and_whole(cluster: Cluster, vision: Tenant) -> None:
    person = f"{'eve' * 60}@example.com"
    form = TenantForm(cluster, vision.name)
    form.fill(size="medium", viewers=[person])

    click(form, "plan")

    shown = panel_text(form)
    assert "grant size small → medium" in shown
    assert "quota requests.cpu 4 → 16" in shown
    assert f"subjects + {person} (tenantkit-viewer)" in shown
    assert "…" not in shown


def test_who_loses_access_comes_first(cluster: Cluster, vision: Tenant) -> None:
    tk.apply(cluster, tk.plan(cluster, vision.with_(viewers=["vera@example.com"])), progress=False)
    form = TenantForm(cluster, vision.name)
    form.fill(size="medium", viewers=[], routes=[])

    click(form, "plan")

    table = panel_text(form).partition("Plan: ")[2].splitlines()
    actions = [line for line in table if line in ("create", "update", "delete")]
    assert actions == sorted(actions)
    assert actions[0] == "delete"
    assert "subjects - vera@example.com (tenantkit-viewer)" in table


def test_what_to_know_is_shown_before_the_plan_without_the_name_of_the_forms_own_tenant(
    cluster: Cluster, vision: Tenant
) -> None:
    form = TenantForm(cluster, vision.name)
    form.fill(expires="2020-01-01T00:00:00Z", hosts=["vision.elsewhere.com"])

    click(form, "plan")

    word, *lines = panel_text(form).splitlines()[:3]
    assert word == "Before you apply"
    assert lines[0].startswith("its grant expired at 2020-01-01 00:00")
    assert lines[1] == "its host 'vision.elsewhere.com' is outside the platform's domain 'example.ai'"
    assert panel_text(form).splitlines()[3] == "Planned"


def test_members_that_may_not_be_read_are_left_as_they_are_and_cannot_be_replaced(
    cluster: Cluster, vision: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    tk.apply(cluster, tk.plan(cluster, vision.with_(viewers=["vera@example.com"])), progress=False)
    real = cluster.list

    def refused(kind: str, *args: object, **kwargs: object) -> object:
        if kind == "RoleBinding":
            raise PermissionDenied("may not list rolebindings", status=403)
        return real(kind, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(cluster, "list", refused)
    form = TenantForm(cluster, vision.name)

    assert form.tenant.viewers is None
    assert note(form, "viewers").startswith("You may not read the current value. It is left as it is.")
    assert form.fields["viewers"].control.disabled
    assert "viewers" not in form.yaml


def test_a_host_of_another_tenant_is_marked_at_its_field_until_it_is_changed(cluster: Cluster, vision: Tenant) -> None:
    other = f"{vision.name}-2"
    form = TenantForm(cluster)
    fill(form, other, hosts=["free.example.com", f"{vision.name}.example.ai"])
    assert "belongs to" not in note(form, "hosts")

    click(form, "plan")
    assert note(form, "hosts").splitlines()[0] == (
        f"Line 2, '{vision.name}.example.ai': belongs to tenant '{vision.name}' (owned by owner@example.com): "
        "choose another host, or ask its owners to let go of it first"
    )
    assert "tk-invalid" in form.fields["hosts"].widget._dom_classes
    assert form.disabled == {"apply": "the plan has only blocked or unknown rows"}

    form.fields["hosts"].value = ["free.example.com"]
    assert "belongs to" not in note(form, "hosts")
    click(form, "plan")
    assert form.disabled == {}


def test_a_name_with_a_host_of_another_tenant_is_marked(
    cluster: Cluster, vision: Tenant, names: Callable[[], str]
) -> None:
    name = names()
    tk.apply(cluster, tk.plan(cluster, vision.with_(hosts=[f"{name}.example.ai"])), progress=False)
    form = TenantForm(cluster)
    fill(form, name)

    click(form, "plan")

    assert note(form, "name").splitlines()[0] == (
        f"this name's host '{name}.example.ai' belongs to tenant '{vision.name}' (owned by owner@example.com): "
        "choose another name"
    )

"""The tenant form without a browser: set values, call `submit`, click buttons, read the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.exceptions import BusyError, InvalidSpecError, NotFound, PartialApplyError, Problem
from tenantkit.forms.kit.header import DEAD_KERNEL
from tenantkit.forms.tenant.fields import FIELD_ROWS, KEPT_FIELDS
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.provision.waiting.deleted import wait_until_deleted
from tenantkit.spec.files import parse_specs
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.contract.tenants import delete_namespace
from tests.forms.others import edit_quota
from tests.forms.pages import click, fill, is_idle, note, objects, panel_text, text
from tests.forms.samples import EXACT, ROUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture
def form(cluster: Cluster) -> Iterator[TenantForm]:
    form = TenantForm(cluster)
    yield form
    form.close()


def test_the_form_has_an_input_and_a_help_text_for_every_field_of_a_tenant(form: TenantForm) -> None:
    shown = {definition.name for row in FIELD_ROWS for definition in row}

    assert shown | {"quota", *KEPT_FIELDS} == set(Tenant.model_fields)
    assert all(field.help_text for field in form.fields.values())


def test_the_header_shows_the_cluster_and_the_user(form: TenantForm) -> None:
    assert text(form.head.value).splitlines() == [
        "New tenant",
        "sandbox",
        "context",
        "sandbox-provisioner",
        "· you are",
        "provisioner@example.com",
        DEAD_KERNEL,  # hidden by the style sheet until then
    ]


def test_a_new_form_shows_missing_values_only_after_plan_is_clicked(form: TenantForm) -> None:
    assert [name for name, field in form.fields.items() if "tk-error" in field.note.value] == []

    click(form, "plan")

    assert [name for name, field in form.fields.items() if "tk-error" in field.note.value] == [
        "name",
        "team",
        "size",
        "owners",
    ]
    assert panel_text(form).splitlines() == [
        "Invalid",
        "Correct the fields marked above (Name; Team; Size; Owners, one per line), then plan again.",
        "Nothing was changed.",
    ]
    assert is_idle(form)


def test_all_invalid_values_are_shown_at_their_fields_while_they_are_typed(form: TenantForm) -> None:
    fill(form, "Vision Team", owners=["dana@example.com", "system:admin"], expires="2027")
    form.fields["routes"].rows[0]["port"].value = "99999"  # type: ignore[attr-defined]

    assert note(form, "name").startswith("use lower-case letters, digits and '-'")
    assert note(form, "owners").startswith("Line 2, 'system:admin': names that start with 'system:' are reserved")
    assert note(form, "expires").startswith("'2027': use a date, a time and a zone")
    with pytest.raises(InvalidSpecError) as caught:
        _ = form.tenant
    assert [problem.field for problem in caught.value.problems] == ["name", "owners[1]", "routes[0].port", "expires"]
    assert form.disabled["apply"] == "fill in the fields, then plan"

    form.fields["name"].control.value = "vision-team"

    assert not note(form, "name").startswith("use")


def test_a_value_that_does_not_fit_the_platform_is_shown_at_its_field(form: TenantForm, name: str) -> None:
    fill(form, name, routes=[{"service": "api", "port": 80, "host": "else.example.com"}])

    row = form.fields["routes"]._rows[0]  # type: ignore[attr-defined]
    assert text(row.note.value).startswith(f"Host: not granted to {name!r}")
    assert "tk-invalid" in row.inputs["host"]._dom_classes


def test_submit_creates_the_tenant_and_the_page_shows_it(form: TenantForm, name: str, cluster: Cluster) -> None:
    fill(form, name)

    report = form.submit()

    assert report.is_complete
    assert report.urls == {name: [f"http://{name}.example.ai/ai-service"]}
    word, summary, url, *_ = panel_text(form).splitlines()
    assert (word, url) == ("Done", f"http://{name}.example.ai/ai-service")
    assert re.fullmatch(r"18 applied\. The cluster matched the plan at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\.", summary)
    assert "<a " not in form.panel.html  # somebody else may own the real host
    assert "0 of 4 cores used" in panel_text(form)
    assert tk.get_tenant(cluster, name) == form.tenant
    assert is_idle(form)


def test_the_plan_is_shown_before_anything_changes_and_apply_makes_the_changes(
    form: TenantForm, name: str, cluster: Cluster
) -> None:
    fill(form, name)
    assert form.disabled == {"apply": "plan first"}

    click(form, "plan")

    assert "18 to create" in panel_text(form)
    assert form.disabled == {}
    with pytest.raises(NotFound):
        cluster.get("Namespace", name)

    click(form, "apply")

    assert panel_text(form).startswith("Done\n18 applied")
    assert repr(form) == f"<TenantForm: {name!r}>"
    assert form.fields["name"].control.disabled


def test_apply_is_disabled_when_an_input_changes_and_enabled_when_it_changes_back(form: TenantForm, name: str) -> None:
    fill(form, name)
    click(form, "plan")

    form.fields["team"].control.value = "other"
    assert form.disabled == {"apply": "the fields have changed since the plan: plan again"}
    assert form.apply_button.disabled
    click(form, "apply")
    assert form.report is None

    form.fields["team"].control.value = "ml-vision"
    assert not form.apply_button.disabled


@pytest.mark.parametrize("output", ["code", "yaml"])
def test_the_code_and_the_yaml_create_the_same_objects_as_the_button(
    output: str, cluster: Cluster, admin: Cluster, name: str
) -> None:
    form = TenantForm(cluster)
    fill(
        form,
        name,
        hosts=[f"{name}.example.com"],
        editors=["group:ml-vision", "sa:jupyterhub/jupyter-dana"],
        viewers=["o'brien\\x@example.com"],
        protected=True,
        expires="2027-03-31T18:00:00+02:00",
        quota=Quota(requests_cpu=2, requests_memory="8Gi", accelerators={"nvidia.com/gpu": 1}),
        routes=[ROUTE, EXACT],
    )
    form.submit()
    by_button = objects(cluster, name)
    delete_namespace(admin, name)
    wait_until_deleted(admin, name, timeout_s=30)

    if output == "code":
        exec(form.code, {"cluster": cluster})  # noqa: S102 (tests that it runs)
    else:
        tk.apply(cluster, tk.plan(cluster, parse_specs(form.yaml, source="form").tenants), progress=False)

    assert objects(cluster, name) == by_button
    assert len(by_button) == 18


def test_a_tenant_is_loaded_and_changed_and_keeps_values_without_an_input(
    cluster: Cluster, vision: Tenant, name: str
) -> None:
    form = TenantForm(cluster, name)
    assert form.tenant == vision
    assert "Kept unchanged: path type Exact, name tenant-ingress-1." in text(
        form.fields["routes"]._rows[1].note.value  # type: ignore[attr-defined]
    )
    assert note(form, "name").startswith("A tenant cannot be renamed.")

    form.fill(size="medium", editors=["eve@example.com"])
    plan = form.submit(plan_only=True)
    assert {row.action for row in plan.rows} == {"create", "update", "unchanged"}
    assert "grant size small → medium" in panel_text(form)  # only the fields of the stored grant that differ
    form.submit()

    assert tk.get_tenant(cluster, name) == Tenant(**dict(vision) | {"size": "medium", "editors": ("eve@example.com",)})


def test_routes_are_added_and_removed(form: TenantForm, name: str) -> None:
    fill(form, name, routes=[])
    routes: Any = form.fields["routes"]

    routes.add_button.click()
    assert form.disabled["apply"] == "fill in the fields, then plan"
    for field, value in {"service": "api", "port": "http", "path": "/api"}.items():
        routes.rows[0][field].value = value
    assert form.tenant.routes == (Route(service="api", port="http", path="/api"),)

    routes.remove_buttons[0].click()
    assert not form.tenant.routes


def test_an_existing_tenant_is_not_overwritten_and_the_error_is_shown_at_the_name(
    form: TenantForm, vision: Tenant, name: str, cluster: Cluster
) -> None:
    fill(form, name, team="other")

    with pytest.raises(InvalidSpecError, match="a tenant of this name already exists: choose another name"):
        form.submit()

    assert "a tenant of this name already exists: choose another name" in note(form, "name")
    assert tk.get_tenant(cluster, name) == vision
    assert is_idle(form)


def test_a_namespace_that_tenantkit_did_not_create_blocks_apply(form: TenantForm, name: str, admin: Cluster) -> None:
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    fill(form, name)

    click(form, "plan")

    assert panel_text(form).startswith("This plan cannot be applied\n17 objects are blocked or unknown and will not be")
    assert form.disabled == {"apply": "the plan has only blocked or unknown rows"}
    with pytest.raises(PartialApplyError):
        form.submit()
    assert panel_text(form).startswith("Failed")


def test_conflicts_are_overwritten_only_if_the_box_is_ticked(cluster: Cluster, vision: Tenant, admin: Cluster) -> None:
    edit_quota(admin, vision.name, pods="99")
    form = TenantForm(cluster, vision.name)
    assert form.force_conflicts.layout.display == "none"

    click(form, "plan")
    assert form.force_conflicts.layout.display is None
    assert "in conflict" in panel_text(form)
    form.force_conflicts.value = True
    assert "force_conflicts=" in form.code
    click(form, "apply")

    assert panel_text(form).startswith("Done")
    assert cluster.get("ResourceQuota", "tenantkit-quota", vision.name)["spec"]["hard"]["pods"] == "20"


def test_a_tenant_that_does_not_exist_raises_an_error(cluster: Cluster) -> None:
    with pytest.raises(NotFound):
        TenantForm(cluster, "no-such-tenant")


def test_fill_refuses_an_unknown_field(form: TenantForm) -> None:
    with pytest.raises(InvalidSpecError, match="ownrs='x': unknown field; the fields are name, team, size"):
        form.fill(ownrs="x")


def test_submit_is_refused_while_the_form_is_busy(form: TenantForm, name: str) -> None:
    fill(form, name)

    with pytest.raises(BusyError, match="the form is busy"):
        form.job.run(form.submit)


def test_an_unexpected_error_is_shown_in_full_with_a_button_to_copy_it(
    form: TenantForm, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(form, name)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("<b>secret</b>")

    monkeypatch.setattr("tenantkit.forms.tenant.form.plan", broken)
    click(form, "plan")

    assert panel_text(form).startswith("Unexpected error\ntenantkit did not expect this error (ZeroDivisionError)")
    assert 'class="tk-copy"' in form.panel.html
    assert "&lt;b&gt;secret&lt;/b&gt;" in form.panel.html
    assert "in broken" in panel_text(form)
    assert is_idle(form)


def test_the_text_of_a_form_contains_no_token_port_or_path(form: TenantForm) -> None:
    bundle = form._repr_mimebundle_()

    assert bundle["text/plain"] == "<TenantForm: new>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_closed_form_leaves_no_widget(form: TenantForm) -> None:
    form.close()
    form.close()

    assert form.widget.comm is None


def test_invalid_stored_settings_are_reported_in_the_panel(
    form: TenantForm, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(form, name)

    def unreadable(*_: object, **__: object) -> None:
        raise InvalidSpecError(
            [Problem("data[platform.json]", "<b>", "is not a JSON object: install the platform again")]
        )

    monkeypatch.setattr("tenantkit.forms.tenant.form.plan", unreadable)
    click(form, "plan")

    assert panel_text(form).splitlines() == [
        "Invalid",
        "data[platform.json]='<b>': is not a JSON object: install the platform again",
        "Nothing was changed.",
    ]

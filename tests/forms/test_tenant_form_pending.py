"""What only the platform team may do is pending, and what others added is foreign: the rest of a form goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.provision.install import install_platform
from tenantkit.rules.manifest import ObjectRef
from tests.forms.pages import click, is_idle, panel_text
from tests.forms.samples import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant


@pytest.fixture
def owner(vision: Tenant, admin: Cluster, connect_as: Callable[[str], Cluster]) -> Iterator[Cluster]:
    """An owner of a tenant, after the platform has changed its settings."""
    assert vision.name
    install_platform(admin, PLATFORM.with_(labels={"example.com/cost": "7"}), progress=False)
    with connect_as("owner") as owner:
        yield owner
    install_platform(admin, PLATFORM, progress=False)


def test_an_owner_adds_a_member_although_the_platform_has_changed_its_settings(
    owner: Cluster, vision: Tenant, cluster: Cluster
) -> None:
    form = TenantForm(owner, vision.name)
    form.fill(viewers=["vera@example.com"])

    click(form, "plan")

    assert panel_text(form).splitlines()[:3] == [
        "Planned",
        "None of the changes below has been made yet. Review them, then click Apply.",
        "1 object is pending: only the platform team may make these changes.",
    ]
    assert "pending\nNamespace" in panel_text(form)
    assert form.disabled == {}

    click(form, "apply")

    word, text, *_ = panel_text(form).splitlines()
    assert word == "Pending"
    assert text.startswith("2 applied, ")
    asked = "ask the platform team (provisioner@example.com) to apply this tenant."
    assert text.endswith(f"The pending changes are not yours to make: {asked}")
    assert f"pending\nNamespace '{vision.name}'\nyou may not change this" in panel_text(form)
    assert form.report is not None
    assert not form.report.is_complete
    assert tk.get_tenant(cluster, vision.name).viewers == ("vera@example.com",)
    assert is_idle(form)


def test_an_owner_with_nothing_but_pending_changes_has_nothing_to_apply(owner: Cluster, vision: Tenant) -> None:
    form = TenantForm(owner, vision.name)

    click(form, "plan")

    assert panel_text(form).splitlines()[:2] == [
        "Nothing to apply",
        "1 object is pending: only the platform team may make these changes.",
    ]
    assert form.disabled == {"apply": "the plan has no changes that you may make"}


def test_what_somebody_else_added_is_shown_and_stays_and_does_not_stop_the_rest(
    cluster: Cluster, admin: Cluster, vision: Tenant
) -> None:
    second = {"metadata": {"name": "second", "namespace": vision.name}, "spec": {"hard": {"pods": "1"}}}
    admin.create({"apiVersion": "v1", "kind": "ResourceQuota", **second})
    form = TenantForm(cluster, vision.name)

    click(form, "plan")

    assert panel_text(form).splitlines()[:2] == [
        "Nothing to apply",
        "1 row is foreign: somebody else added what is listed there, and tenantkit does not change it.",
    ]
    assert "foreign\nResourceQuota 'second'" in panel_text(form)
    assert form.disabled == {"apply": "the plan has no changes"}

    form.fill(viewers=["vera@example.com"])
    click(form, "plan")
    click(form, "apply")

    assert panel_text(form).startswith("Done")
    assert admin.get("ResourceQuota", "second", vision.name)["spec"]["hard"] == {"pods": "1"}


def test_a_blocked_route_does_not_stop_a_new_size(cluster: Cluster, admin: Cluster, vision: Tenant) -> None:
    [taken] = [
        it for it in admin.list("Ingress", namespace=vision.name) if it["metadata"]["name"] != "tenant-ingress-1"
    ]
    name = taken["metadata"]["name"]
    admin.delete(ObjectRef("networking.k8s.io/v1", "Ingress", name, vision.name))
    metadata = {"name": name, "namespace": vision.name, "labels": {"app.kubernetes.io/managed-by": "helm"}}
    admin.create({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": taken["spec"]})
    form = TenantForm(cluster, vision.name)
    form.fill(size="medium", routes=[route.model_dump() for route in vision.routes or ()])

    click(form, "plan")
    click(form, "apply")

    assert cluster.get("ResourceQuota", "tenantkit-quota", vision.name)["spec"]["hard"]["pods"] == "50"
    assert panel_text(form).startswith("Partly done\n3 applied, 14 unchanged, 1 failed.")

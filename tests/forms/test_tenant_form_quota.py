"""The size of a tenant in its form: a custom quota has a card and amounts that are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.forms.tenant.size_field import SizeField
from tenantkit.spec.quota import Quota
from tenantkit.spec.tenant import Tenant
from tests.forms.pages import fill, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture
def form(cluster: Cluster) -> Iterator[TenantForm]:
    form = TenantForm(cluster)
    yield form
    form.close()


def test_a_custom_quota_has_a_card_and_is_kept(cluster: Cluster, name: str) -> None:
    quota = Quota(requests_cpu="1500m", requests_memory="8Gi", pods=7)
    tenant = Tenant(name=name, team="cv", owners=["owner@example.com"], quota=quota)
    tk.apply(cluster, tk.plan(cluster, tenant), progress=False)

    form = TenantForm(cluster, name)

    assert form.tenant == tenant.with_(editors=[], viewers=[], routes=[])
    labels = [label for label, _ in form.fields["size"].control.options]
    assert labels[-1].splitlines() == [
        "custom quota",
        "1.5 CPU cores",
        "8 GiB of memory",
        "no GPUs",
        "100 GiB of storage",
        "7 pods",
    ]
    assert form.submit().summary == "16 unchanged"


def test_none_for_size_or_quota_means_that_it_is_not_given(form: TenantForm, name: str) -> None:
    quota = Quota(requests_cpu="3", requests_memory="8Gi", pods=7)

    fill(form, name, size="medium", quota=None)
    assert form.tenant.size == "medium"
    form.fill(size=None, quota=quota)
    assert form.tenant.model_dump(include={"size", "quota"}) == {"size": None, "quota": quota.model_dump()}
    with pytest.raises(InvalidSpecError, match="the fields are name, team, size, quota, "):
        form.fill(sise="medium")


def test_a_custom_quota_starts_from_the_selected_size_and_is_typed(form: TenantForm, name: str) -> None:
    size = form.fields["size"]
    assert isinstance(size, SizeField)
    fill(form, name, size="medium")
    assert size.amounts.widget.layout.display == "none"

    size.control.value = size.control.options[-1][1]
    assert size.amounts.widget.layout.display is None
    assert {it: control.value for it, control in size.amounts.inputs.items()} == {
        "requests_cpu": "16",
        "requests_memory": "64Gi",
        "nvidia.com/gpu": "2",
        "storage": "500Gi",
        "pods": "50",
    }
    assert form.tenant.quota == form._inputs.platform.sizes["medium"]
    assert text(size.amounts.note.value) == "All other limits are those of size 'medium'."

    size.amounts.inputs["nvidia.com/gpu"].value = "4"
    size.amounts.inputs["requests_memory"].value = "96 GiB"
    medium = form._inputs.platform.sizes["medium"]
    assert form.tenant.quota == medium.with_(accelerators={"nvidia.com/gpu": 4}, requests_memory="96Gi")
    assert "quota=tk.Quota(" in form.code

    size.control.value = "small"
    assert form.yaml.count("size: small") == 1
    assert "quota" not in form.yaml


def test_wrong_amounts_are_shown_at_their_inputs(form: TenantForm, name: str) -> None:
    size = form.fields["size"]
    assert isinstance(size, SizeField)
    fill(form, name, size=Quota(requests_cpu="4", requests_memory="16Gi"))

    size.amounts.inputs["requests_cpu"].value = "many"
    size.amounts.inputs["nvidia.com/gpu"].value = "2.5"

    cpu, gpus, rest = text(size.amounts.note.value).splitlines()
    assert cpu.startswith("CPU cores: 'many' is not a quantity")
    assert gpus == "GPUs (nvidia.com/gpu): use a whole number"
    assert rest == "All other limits are those of the tenant's own quota."
    invalid = [it for it, control in size.amounts.inputs.items() if "tk-invalid" in control._dom_classes]
    assert invalid == ["requests_cpu", "nvidia.com/gpu"]

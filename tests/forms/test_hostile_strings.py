"""Markup, scripts and terminal codes are shown as text, in every place that can hold a string."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import ClusterError, PartialApplyError
from tenantkit.forms.kit.header import header
from tenantkit.forms.kit.markup import copyable, element, joined
from tenantkit.forms.kit.panel import notice, table, unexpected
from tenantkit.forms.kit.results import error_content, plan_table, report_table, url_list
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.forms.tenant.results import quota_bars
from tenantkit.forms.tenant.size_field import SizeField
from tenantkit.frames.quota import quota_frame
from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.plan import Plan
from tenantkit.provision.reasons import Reason
from tenantkit.provision.report import ApplyOutcome, Report
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tests.forms.hostile import HOSTILE, Reader, expect_text_only
from tests.forms.pages import click, fill, widgets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.identity import User


def htmls(form: TenantForm) -> Iterator[str]:
    """Every value of a form that the page renders as markup."""
    for widget in widgets(form.widget):
        assert not getattr(widget, "description_allow_html", False)
        if type(widget).__name__.startswith("HTML"):
            yield widget.value


@pytest.mark.parametrize("hostile", HOSTILE)
def test_typed_strings_are_shown_as_text(hostile: str, cluster: Cluster) -> None:
    form = TenantForm(cluster)
    fill(
        form,
        hostile,
        team=hostile,
        owners=[hostile],
        editors=[hostile],
        viewers=[hostile],
        hosts=[hostile],
        expires=hostile,
        size=hostile,
        routes=[
            {"service": hostile, "port": hostile, "path": hostile, "host": hostile, "name": hostile, hostile: hostile}
        ],
    )
    click(form, "plan")

    for html in htmls(form):
        expect_text_only(html)
    form.close()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_strange_user_name_is_shown_as_text_in_plan_code_and_result(
    hostile: str, cluster: Cluster, name: str
) -> None:
    """Nearly any user name is valid, so it passes through the form and the cluster."""
    form = TenantForm(cluster)
    person = "".join(letter for letter in hostile if letter.isprintable()).strip()
    fill(form, name, viewers=[person])
    click(form, "plan")
    shown = list(htmls(form))
    click(form, "apply")

    for html in [*shown, *htmls(form)]:
        expect_text_only(html)
    assert any(person in Reader(html).text for html in shown)
    form.close()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_strings_from_a_cluster_are_shown_as_text(hostile: str) -> None:
    ref = ObjectRef("v1", hostile, hostile, hostile)
    row = PlanRow("conflict", ref, (hostile,), hostile, {hostile: [hostile]}, Reason("failed", hostile), hostile)
    plan = Plan(Platform(), (), (PlanChange("conflict", ref, (row,), hostile),))
    outcome = ApplyOutcome(ref, hostile, hostile, hostile, Reason("failed", hostile))
    report = Report(applied=(outcome,), failed=(outcome,), not_attempted=(outcome,), urls={hostile: [hostile]})
    errors = [
        ClusterError(hostile),
        PartialApplyError(hostile, report=report),
        ValueError(hostile),
        KeyboardInterrupt(hostile),
    ]
    identity: Any = SimpleNamespace(username=hostile, context=hostile, server=hostile, is_sandbox=False)

    for html in [
        header(hostile, identity_of(identity)),
        plan_table(plan),
        report_table(report),
        url_list(report, as_links=False),
        notice("error", hostile, hostile, word=hostile),
        table((hostile,), [(hostile,)], caption=hostile),
        copyable(hostile, label=hostile),
        unexpected(ValueError(hostile)),
        quota_bars(quota_frame([quota(hostile)])),
        *(joined(*error_content(error, as_links=False)) for error in errors),
    ]:
        read = expect_text_only(html or "")
        assert read.text


def identity_of(identity: Any) -> User:
    typed: User = identity
    return typed


def quota(hostile: str) -> dict[str, Any]:
    hard = {"pods": "1", f"requests.{hostile}/{hostile}": "1"}
    labels = {"tenantkit.dev/tenant": hostile}
    metadata = {"name": hostile, "namespace": hostile, "labels": labels}
    return {"metadata": metadata, "spec": {"hard": hard}, "status": {"hard": hard, "used": dict.fromkeys(hard, "1")}}


def test_a_url_becomes_a_link_only_outside_the_sandbox_and_only_for_http() -> None:
    report = Report(urls={"vision": ["https://vision.example.com/a?b=<c>", "javascript:alert(1)"]})

    html = url_list(report, as_links=True)

    assert html is not None
    read = expect_text_only(html, links=("https://vision.example.com/a?b=<c>",))
    assert read.links == {"https://vision.example.com/a?b=<c>"}
    assert "javascript:alert(1)" in read.text


def test_a_string_is_escaped_unless_it_is_markup_already() -> None:
    inner = element("b", "<i>")

    assert element("p", "<b>", inner, None, title='"', class_="x") == (
        '<p title="&quot;" class="x">&lt;b&gt;<b>&lt;i&gt;</b></p>'
    )


def test_size_cards_are_plain_text_widgets() -> None:
    field = SizeField("size", "Size", "", platform=Platform())
    assert all("<" not in label for label, _ in field.control.options)

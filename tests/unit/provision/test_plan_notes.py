"""What a plan says beside its changes, and the report after it: what grants nothing yet, what was not checked."""

from __future__ import annotations

from html import escape

import pytest

from tenantkit.manifests.platform import make_platform
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.unit.provision.memory import PLATFORM, Memory, run, tenant

UNCHECKED = (
    "not checked whether another tenant has this host, since you may not list namespaces: "
    "the platform team can plan it to check"
)


@pytest.mark.parametrize("is_installed", [True, False])
def test_where_nothing_is_installed_bindings_say_that_they_grant_nothing_yet(*, is_installed: bool) -> None:
    memory = Memory()
    if is_installed:
        [settings] = [manifest for manifest in make_platform(PLATFORM) if manifest["kind"] == "ConfigMap"]
        memory.create(settings)

    made = plan(memory, tenant())
    report = apply(memory, made, progress=False)

    told = "grants nothing until the platform is installed: tk.install_platform(cluster)"
    [row] = [row for row in made.rows if row.ref.kind == "RoleBinding"]
    [done] = [outcome for outcome in report.applied if outcome.ref.kind == "RoleBinding"]
    assert (row.action, row.reason) == ("create", "" if is_installed else told)
    assert (done.action, done.reason) == ("create", "" if is_installed else told)
    assert (told in str(report)) is not is_installed


@pytest.mark.parametrize("may_list", [True, False])
def test_who_may_not_list_namespaces_is_told_that_no_host_was_checked(*, may_list: bool) -> None:
    memory = Memory(refused=() if may_list else ("Namespace",))

    made = plan(memory, tenant(), platform=PLATFORM)

    told = [(row.ref.kind, row.action) for row in made.rows if row.reason == UNCHECKED]
    assert told == ([] if may_list else [("Namespace", "create"), ("Ingress", "create")])
    assert (UNCHECKED in str(made), escape(UNCHECKED) in made._repr_html_()) == (not may_list, not may_list)


def test_a_host_that_is_added_says_that_it_was_not_checked_and_the_rest_of_the_grant_does_not() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.refused = ("Namespace",)

    made = plan(memory, tenant(hosts=["second.example.ai"]), platform=PLATFORM)

    assert [(row.field, row.reason) for row in made.rows if row.action == "update"] == [
        ("metadata.annotations[tenantkit.dev/grant]", ""),
        ("metadata.annotations[tenantkit.dev/hosts]", UNCHECKED),
    ]
    assert not plan(memory, tenant(), platform=PLATFORM).has_changes


def test_a_report_leaves_out_that_the_server_could_not_be_asked() -> None:
    memory = Memory()
    made = plan(memory, tenant(), platform=PLATFORM, dry_run="server")

    report = apply(memory, made, progress=False)

    assert {row.code for row in made.rows if row.ref.namespace} == {"local-only"}
    assert {outcome.why for outcome in report.applied} == {None}

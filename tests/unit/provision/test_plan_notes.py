"""Notes of plans and reports: bindings that grant nothing yet, and hosts that were not checked."""

from __future__ import annotations

from html import escape

import pytest

from tenantkit.manifests.platform import make_platform
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.unit.provision.memory import PLATFORM, Memory, run, tenant

UNCHECKED = (
    "it is not known whether another tenant has this host, since you may not list namespaces: "
    "ask the platform team to plan this tenant"
)


@pytest.mark.parametrize("is_installed", [True, False])
def test_without_an_installation_bindings_say_that_they_grant_nothing_yet(*, is_installed: bool) -> None:
    memory = Memory()
    if is_installed:
        [settings] = [manifest for manifest in make_platform(PLATFORM) if manifest["kind"] == "ConfigMap"]
        memory.create(settings)

    made = plan(memory, tenant())
    report = apply(memory, made, progress=False)

    note = "this RoleBinding grants nothing until the platform is installed: use tk.install_platform(cluster)"
    [row] = [row for row in made.rows if row.ref.kind == "RoleBinding"]
    [done] = [outcome for outcome in report.applied if outcome.ref.kind == "RoleBinding"]
    assert (row.action, row.reason) == ("create", "" if is_installed else note)
    assert (done.action, done.reason) == ("create", "" if is_installed else note)
    assert (note in str(report)) is not is_installed


@pytest.mark.parametrize("may_list", [True, False])
def test_a_user_who_may_not_list_namespaces_sees_that_hosts_were_not_checked(*, may_list: bool) -> None:
    memory = Memory(refused=() if may_list else ("Namespace",))

    made = plan(memory, tenant(), platform=PLATFORM)

    told = [(row.ref.kind, row.action) for row in made.rows if row.reason == UNCHECKED]
    assert told == ([] if may_list else [("Namespace", "create"), ("Ingress", "create")])
    assert (UNCHECKED in str(made), escape(UNCHECKED) in made._repr_html_()) == (not may_list, not may_list)


def test_only_the_rows_of_an_added_host_say_that_it_was_not_checked() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.refused = ("Namespace",)

    made = plan(memory, tenant(hosts=["second.example.ai"]), platform=PLATFORM)

    assert [(row.field, row.reason) for row in made.rows if row.action == "update"] == [
        ("metadata.annotations[tenantkit.dev/grant]", ""),
        ("metadata.annotations[tenantkit.dev/hosts]", UNCHECKED),
    ]
    assert not plan(memory, tenant(), platform=PLATFORM).has_changes


def test_a_report_has_no_note_that_the_server_could_not_check() -> None:
    memory = Memory()
    made = plan(memory, tenant(), platform=PLATFORM, dry_run="server")

    report = apply(memory, made, progress=False)

    assert {row.code for row in made.rows if row.ref.namespace} == {"local-only"}
    assert {outcome.why for outcome in report.applied} == {None}

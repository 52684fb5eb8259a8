"""What a plan says beside its changes, and the report after it: what grants nothing yet, what was not checked."""

from __future__ import annotations

from html import escape

import pytest

from tenantkit.manifests.platform import make_platform
from tenantkit.provision.apply import apply
from tenantkit.provision.dry_run import LOCAL_ONLY
from tenantkit.provision.plan import plan
from tests.unit.provision.memory import PLATFORM, Memory, cluster_of, run, tenant

UNCHECKED = (
    "not checked whether another tenant has this host, since you may not list namespaces: "
    "the platform's team can plan it to see"
)


@pytest.mark.parametrize("is_installed", [True, False])
def test_where_nothing_is_installed_bindings_say_that_they_grant_nothing_yet(*, is_installed: bool) -> None:
    memory = Memory()
    if is_installed:
        [settings] = [manifest for manifest in make_platform(PLATFORM) if manifest["kind"] == "ConfigMap"]
        memory.create(settings)

    made = plan(cluster_of(memory), tenant())
    report = apply(cluster_of(memory), made, progress=False)

    told = "grants nothing until the platform is installed: tk.install_platform(cluster), or `tenantkit install`"
    [row] = [row for row in made.rows if row.ref.kind == "RoleBinding"]
    [done] = [outcome for outcome in report.applied if outcome.ref.kind == "RoleBinding"]
    assert (row.action, row.reason) == ("create", "" if is_installed else told)
    assert (done.action, done.reason) == ("create", None if is_installed else told)
    assert (told in str(report)) is not is_installed


@pytest.mark.parametrize("may_list", [True, False])
def test_who_may_not_list_namespaces_is_told_that_no_host_was_checked(*, may_list: bool) -> None:
    memory = Memory(refused=() if may_list else ("Namespace",))

    made = plan(cluster_of(memory), tenant(), platform=PLATFORM)

    told = [(row.ref.kind, row.action) for row in made.rows if row.reason == UNCHECKED]
    assert told == ([] if may_list else [("Namespace", "create"), ("Ingress", "create")])
    assert (UNCHECKED in str(made), escape(UNCHECKED) in made._repr_html_()) == (not may_list, not may_list)


def test_a_host_that_is_added_says_that_it_was_not_checked_and_the_rest_of_the_grant_does_not() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.refused = ("Namespace",)
    cluster = cluster_of(memory)

    made = plan(cluster, tenant(hosts=["second.example.ai"]), platform=PLATFORM)

    assert [(row.field, row.reason) for row in made.rows if row.action == "update"] == [
        ("metadata.annotations[tenantkit.dev/grant]", ""),
        ("metadata.annotations[tenantkit.dev/hosts]", UNCHECKED),
    ]
    assert not plan(cluster, tenant(), platform=PLATFORM).has_changes


def test_a_report_leaves_out_that_the_server_could_not_be_asked() -> None:
    memory = Memory()
    cluster = cluster_of(memory)
    made = plan(cluster, tenant(), platform=PLATFORM, server=True)

    report = apply(cluster, made, progress=False)

    assert {row.reason for row in made.rows if row.ref.namespace} == {LOCAL_ONLY}
    assert {outcome.reason for outcome in report.applied} == {None}

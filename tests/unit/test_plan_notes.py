"""What a plan says beside its changes: what grants nothing yet, and what could not be checked."""

from __future__ import annotations

from html import escape

import pytest

from tenantkit.manifests.platform import make_platform
from tenantkit.provision.plan import plan
from tests.unit.memory import PLATFORM, Memory, cluster_of, run, tenant

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

    [row] = [row for row in plan(cluster_of(memory), tenant()).rows if row.ref.kind == "RoleBinding"]

    told = "grants nothing until the platform is installed: tk.install(cluster), or `tenantkit install`"
    assert (row.action, row.reason) == ("create", "" if is_installed else told)


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

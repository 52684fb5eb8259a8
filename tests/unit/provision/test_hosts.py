"""Hosts: tenants of one plan that want the same one, hosts that move, and two users who grant one at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.manifests.labels import HOSTS_ANNOTATION
from tenantkit.provision.hosts.moves import exchanging, givers_first
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenants
from tenantkit.rules.tenant_index import IndexedTenant
from tests.unit.provision.memory import NAMESPACE, NOW, PLATFORM, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import ObjectRef

SHARED = "shared.example.ai"


def hosts_of(memory: Memory, name: str) -> list[str]:
    namespace = next(one for ref, one in memory.objects.items() if (ref.kind, ref.name) == ("Namespace", name))
    return str(namespace["metadata"]["annotations"][HOSTS_ANNOTATION]).split(",")


def blocked_tenants(made: Plan) -> set[str | None]:
    return {change.tenant for change in made.changes if change.action == "blocked"}


def test_two_tenants_that_want_the_same_host_are_blocked_and_no_others() -> None:
    wanted = [tenant(hosts=[SHARED]), tenant(name="speech", hosts=[SHARED]), tenant(name="search")]

    made = plan(Memory(), wanted, platform=PLATFORM)

    assert blocked_tenants(made) == {"vision", "speech"}
    assert {row.code for row in made.rows if row.action == "blocked"} == {"host-taken"}
    assert f"'{SHARED}' of tenant 'speech'" in made.rows[0].reason


def test_the_tenant_that_has_the_host_already_is_not_blocked() -> None:
    memory = Memory()
    run(memory, tenant(hosts=[SHARED]))

    made = plan(memory, [tenant(name="speech", hosts=[SHARED]), tenant(hosts=[SHARED])], platform=PLATFORM)

    assert blocked_tenants(made) == {"speech"}


def test_a_plan_of_all_tenants_is_made_although_two_of_them_have_one_host() -> None:
    memory = Memory()
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech"), tenant(name="search"))
    speech = next(ref for ref in memory.objects if (ref.kind, ref.name) == ("Namespace", "speech"))
    grant = memory.objects[speech]["metadata"]["annotations"]
    grant["tenantkit.dev/grant"] = grant["tenantkit.dev/grant"].replace('"hosts":[]', f'"hosts":["{SHARED}"]')
    grant[HOSTS_ANNOTATION] += f",{SHARED}"

    made = plan(memory, get_tenants(memory), platform=PLATFORM)

    assert blocked_tenants(made) == {"vision", "speech"}
    assert "search" in {change.tenant for change in made.changes if change.action == "unchanged"}


def test_a_host_moves_once_its_holder_has_let_go_of_it() -> None:
    memory = Memory()
    run(memory, tenant(hosts=[SHARED], routes=[]), tenant(name="speech"))
    memory.writes.clear()

    # the taker is planned first
    report = run(memory, tenant(name="speech", hosts=[SHARED]), tenant(routes=[]))

    assert [write for write in memory.writes if "Namespace" in write] == [
        "apply Namespace 'vision'",
        "apply Namespace 'speech'",
    ]
    assert report.is_complete
    assert hosts_of(memory, "speech") == ["speech.example.ai", SHARED]


@pytest.mark.parametrize("kind", ["Namespace", "Ingress"])
def test_a_tenant_whose_host_was_not_freed_is_not_attempted_and_says_so(kind: str) -> None:
    memory = Memory()
    route = {"name": "shared", "service": "ai", "port": 80, "host": SHARED}
    run(memory, tenant(hosts=[SHARED], routes=[route]), tenant(name="speech"), tenant(name="search"))

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == kind and "vision" in (ref.name, ref.namespace):
            raise PermissionDenied("may not", status=403)

    memory.on_write = refuse
    wanted = [tenant(name="speech", hosts=[SHARED]), tenant(routes=[]), tenant(name="search", size="medium")]
    with pytest.raises(PartialApplyError) as caught:
        run(memory, *wanted)

    report = caught.value.report
    assert {outcome.tenant for outcome in report.failed} == {"vision"}
    assert {outcome.reason for outcome in report.not_attempted if outcome.tenant == "speech"} == {
        f"it takes '{SHARED}' of tenant 'vision', which was not applied: fix that tenant first, then plan again"
    }
    assert hosts_of(memory, "speech") == ["speech.example.ai"]
    assert {outcome.tenant for outcome in report.applied} >= {"search"}


def test_a_host_of_a_tenant_that_is_blocked_is_not_taken() -> None:
    memory = Memory()
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech"))
    memory.objects[NAMESPACE]["metadata"]["deletionTimestamp"] = NOW

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(name="speech", hosts=[SHARED]), tenant())

    assert {outcome.code for outcome in caught.value.report.not_attempted} == {"host-not-free"}
    assert hosts_of(memory, "speech") == ["speech.example.ai"]


def test_a_tenant_that_waits_for_a_host_still_loses_the_rights_that_its_spec_takes_away() -> None:
    memory = Memory()
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech", editors=["eve@example.com"]))
    memory.objects[NAMESPACE]["metadata"]["deletionTimestamp"] = NOW

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(name="speech", hosts=[SHARED], editors=[]), tenant())

    assert [(outcome.action, outcome.ref.kind) for outcome in caught.value.report.applied] == [
        ("delete", "RoleBinding")
    ]


def test_with_one_thread_a_chain_of_moves_ends() -> None:
    memory = Memory()
    names = ["a", "b", "c", "d"]
    run(memory, *(tenant(name=name, hosts=[f"{name}.example.org"], routes=[]) for name in names))
    # each takes the host of the next one, which gives it up
    wanted = [
        tenant(name=name, hosts=[f"{following}.example.org"], routes=[])
        for name, following in zip(names, [*names[1:], "e"], strict=True)
    ]

    report = run(memory, *wanted, max_concurrency=1)

    assert report.is_complete
    assert [hosts_of(memory, name)[1] for name in names] == [f"{name}.example.org" for name in ("b", "c", "d", "e")]


def test_tenants_that_exchange_hosts_are_blocked_since_each_would_wait() -> None:
    memory = Memory()
    run(memory, tenant(hosts=["a.example.org"]), tenant(name="speech", hosts=["b.example.org"]))

    made = plan(memory, [tenant(hosts=["b.example.org"]), tenant(name="speech", hosts=["a.example.org"])])

    assert blocked_tenants(made) == {"vision", "speech"}
    assert made.rows[0].reason.startswith("tenants 'speech', 'vision' exchange hosts")


def test_givers_come_before_takers_in_the_order_of_the_plan() -> None:
    waits = {"a": {"h": "c"}, "c": {"i": "b"}, "x": {"j": "elsewhere"}}

    assert givers_first(["a", "b", "c", "x", None], waits) == ["b", "c", "a", "x", None]
    assert exchanging(waits) == {}
    assert exchanging({"a": {"h": "b"}, "b": {"i": "a"}, "c": {"j": "a"}}) == {"a": ("a", "b"), "b": ("a", "b")}


def test_an_owner_who_asks_for_a_host_hears_of_own_tenants_only() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="chatbot", hosts=[SHARED]), tenant(name="hidden", hosts=["h.example.ai"]))
    memory.refused, memory.rights = ("Namespace",), frozenset()
    memory.own = (IndexedTenant("vision", "vision"), IndexedTenant("chatbot", "chatbot"))

    taken = plan(memory, tenant(hosts=[SHARED]), platform=PLATFORM)
    unchecked = plan(memory, tenant(hosts=["h.example.ai"]), platform=PLATFORM)

    assert f"'{SHARED}' of tenant 'chatbot'" in str(taken)
    row = next(row for row in unchecked.rows if row.path[-1:] == (HOSTS_ANNOTATION,))
    assert (row.action, "its new hosts are not checked against tenants that you may not read" in row.reason) == (
        "not yours",
        True,
    )
    assert "hidden" not in str(unchecked)

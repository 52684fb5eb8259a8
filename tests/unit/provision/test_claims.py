"""Claims of hosts: made before the grant and released after it, so that a host never has two owners."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.manifests.claims import claim_name, claim_ref, claimant
from tenantkit.manifests.labels import HOSTS_ANNOTATION
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.plan_files import read_plan, write_plan
from tenantkit.spec.platform import Platform
from tenantkit.spec.routing import Gateway, Routing
from tests.unit.provision.claimed import OWN, SHARED, claims, installed, rows_of_claims, taken_by
from tests.unit.provision.memory import NAMESPACE, PLATFORM, Memory, run, tenant

if TYPE_CHECKING:
    from pathlib import Path

    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest, ObjectRef

NEXT = "choose another host, or agree with its owners, then plan again"
ROUTE = {"name": "shared", "service": "ai", "port": 80, "host": SHARED}


@pytest.fixture
def memory() -> Memory:
    return installed()


def granted(memory: Memory, name: str) -> list[str]:
    ref = next(ref for ref in memory.objects if (ref.kind, ref.name) == ("Namespace", name))
    return str(memory.objects[ref]["metadata"]["annotations"][HOSTS_ANNOTATION]).split(",")


def failing(memory: Memory, made: Plan, **options: Any) -> Report:
    with pytest.raises(PartialApplyError) as caught:
        apply(memory, made, progress=False, **options)
    return caught.value.report


def test_a_host_is_claimed_before_anything_else_is_written_and_then_has_no_row(memory: Memory) -> None:
    made = plan(memory, tenant())
    report = apply(memory, made, progress=False)

    assert rows_of_claims(made) == [
        ("create", None, "claims host 'vision.example.ai', so that no other tenant is granted it")
    ]
    assert memory.writes[0] == f"create {OWN}"
    assert memory.objects[OWN]["immutable"] is True
    assert claims(memory) == {"vision.example.ai": "vision"}
    assert len(report.applied) == 18
    assert rows_of_claims(plan(memory, tenant())) == []
    assert not plan(memory, tenant()).has_changes


def test_a_plan_that_is_applied_twice_writes_nothing_the_second_time(memory: Memory) -> None:
    made = plan(memory, tenant())
    apply(memory, made, progress=False)
    memory.writes.clear()

    report = apply(memory, made, progress=False)

    assert (memory.writes, report.summary) == ([], "18 unchanged")


def test_a_claim_is_never_applied(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED]))
    run(memory, tenant(hosts=["other.example.ai"], size="medium"))

    of_claims = [write for write in memory.writes if "'host-" in write]
    assert {write.partition(" ")[0] for write in of_claims} == {"create", "delete"}


def test_a_host_is_released_after_the_grant_no_longer_has_it(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED], routes=[ROUTE]))
    memory.writes.clear()

    made = plan(memory, tenant(routes=[]))
    apply(memory, made, progress=False)

    assert rows_of_claims(made) == [
        ("delete", None, "its host can be granted to others once neither the grant nor a route has it")
    ]
    assert "loses host shared.example.ai" in made.headlines[0]
    assert memory.writes[-1] == f"delete {claim_ref(SHARED)}"
    assert claims(memory) == {"vision.example.ai": "vision"}


@pytest.mark.parametrize("kind", ["Namespace", "Ingress", "HTTPRoute"])
def test_a_host_that_the_tenant_still_has_stays_claimed(memory: Memory, kind: str) -> None:
    by_gateway = Routing(by="gateway", gateway=Gateway(name="edge", namespace="infra"))
    platform = Platform(routing=by_gateway) if kind == "HTTPRoute" else PLATFORM
    run(memory, tenant(hosts=[SHARED], routes=[ROUTE]), platform=platform)

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == kind:
            raise PermissionDenied("may not", status=403)

    memory.on_write = refuse
    report = failing(memory, plan(memory, tenant(routes=[])))

    assert claim_ref(SHARED) in {outcome.ref for outcome in report.not_attempted}
    assert claims(memory) == {"vision.example.ai": "vision", SHARED: "vision"}


def test_whoever_claims_second_fails_with_the_owner_and_writes_nothing(memory: Memory) -> None:
    made = plan(memory, tenant(hosts=[SHARED]))

    def somebody_is_first(_verb: str, ref: ObjectRef) -> None:
        if ref == claim_ref(SHARED):
            memory.on_write = lambda _verb, _ref: None
            run(memory, tenant(name="speech", hosts=[SHARED]))

    memory.on_write = somebody_is_first
    report = failing(memory, made)

    [failure] = report.failed
    assert (failure.code, failure.ref) == ("host-taken", claim_ref(SHARED))
    assert failure.reason == (
        f"host '{SHARED}' is claimed by tenant 'speech': choose another host, or agree with its owners, then plan again"
    )
    assert report.applied == ()
    assert OWN in {outcome.ref for outcome in report.not_attempted}
    assert OWN not in memory.objects
    assert not [ref for ref in memory.objects if "vision" in (ref.name, ref.namespace)]
    assert granted(memory, "speech") == ["speech.example.ai", SHARED]


def test_a_claim_that_cannot_be_given_back_is_reported(memory: Memory) -> None:
    taken_by(memory, "gone")
    listed = memory.list

    def unseen(kind: str | Kind, **options: Any) -> list[Manifest]:
        return [it for it in listed(kind, **options) if it["metadata"]["name"] != claim_name(SHARED)]

    def refuse(verb: str, _ref: ObjectRef) -> None:
        if verb == "delete":
            raise PermissionDenied("may not delete", status=403)

    memory.list, memory.on_write = unseen, refuse  # type: ignore[method-assign]
    report = failing(memory, plan(memory, tenant(hosts=[SHARED])))

    assert [(outcome.ref, outcome.reason) for outcome in report.failed] == [
        (OWN, "may not delete"),
        (
            claim_ref(SHARED),
            f"host '{SHARED}' is claimed by tenant 'gone': {NEXT}",
        ),
    ]


def test_of_two_users_who_apply_at_once_exactly_one_gets_the_host(memory: Memory) -> None:
    lock, both_read = threading.Lock(), threading.Barrier(2, timeout=20)

    class User(Memory):
        """Shares the objects; claims the host once both have read."""

        def create(self, manifest: Manifest) -> Manifest:
            if manifest["metadata"]["name"] == claim_name(SHARED):
                both_read.wait()
            with lock:
                return super().create(manifest)

        def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
            with lock:
                return super().apply(manifest, force=force, dry_run=dry_run)

    users = [User(objects=memory.objects), User(objects=memory.objects)]
    wanted = [tenant(hosts=[SHARED]), tenant(name="speech", hosts=[SHARED])]
    plans = [plan(user, one) for user, one in zip(users, wanted, strict=True)]

    def outcome(index: int) -> str:
        try:
            apply(users[index], plans[index], progress=False)
        except PartialApplyError as error:
            return "; ".join(failure.reason for failure in error.report.failed)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(outcome, range(2)))

    winner = told.index("done")
    names = ["vision", "speech"]
    assert f"is claimed by tenant '{names[winner]}'" in told[1 - winner]
    assert claims(memory)[SHARED] == names[winner]
    assert not [ref for ref in memory.objects if names[1 - winner] in (ref.name, ref.namespace)]


def test_a_claim_that_is_released_at_the_same_moment_is_taken(memory: Memory) -> None:
    made = plan(memory, tenant(hosts=[SHARED]))
    taken_by(memory, "gone")
    answers = iter([True])
    get = memory.get

    def released(kind: str, name: str, namespace: str | None = None) -> Manifest:
        if name == claim_name(SHARED) and next(answers, False):
            memory.objects.pop(claim_ref(SHARED))
        return get(kind, name, namespace)

    reads = memory.list

    def unseen(kind: str | Kind, **options: Any) -> list[Manifest]:
        return [it for it in reads(kind, **options) if it["metadata"]["name"] != claim_name(SHARED)]

    memory.get, memory.list = released, unseen  # type: ignore[method-assign]
    apply(memory, made, progress=False)

    assert claims(memory)[SHARED] == "vision"


def test_a_host_that_moves_is_passed_on_once_its_holder_has_let_go_of_it(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED], routes=[]), tenant(name="speech"))
    memory.writes.clear()

    made = plan(memory, [tenant(name="speech", hosts=[SHARED]), tenant(routes=[])])
    apply(memory, made, progress=False)

    assert rows_of_claims(made) == [
        ("update", "data.tenant", f"claims host '{SHARED}' once tenant 'vision' has let go of it")
    ]
    ref = claim_ref(SHARED)
    assert [write for write in memory.writes if "Namespace" in write or str(ref) in write] == [
        "apply Namespace 'vision'",
        f"delete {ref}",
        f"create {ref}",
        "apply Namespace 'speech'",
    ]
    assert claims(memory)[SHARED] == "speech"
    assert not plan(memory, [tenant(name="speech", hosts=[SHARED]), tenant(routes=[])]).has_changes


def test_a_moving_host_is_not_checked_by_a_dry_run_since_its_claim_is_replaced(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED], routes=[]), tenant(name="speech"))

    made = plan(memory, [tenant(name="speech", hosts=[SHARED]), tenant(routes=[])], dry_run="server")

    assert [action for action, *_ in rows_of_claims(made)] == ["update"]


def test_a_host_that_moves_away_from_a_tenant_that_is_blocked_stays_claimed(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech"))
    memory.objects[NAMESPACE]["metadata"]["deletionTimestamp"] = "2026-11-25T12:00:00Z"

    report = failing(memory, plan(memory, [tenant(name="speech", hosts=[SHARED]), tenant()]))

    assert {outcome.code for outcome in report.not_attempted} == {"host-not-free"}
    assert claims(memory)[SHARED] == "vision"


@pytest.mark.parametrize("claimed_for", ["speech", "gone"])
def test_a_claim_alone_takes_no_host_from_the_only_tenant_that_has_it(memory: Memory, claimed_for: str) -> None:
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech"), tenant(name="search"))
    memory.objects[claim_ref(SHARED)]["data"]["tenant"] = claimed_for

    made = plan(memory, [tenant(hosts=[SHARED], size="medium"), tenant(name="search", size="medium")])

    assert [(it.code, it.tenant, it.text) for it in made.notices] == [
        (
            "host-claimed",
            "vision",
            (
                f"its host '{SHARED}' is claimed for tenant '{claimed_for}', which does not have it: delete ConfigMap "
                f"{claim_name(SHARED)} in namespace tenantkit-system, then plan again"
            ),
        )
    ]
    assert rows_of_claims(made) == []
    report = apply(memory, made, progress=False)
    assert {outcome.tenant for outcome in report.applied} == {"vision", "search"}
    assert claims(memory)[SHARED] == claimed_for
    assert {it.action for it in plan(memory, tenant(name="speech", hosts=[SHARED])).changes} == {"blocked"}


def test_the_claim_of_a_host_that_a_tenant_has_passes_to_it_once_the_other_one_lets_go(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech"))
    memory.objects[claim_ref(SHARED)]["data"]["tenant"] = "speech"

    made = plan(memory, [tenant(hosts=[SHARED]), tenant(name="speech")])
    apply(memory, made, progress=False)

    assert made.notices == ()
    assert claims(memory)[SHARED] == "vision"


def test_a_free_host_is_offered_in_place_of_a_taken_one(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED]), tenant(name="search", hosts=["shared-2.example.ai"]))

    made = plan(memory, tenant(name="speech", hosts=[SHARED]))

    assert "choose another host such as 'shared-3.example.ai', which no tenant has, or ask" in made.headlines[0]


def test_a_claim_that_a_deleted_tenant_left_names_what_to_delete(memory: Memory) -> None:
    taken_by(memory, "gone")

    made = plan(memory, tenant(hosts=[SHARED]))

    assert (
        f"'{SHARED}' of tenant 'gone' (which has no namespace: unless somebody is creating this tenant now, or a "
        f"route still serves the host, delete ConfigMap {claim_name(SHARED)} in namespace tenantkit-system)"
    ) in made.headlines[0]
    assert rows_of_claims(made) == []


def test_a_tenant_that_is_older_than_claims_gets_them_with_its_next_plan(memory: Memory) -> None:
    run(memory, tenant())
    memory.objects.pop(OWN)

    made = plan(memory, tenant())
    apply(memory, made, progress=False)

    assert made.headlines == ("vision: claims host vision.example.ai",)
    assert made.summary == "1 to create, 17 unchanged"
    assert claims(memory) == {"vision.example.ai": "vision"}


def test_a_claim_that_the_grant_does_not_have_is_released(memory: Memory) -> None:
    run(memory, tenant())
    taken_by(memory, "vision")

    made = plan(memory, tenant())

    assert made.headlines == ("vision: releases host shared.example.ai",)


def test_where_no_platform_is_installed_nothing_is_claimed() -> None:
    memory = Memory()

    run(memory, tenant())

    assert claims(memory) == {}


def test_a_user_who_may_not_list_claims_takes_those_of_new_hosts_and_does_not_learn_of_others(memory: Memory) -> None:
    run(memory, tenant())
    taken_by(memory, "speech")
    listed, read = memory.list, memory.get

    def refused(kind: str | Kind, **options: Any) -> list[Manifest]:
        if options.get("namespace") == "tenantkit-system":
            raise PermissionDenied("may not list", status=403)
        return listed(kind, **options)

    def unreadable(kind: str, name: str, namespace: str | None = None) -> Manifest:
        if name.startswith("host-"):
            raise PermissionDenied("may not get", status=403)
        return read(kind, name, namespace)

    memory.list, memory.get = refused, unreadable  # type: ignore[method-assign]
    made = plan(memory, tenant(hosts=[SHARED, "new.example.ai"]))
    report = failing(memory, made)

    assert [action for action, *_ in rows_of_claims(made)] == ["create", "create"]
    assert report.failed[0].reason.startswith(f"host '{SHARED}' is claimed, and you may not see by which tenant")
    assert "speech" not in str(report)
    assert granted(memory, "vision") == ["vision.example.ai"]


def test_what_is_not_the_users_to_grant_is_not_claimed(memory: Memory) -> None:
    run(memory, tenant())
    memory.rights = frozenset({("create", "ConfigMap")})

    made = plan(memory, tenant(hosts=[SHARED]))

    assert {row.action for row in made.rows if row.ref.name.startswith("host-")} == {"not yours"}


def test_a_plan_file_can_be_applied_again_after_its_hosts_were_claimed(memory: Memory, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, plan(memory, tenant()))
    taken_by(memory, "vision", "vision.example.ai")  # as an apply that was interrupted then

    assert apply(memory, read_plan(memory, path), progress=False).is_complete


def test_a_claim_whose_content_is_odd_blocks_and_names_nobody(memory: Memory) -> None:
    taken_by(memory, "speech")
    memory.objects[claim_ref(SHARED)]["data"] = {}

    assert claimant(memory.objects[claim_ref(SHARED)]) == ""
    made = plan(memory, tenant(hosts=[SHARED]))

    assert {change.action for change in made.changes} == {"blocked"}
    assert (
        f"'{SHARED}' of an unknown tenant (its claim names none: delete ConfigMap {claim_name(SHARED)} in namespace "
        f"tenantkit-system)"
    ) in made.headlines[0]

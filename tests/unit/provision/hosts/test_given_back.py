"""Claims of a tenant that was not granted its hosts after all: they are given back, so that no host is lost to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import ClusterUnavailable, PartialApplyError, PermissionDenied
from tenantkit.manifests.claims import claim_ref
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tests.unit.provision.claimed import OWN, SHARED, claims, installed
from tests.unit.provision.memory import run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tests.unit.provision.memory import Memory


@pytest.fixture
def memory() -> Memory:
    return installed()


def failing(memory: Memory, made: Plan, **options: Any) -> Report:
    with pytest.raises(PartialApplyError) as caught:
        apply(memory, made, progress=False, **options)
    return caught.value.report


@pytest.mark.parametrize("refused", ["Namespace", None])
def test_a_tenant_whose_namespace_is_not_written_keeps_no_new_claims(memory: Memory, refused: str | None) -> None:
    stop = threading.Event()

    def end(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == refused:
            raise PermissionDenied("may not", status=403)
        if refused is None and ref == claim_ref(SHARED):
            stop.set()

    memory.on_write = end
    made = plan(memory, tenant(hosts=[SHARED]))
    report = failing(memory, made, cancelled=stop)

    assert report.applied == ()
    assert [outcome.ref.kind for outcome in report.failed] == ([refused] if refused else [])
    assert {OWN, claim_ref(SHARED)} <= {outcome.ref for outcome in report.not_attempted}
    assert len(report.failed) + len(report.not_attempted) == len(made.changes)
    assert claims(memory) == {}
    memory.on_write = lambda _verb, _ref: None
    run(memory, tenant(name="speech", hosts=[SHARED]))
    assert claims(memory)[SHARED] == "speech"


def test_no_claim_is_made_once_the_run_is_cancelled(memory: Memory) -> None:
    stop = threading.Event()
    memory.on_write = lambda _verb, _ref: stop.set()

    failing(memory, plan(memory, tenant(hosts=[SHARED])), cancelled=stop)

    assert [write.partition(" ")[0] for write in memory.writes] == ["create", "delete"]


def test_a_claim_of_a_host_that_the_tenant_has_stays_when_its_namespace_is_not_written(memory: Memory) -> None:
    run(memory, tenant())
    memory.objects.pop(OWN)

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "Namespace":
            raise PermissionDenied("may not", status=403)

    memory.on_write = refuse
    report = failing(memory, plan(memory, tenant(hosts=[SHARED])))

    assert [outcome.ref for outcome in report.applied] == [OWN]
    assert claim_ref(SHARED) in {outcome.ref for outcome in report.not_attempted}
    assert claims(memory) == {"vision.example.ai": "vision"}


def test_claims_stay_when_nobody_knows_whether_the_namespace_was_written(memory: Memory) -> None:
    def unanswered(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "Namespace":
            raise ClusterUnavailable("no answer in time")

    memory.on_write = unanswered
    report = failing(memory, plan(memory, tenant()))

    assert [outcome.ref for outcome in report.applied] == [OWN]
    assert claims(memory) == {"vision.example.ai": "vision"}


def test_a_claim_that_another_tenant_passed_on_stays_with_the_one_that_took_it(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED], routes=[]), tenant(name="speech"))
    made = plan(memory, [tenant(name="speech", hosts=[SHARED]), tenant(routes=[])])

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref == ObjectRef("v1", "Namespace", "speech"):
            raise PermissionDenied("may not", status=403)

    memory.on_write = refuse
    report = failing(memory, made)

    assert claim_ref(SHARED) in {outcome.ref for outcome in report.applied}
    assert claims(memory)[SHARED] == "speech"

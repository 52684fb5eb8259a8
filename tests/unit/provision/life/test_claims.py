"""Claims of hosts of tenants that are deleted, adopted and released."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied, WaitTimeoutError
from tenantkit.manifests.claims import claim_ref
from tenantkit.provision.delete import delete_tenants, plan_delete_tenants
from tenantkit.provision.life.adopt import adopt, plan_adopt
from tenantkit.provision.life.release import plan_release, release
from tenantkit.provision.plan import plan
from tenantkit.spec.platform import Platform
from tenantkit.spec.routing import Gateway, Routing
from tests.unit.provision.claimed import OWN, SHARED, claims, installed, rows_of_claims, taken_by
from tests.unit.provision.memory import run, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.provision.plan import Plan
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tests.unit.provision.memory import Memory


@pytest.fixture
def memory() -> Memory:
    return installed()


def unlistable(memory: Memory) -> None:
    """Let the user list no claims."""
    listed = memory.list

    def refused(kind: str | Kind, **options: Any) -> list[Manifest]:
        if options.get("namespace") == "tenantkit-system":
            raise PermissionDenied("may not list", status=403)
        return listed(kind, **options)

    memory.list = refused  # type: ignore[method-assign]


def test_a_deletion_releases_the_hosts_once_the_namespace_is_deleted(memory: Memory) -> None:
    run(memory, tenant(hosts=[SHARED]), tenant(name="speech"))
    memory.writes.clear()

    planned = plan_delete_tenants(memory, "vision")
    delete_tenants(memory, "vision", confirm="vision", progress=False)

    reason = "its host can be granted to others once the namespace is deleted"
    assert rows_of_claims(planned) == [("delete", None, reason)] * 2
    assert memory.writes[0] == "delete Namespace 'vision'"
    assert set(memory.writes[-2:]) == {f"delete {OWN}", f"delete {claim_ref(SHARED)}"}
    assert claims(memory) == {"speech.example.ai": "speech"}


def test_a_namespace_that_is_not_deleted_in_time_keeps_its_hosts(memory: Memory) -> None:
    run(memory, tenant())
    memory.conditions = [{"type": "NamespaceContentRemaining", "status": "True", "message": "held"}]

    with pytest.raises(WaitTimeoutError) as caught:
        delete_tenants(memory, "vision", confirm="vision", progress=False, timeout_s=0)

    assert str(caught.value).endswith(
        f"the claims of the hosts of tenant 'vision' stay: delete a tenant again while its namespace exists, which "
        f"releases them; once the namespace is deleted, `kubectl delete configmap {OWN.name} -n tenantkit-system`"
    )
    assert claims(memory) == {"vision.example.ai": "vision"}


def test_an_interrupted_deletion_names_the_claims_that_stay(memory: Memory) -> None:
    names, cancelled = ("vision", "speech"), threading.Event()
    run(memory, *(tenant(name=name) for name in names))
    memory.conditions = [{"type": "NamespaceContentRemaining", "status": "True", "message": "held"}]
    memory.on_write = lambda _verb, _ref: cancelled.set()

    with pytest.raises(PartialApplyError) as caught:
        delete_tenants(memory, names, confirm=names, progress=False, cancelled=cancelled, max_concurrency=1)

    [warning] = caught.value.report.warnings
    assert "the claims of the hosts of tenant 'vision' stay" in str(warning)
    assert OWN.name in str(caught.value)


def test_whoever_may_not_list_claims_is_told_that_they_stay(memory: Memory) -> None:
    run(memory, tenant())
    unlistable(memory)

    report = delete_tenants(memory, "vision", confirm="vision", progress=False)

    assert [warning.code for warning in report.warnings] == ["not-readable"]
    assert "the claims of the hosts of tenant 'vision'" in str(report.warnings[0])


def test_an_adoption_claims_the_hosts_and_a_release_takes_that_back(memory: Memory) -> None:
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})
    memory.writes.clear()

    adopted = plan_adopt(memory, tenant(routes=None))
    adopt(memory, adopted, progress=False)

    assert [action for action, *_ in rows_of_claims(adopted)] == ["create"]
    assert memory.writes[0] == f"create {OWN}"
    assert claims(memory) == {"vision.example.ai": "vision"}

    ended = plan_release(memory, "vision")
    release(memory, ended, progress=False)

    assert [action for action, *_ in rows_of_claims(ended)] == ["delete"]
    assert memory.writes[-1] == f"delete {OWN}"
    assert claims(memory) == {}


def test_an_adoption_of_a_namespace_whose_host_is_claimed_is_blocked(memory: Memory) -> None:
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})
    taken_by(memory, "speech", "vision.example.ai")

    made = plan_adopt(memory, tenant(routes=None))

    assert [(change.action, change.ref.kind) for change in made.changes] == [("blocked", "Namespace")]


@pytest.mark.parametrize("by", ["ingress", "gateway"])
def test_a_release_keeps_the_claim_of_a_host_that_a_route_in_the_namespace_still_serves(
    memory: Memory, by: Literal["ingress", "gateway"]
) -> None:
    gateway = Gateway(name="edge", namespace="infra") if by == "gateway" else None
    platform = Platform(routing=Routing(by=by, gateway=gateway))
    route = {"name": "shared", "service": "ai", "port": 80, "host": SHARED}
    run(memory, tenant(hosts=[SHARED], routes=[route]), platform=platform)

    planned = plan_release(memory, "vision")
    release(memory, planned, progress=False)

    kind = "HTTPRoute" if by == "gateway" else "Ingress"
    [(_, _, kept), (_, _, freed)] = sorted(rows_of_claims(planned), key=lambda row: row[0] == "delete")
    [name] = [ref.name for ref in memory.objects if ref.kind == kind]
    assert kept == (
        f"host '{SHARED}' stays claimed: {kind} {name} in namespace vision still serves it; if nobody needs it, "
        f"delete that, then this ConfigMap"
    )
    assert freed == "its host can be granted to others once neither the grant nor a route has it"
    assert claims(memory) == {SHARED: "vision"}
    assert plan(memory, tenant(name="speech", hosts=[SHARED])).rows[0].code == "host-taken"


def test_a_release_keeps_all_claims_of_a_tenant_whose_routes_may_not_be_listed(memory: Memory) -> None:
    run(memory, tenant(routes=None))
    memory.refused = ("Ingress",)

    planned = plan_release(memory, "vision")
    release(memory, planned, progress=False)

    reason = (
        "host 'vision.example.ai' stays claimed: a route in namespace vision, which you may not list, may still serve "
        "it; if nobody needs it, delete that, then this ConfigMap"
    )
    assert rows_of_claims(planned) == [("foreign", None, reason)]
    assert claims(memory) == {"vision.example.ai": "vision"}


def test_an_adoption_moves_a_host_from_one_namespace_to_another(memory: Memory) -> None:
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "speech"}})
    taken_by(memory, "vision")
    taken = [tenant(routes=None), tenant(name="speech", routes=None, hosts=[SHARED])]

    made = plan_adopt(memory, taken)
    adopt(memory, made, progress=False)

    assert [it.action for it in made.changes if it.ref == claim_ref(SHARED)] == ["update"]
    assert claims(memory)[SHARED] == "speech"
    assert rows_of_claims(plan_adopt(memory, taken)) == []


def test_only_tenants_whose_deletion_has_begun_are_told_to_keep_claims(memory: Memory) -> None:
    names = ("vision", "speech", "search")
    run(memory, *(tenant(name=name) for name in names))
    unlistable(memory)

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if (ref.kind, ref.name) == ("Namespace", "search"):
            raise PermissionDenied("may not", status=403)

    memory.on_write = refuse
    with pytest.raises(PartialApplyError) as caught:
        delete_tenants(memory, names, confirm=names, progress=False)

    [warning] = caught.value.report.warnings
    assert str(warning).startswith("the claims of the hosts of tenants 'vision', 'speech' in namespace")


@pytest.mark.parametrize("make", [plan_release, plan_delete_tenants])
def test_a_plan_says_that_claims_which_may_not_be_listed_stay(
    memory: Memory, make: Callable[[Memory, str], Plan]
) -> None:
    run(memory, tenant(routes=None))
    unlistable(memory)

    [row] = [row for row in make(memory, "vision").rows if row.ref.namespace == "tenantkit-system"]

    assert (row.action, row.ref.kind, row.ref.name) == ("unknown", "ConfigMap", "*")
    assert row.reason.startswith("the claims of the hosts of tenant 'vision' in namespace tenantkit-system may not be")


def test_a_release_warns_of_claims_which_may_not_be_listed_only_whoever_may_release(memory: Memory) -> None:
    run(memory, tenant(routes=None))
    unlistable(memory)
    rights, memory.rights = memory.rights, frozenset()
    assert not [row for row in plan_release(memory, "vision").rows if row.ref.namespace == "tenantkit-system"]

    memory.rights = rights
    report = release(memory, "vision", progress=False)

    assert [warning.code for warning in report.warnings] == ["not-readable"]
    assert claims(memory) == {"vision.example.ai": "vision"}

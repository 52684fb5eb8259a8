"""From Ingresses to HTTPRoutes and back: the order of the writes, and what stays where one of them fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound, PartialApplyError, PermissionDenied
from tenantkit.manifests.routes import make_routes
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.routes import plan_add_route
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Gateway, Routing
from tests.unit.provision.memory import ROUTE, Killed, Memory, run, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

EDGE = Gateway(name="edge", namespace="infra", tls=True)
INGRESS = ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision")
HTTP_ROUTE = ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", "ai", "vision")
CREATES = "apply HTTPRoute 'ai' in 'vision'"
DELETES = "delete Ingress 'ai' in 'vision'"
LEFT = tenant(routes=None)


def by(how: Any) -> Platform:
    return Platform(routing=Routing(by=how, gateway=None if how == "ingress" else EDGE))


@pytest.fixture
def memory() -> Memory:
    """A tenant with one Ingress."""
    memory = Memory()
    run(memory, tenant())
    memory.writes.clear()
    return memory


def moved(memory: Memory, *steps: str) -> list[str]:
    """The writes of an apply after each change of the platform's routing."""
    for how in steps:
        memory.install(by(how))
        memory.writes.clear()
        apply(memory, plan(memory, LEFT), progress=False)
    return memory.writes


def test_two_plans_first_create_and_then_delete(memory: Memory) -> None:
    assert moved(memory, "both") == [CREATES]
    assert moved(memory, "gateway") == [DELETES]
    assert moved(memory, "gateway") == []
    assert get_tenant(memory, "vision").routes == (ROUTE,)


def test_one_plan_creates_before_it_deletes(memory: Memory) -> None:
    assert moved(memory, "gateway") == [CREATES, DELETES]


@pytest.mark.parametrize("steps", [["gateway", "ingress"], ["both", "gateway", "both", "ingress"], ["both", "ingress"]])
def test_the_way_back_ends_where_it_began(memory: Memory, steps: list[str]) -> None:
    before = memory.state()

    moved(memory, *steps)

    after = {ref: manifest for ref, manifest in memory.state().items() if "ConfigMap" not in ref}
    assert after == before


@pytest.mark.parametrize("steps", [["gateway"], ["both", "gateway"], ["gateway", "ingress"]])
def test_the_path_is_served_at_every_moment_also_of_a_killed_run(memory: Memory, steps: list[str]) -> None:
    for how in steps:
        memory.install(by(how))
        for is_killed in (True, False):
            memory.on_write = _checks(memory, is_killed=is_killed)
            try:
                apply(memory, plan(memory, LEFT), progress=False)
            except Killed:
                continue
        memory.on_write = lambda _verb, _ref: None
    assert not plan(memory, LEFT).has_changes


def _checks(memory: Memory, *, is_killed: bool) -> Any:
    def check(verb: str, ref: ObjectRef) -> None:
        others = {INGRESS, HTTP_ROUTE} & memory.objects.keys()
        assert others - ({ref} if verb == "delete" else set())
        if is_killed and verb == "delete":
            raise Killed

    return check


@pytest.mark.parametrize("how", ["both", "gateway"])
def test_a_denied_http_route_leaves_the_ingress(memory: Memory, how: str) -> None:
    memory.install(by(how))
    memory.on_write = _denies(HTTP_ROUTE)

    with pytest.raises(PartialApplyError) as caught:
        apply(memory, plan(memory, LEFT), progress=False)

    assert [it.ref for it in caught.value.report.failed] == [HTTP_ROUTE]
    assert [(it.ref, it.code) for it in caught.value.report.not_attempted] == (
        [(INGRESS, "stays")] if how == "gateway" else []
    )
    assert INGRESS in memory.objects


def test_a_route_that_nothing_replaces_goes_although_another_one_is_denied(memory: Memory) -> None:
    other = Route(name="other", service="web", port=80, path="/other")
    denied = ObjectRef(HTTP_ROUTE.api_version, "HTTPRoute", "other", "vision")
    memory.install(by("gateway"))
    memory.on_write = _denies(denied)

    with pytest.raises(PartialApplyError):
        apply(memory, plan(memory, tenant(routes=[other])), progress=False)

    assert {INGRESS, HTTP_ROUTE}.isdisjoint(memory.objects)


def _denies(denied: ObjectRef) -> Any:
    def deny(_: str, ref: ObjectRef) -> None:
        if ref == denied:
            raise PermissionDenied("denied", status=403)

    return deny


def test_an_http_route_of_somebody_else_is_no_substitute(memory: Memory) -> None:
    memory.install(by("gateway"))
    by_hand = {"apiVersion": HTTP_ROUTE.api_version, "kind": "HTTPRoute", "metadata": {"name": "ai"}}
    memory.create({**by_hand, "metadata": {"name": "ai", "namespace": "vision"}, "spec": {"hostnames": ["x.ai"]}})
    memory.edit(HTTP_ROUTE, lambda it: it, manager="kubectl")
    memory.objects[HTTP_ROUTE]["metadata"]["managedFields"] = []

    planned = plan(memory, LEFT)
    with pytest.raises(PartialApplyError):
        apply(memory, planned, progress=False)

    assert [change.action for change in planned.changes if change.ref == HTTP_ROUTE] == ["blocked"]
    assert INGRESS in memory.objects


def test_a_team_cannot_block_a_freeze_by_a_route_that_cannot_move(memory: Memory) -> None:
    memory.edit(INGRESS, _with_port_name)
    memory.install(by("gateway"))

    planned = plan(memory, LEFT.with_(frozen="pods"))
    apply(memory, planned, progress=False)

    assert [notice.code for notice in planned.notices if notice.code == "route-not-moved"] == ["route-not-moved"]
    assert INGRESS in memory.objects
    assert HTTP_ROUTE not in memory.objects


def _with_port_name(ingress: Manifest) -> Manifest:
    ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"name": "http"}
    return ingress


def test_with_two_objects_the_kind_that_the_platform_makes_decides(memory: Memory) -> None:
    moved(memory, "both")
    memory.edit(HTTP_ROUTE, _with_other_backend)

    assert get_tenant(memory, "vision").routes == (ROUTE,)
    memory.install(by("gateway"))
    assert get_tenant(memory, "vision").routes == (ROUTE.with_(service="other"),)


def _with_other_backend(route: Manifest) -> Manifest:
    route["spec"]["rules"][0]["backendRefs"][0]["name"] = "other"
    return route


def test_nothing_needs_http_routes_where_they_are_not_served_or_not_readable(memory: Memory) -> None:
    before = plan(memory, tenant()).summary

    for hidden in (replace(memory, not_served=("HTTPRoute",)), replace(memory, refused=("HTTPRoute",))):
        hidden.install(by("ingress"))
        assert plan(hidden, tenant()).summary == before
        assert get_tenant(hidden, "vision").routes == (ROUTE,)
        assert plan_add_route(hidden, "vision", Route(service="web", port=80)).summary == "1 to create"


def test_a_gateway_without_its_kinds_is_one_error_and_only_where_a_route_needs_it(memory: Memory) -> None:
    memory.install(by("gateway"))
    memory.not_served = ("HTTPRoute",)

    planned: tuple[Callable[[], object], ...] = (
        lambda: plan(memory, LEFT),
        lambda: plan_add_route(memory, "vision", ROUTE, replace=True),
    )
    for refused in planned:
        with pytest.raises(NotFound, match=r"this cluster has no HTTPRoutes, which routing\.by 'gateway' needs"):
            refused()
    assert plan(memory, tenant(routes=[])).summary.startswith("1 to delete")


def test_http_routes_that_may_not_be_read_are_unknown_and_the_ingress_stays(memory: Memory) -> None:
    memory.install(by("gateway"))
    memory.refused = ("HTTPRoute",)

    planned = plan(memory, tenant())

    actions = {change.ref: change.action for change in planned.changes}
    assert (actions[HTTP_ROUTE], actions[INGRESS]) == ("unknown", "delete")
    with pytest.raises(PartialApplyError):
        apply(memory, planned, progress=False)
    assert INGRESS in memory.objects
    assert get_tenant(memory, "vision").routes is None


def test_whoever_comes_second_to_a_place_takes_both_objects_back(memory: Memory) -> None:
    memory.install(by("both"))
    mine, other = (Route(name=name, service=name, port=80, path="/new") for name in ("mine", "other"))
    first, _ = make_routes(tenant(routes=[other]), by("both"))

    def add_other(_: str, ref: ObjectRef) -> None:
        memory.on_write = lambda _verb, _ref: None
        assert (ref.kind, ref.name) == ("Ingress", "mine")
        memory.apply(first)  # its HTTPRoute is made later

    edited = plan_add_route(memory, "vision", mine)
    memory.on_write = add_other
    with pytest.raises(PartialApplyError) as caught:
        apply(memory, edited, progress=False)

    assert [(it.ref.kind, it.ref.name, it.code) for it in caught.value.report.failed] == [
        ("Ingress", "mine", "changed-meanwhile"),
        ("HTTPRoute", "mine", "changed-meanwhile"),
    ]
    assert sorted(ref.kind for ref in memory.objects if ref.name in ("mine", "other")) == ["Ingress"]

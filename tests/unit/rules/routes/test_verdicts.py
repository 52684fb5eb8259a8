"""The state of each host and path, and who gets the requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tenantkit.rules.routes.collisions import STATES, collide, verdicts
from tenantkit.rules.routes.entry import RouteOwner
from tests.unit.rules.routes.asked import EDGE, Asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.rules.routes.entry import Entry

GRANTED = {"a": {"shop.example.ai"}, "b": {"shop.example.ai", "b.example.ai"}}


def states(*entries: Entry, is_complete: bool = True) -> list[str]:
    found = verdicts(entries, GRANTED, is_complete=is_complete)
    return [found[entry].state for entry in entries]


def test_every_state_is_listed_once() -> None:
    assert len(set(STATES)) == len(STATES)


def test_a_granted_host_that_nobody_else_asks_for_is_owned() -> None:
    assert states(Asked().entry, Asked(host="b.example.ai", tenant="b").entry) == ["owned", "owned"]


def test_a_collision_comes_before_a_host_that_was_not_granted() -> None:
    one, other = Asked(host="x.example.ai").entry, Asked(host="x.example.ai", tenant="b").entry

    assert states(one) == ["outside grant"]
    assert states(one, other) == ["collides", "collides"]


def test_every_host_is_granted_to_nobody() -> None:
    [verdict] = verdicts([Asked(host=None).entry], GRANTED).values()

    assert (verdict.state, verdict.reason) == ("outside grant", "it asks for every host, which no tenant is granted")


def test_a_missing_class_is_named_and_still_collides_since_some_controllers_serve_it() -> None:
    lost = replace(Asked().entry, problem="no such class", reason="there is no IngressClass 'x'")

    assert states(lost) == ["no such class"]
    assert states(lost, Asked(tenant="b").entry) == ["collides", "collides"]


def test_a_route_that_is_not_attached_collides_with_nothing() -> None:
    lost = replace(Asked(kind="HTTPRoute").entry, problem="not attached", reason="there is no Gateway")

    assert states(lost, Asked(tenant="b").entry) == ["not attached", "owned"]


def test_objects_of_one_tenant_share_a_host() -> None:
    first, second = Asked(path="/ai").entry, Asked(path="/ai/v1", number=1).entry
    found = verdicts([first, second, Asked(path="/other", number=2).entry], GRANTED)

    assert [it.state for it in found.values()] == ["shared within tenant", "shared within tenant", "owned"]
    assert found[first].others == (second,)


def test_two_paths_of_one_object_are_not_shared() -> None:
    assert states(Asked(path="/ai").entry, Asked(path="/ai/v1").entry) == ["owned", "owned"]


def test_default_backends_collide_with_each_other_alone() -> None:
    defaults = [replace(Asked(host=None, tenant=name).entry, is_default=True) for name in ("a", "b")]

    assert states(*defaults, Asked().entry) == ["collides", "collides", "owned"]
    assert states(defaults[0]) == ["outside grant"]
    assert not collide(defaults[0], Asked(tenant="b").entry)


def test_a_platforms_page_for_all_hosts_is_no_collision_and_a_tenants_is() -> None:
    page = Asked(host=None, tenant=None, number=9).entry

    assert states(page, Asked().entry) == ["owned", "owned"]
    assert states(Asked(host=None, tenant="b", number=9).entry, Asked().entry) == ["collides", "collides"]


def test_a_platforms_route_at_a_tenants_own_host_collides() -> None:
    assert states(Asked(tenant=None).entry, Asked().entry) == ["collides", "collides"]


def test_a_pattern_makes_those_that_it_may_meet_unknown() -> None:
    pattern = replace(Asked(tenant="b").entry, is_certain=False)
    found = verdicts([pattern, Asked(path="/ai").entry], GRANTED)

    assert [it.state for it in found.values()] == ["unknown", "unknown"]
    assert {it.reason for it in found.values()} == {
        "only the controller decides whether they ask for the same requests"
    }


def test_a_certain_collision_is_not_hidden_by_a_pattern() -> None:
    pattern = replace(Asked(tenant="c").entry, is_certain=False)

    assert states(Asked().entry, Asked(tenant="b").entry, pattern) == ["collides", "collides", "unknown"]


def test_without_all_routes_nothing_is_owned() -> None:
    mine = [Asked().entry, Asked(number=1).entry, Asked(host="x.example.ai").entry]

    assert states(*mine, is_complete=False) == ["unknown", "unknown", "outside grant"]
    assert states(Asked().entry, Asked(tenant="b").entry, is_complete=False) == ["collides", "collides"]


def test_a_namespace_that_may_not_be_read_may_be_the_same_tenants() -> None:
    hidden = replace(Asked(number=1).entry, owner=RouteOwner(None, is_known=False), is_certain=False, namespace="x")

    assert states(hidden, Asked().entry) == ["unknown", "unknown"]
    assert states(hidden) == ["unknown"]


def test_a_tenant_whose_grant_cannot_be_read_is_unknown() -> None:
    [verdict] = verdicts([Asked(tenant="z").entry], GRANTED).values()

    assert (verdict.state, verdict.reason) == ("unknown", "the tenant's grant cannot be read")


OLD, NEW = "2026-11-25T12:00:00Z", "2026-11-26T12:00:00Z"
ROUTE = Asked(kind="HTTPRoute", path="/ai", since=OLD)


@pytest.mark.parametrize(
    ("one", "other", "wins"),
    [
        (ROUTE, replace(ROUTE, tenant="b", since=NEW), 0),
        (replace(ROUTE, since=NEW), replace(ROUTE, tenant="b"), 1),
        (ROUTE, replace(ROUTE, tenant="b"), 0),
        (ROUTE, replace(ROUTE, tenant="b", path="/ai/v1", since=NEW), 1),
        (ROUTE, replace(ROUTE, tenant="b", path_type="Exact", since=NEW), 1),
        (replace(ROUTE, host="*.example.ai"), replace(ROUTE, tenant="b", path="/", since=NEW), 1),
        (replace(ROUTE, host=None), replace(ROUTE, tenant="b", host="*.example.ai", since=NEW), 1),
        (ROUTE, replace(ROUTE, tenant="b", kind="Ingress"), None),
        (replace(ROUTE, kind="Ingress"), replace(ROUTE, tenant="b", kind="Ingress"), None),
    ],
)
def test_the_winner_is_known_for_envoy_gateway_alone(one: Asked, other: Asked, wins: int | None) -> None:
    entries = (one.entry, other.entry)
    found = verdicts(entries, GRANTED)

    assert {it.state for it in found.values()} == {"collides"}
    assert {it.winner for it in found.values()} == {None if wins is None else entries[wins]}


@pytest.mark.parametrize(
    "changes",
    [
        {"has_conditions": True},
        {"attachments": frozenset([EDGE._replace(controller="example.com/other")])},
        {"attachments": frozenset([EDGE._replace(listener="other")])},
        {"attachments": frozenset([EDGE._replace(port=8080)])},
    ],
)
def test_there_is_no_winner_where_it_was_not_tested(changes: dict[str, object]) -> None:
    one, other = ROUTE.entry, replace(replace(ROUTE, tenant="b").entry, **changes)  # type: ignore[arg-type]

    assert {it.winner for it in verdicts([one, other], GRANTED).values()} == {None}


def test_who_wins_against_one_and_loses_to_another_has_no_winner() -> None:
    routes: Sequence[Entry] = [
        replace(ROUTE, tenant=name, path=path).entry for name, path in (("a", "/"), ("b", "/ai"), ("c", "/ai/v1"))
    ]
    found = verdicts(routes, GRANTED)

    assert [found[it].winner for it in routes] == [None, None, routes[2]]


def test_of_many_others_the_first_are_named() -> None:
    entries = [Asked(tenant=f"t{number}", number=number).entry for number in range(9)]
    found = verdicts(entries, {})

    assert all((len(it.others), it.has_more, it.winner) == (5, True, None) for it in found.values())

"""Laws of the matching, against a second matcher that walks requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tenantkit.rules.routes.collisions import collide, verdicts
from tenantkit.rules.routes.hosts import hosts_overlap
from tenantkit.rules.routes.index import MOST
from tenantkit.rules.routes.paths import paths_overlap
from tests.unit.rules.routes.asked import ask_for_the_same, asked_routes

if TYPE_CHECKING:
    from tests.unit.rules.routes.asked import Asked

GRANTED: dict[str, set[str]] = {}


@settings(max_examples=1000)
@given(asked_routes, asked_routes)
def test_two_routes_of_two_tenants_collide_if_some_request_is_for_both(one: Asked, other: Asked) -> None:
    one, other = replace(one, tenant="a"), replace(other, tenant="b")

    assert collide(one.entry, other.entry) is ask_for_the_same(one, other)


@settings(max_examples=500)
@given(asked_routes, asked_routes)
def test_a_relation_of_two_is_the_same_the_other_way_round(one: Asked, other: Asked) -> None:
    first, second = one.entry, other.entry

    assert collide(first, second) is collide(second, first)
    assert hosts_overlap(first.host, second.host) is hosts_overlap(second.host, first.host)
    assert paths_overlap(first.path, second.path) is paths_overlap(second.path, first.path)


@settings(max_examples=300)
@given(st.lists(asked_routes, max_size=12, unique_by=lambda it: (it.kind, it.tenant, it.number)))
def test_the_index_finds_what_pairs_find(routes: list[Asked]) -> None:
    entries = [it.entry for it in routes]

    for entry, verdict in verdicts(entries, GRANTED).items():
        rivals = sorted((it for it in entries if collide(entry, it)), key=lambda it: it.order)
        assert (verdict.state == "collides") is bool(rivals)
        if rivals:
            assert set(verdict.others) <= set(rivals)
            assert verdict.has_more or list(verdict.others) == rivals
            assert len(verdict.others) == min(len(rivals), MOST)


@settings(max_examples=200)
@given(st.lists(asked_routes, max_size=8, unique_by=lambda it: (it.kind, it.tenant, it.number)), st.randoms())
def test_the_order_of_reading_makes_no_difference(routes: list[Asked], random: object) -> None:
    entries = [it.entry for it in routes]
    shuffled = entries.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert verdicts(entries, GRANTED) == verdicts(shuffled, GRANTED)


@settings(max_examples=300)
@given(asked_routes, asked_routes)
def test_a_platforms_wildcard_gives_way_to_a_more_specific_host_alone(one: Asked, other: Asked) -> None:
    platform, tenant = replace(one, tenant=None), replace(other, tenant="b")
    wide, narrow = platform.entry.host, tenant.entry.host
    gives_way = wide.is_wildcard and len(wide.name) < len(narrow.name)

    assert collide(platform.entry, tenant.entry) is (ask_for_the_same(platform, tenant) and not gives_way)


@settings(max_examples=300)
@given(asked_routes, asked_routes)
def test_both_routes_name_the_same_winner(one: Asked, other: Asked) -> None:
    first, second = replace(one, tenant="a").entry, replace(other, tenant="b").entry
    found = verdicts([first, second], GRANTED)

    assert found[first].winner == found[second].winner
    if found[first].state == "collides" and first.kind == second.kind == "HTTPRoute":
        assert found[first].winner in (first, second)
    else:
        assert found[first].winner is None

"""Sets of ports and ranges of addresses are sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tenantkit.rules.network_policies.addresses import pieces, read_address, read_block, span_text, without
from tenantkit.rules.network_policies.ports import (
    ALL,
    LAST_PORT,
    NONE,
    PROTOCOLS,
    ports_of,
    ranges_text,
    union,
)

if TYPE_CHECKING:
    from tenantkit.rules.network_policies.ports import (
        PortSet,
    )

numbers = st.sampled_from((1, 2, 3, 79, 80, 81, 82, LAST_PORT - 1, LAST_PORT))
ranges = st.tuples(st.sampled_from(PROTOCOLS), numbers, numbers).filter(lambda each: each[1] <= each[2])
port_sets = st.lists(ranges, max_size=5).map(lambda each: union(ports_of(*one) for one in each))
spans = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair)))


def members(ports: PortSet) -> set[tuple[str, int]]:
    watched = (1, 2, 3, 4, 78, 79, 80, 81, 82, 83, LAST_PORT - 2, LAST_PORT - 1, LAST_PORT)
    return {(protocol, port) for protocol in PROTOCOLS for port in watched if ports.has(protocol, port)}


@given(port_sets, port_sets)
def test_sets_of_ports_are_joined_met_and_subtracted_as_sets(one: PortSet, other: PortSet) -> None:
    assert members(one | other) == members(one) | members(other)
    assert members(one & other) == members(one) & members(other)
    assert members(one - other) == members(one) - members(other)
    assert members(one.others()) == members(ALL) - members(one)
    assert bool(one) == (one != NONE)


@given(port_sets)
def test_equal_sets_of_ports_are_equal(ports: PortSet) -> None:
    assert ports.others().others() == ports
    assert (ports | ports.others()) is ALL
    assert (ports & ports.others()) is NONE


@given(st.lists(spans, max_size=4), st.lists(spans, max_size=4))
def test_ranges_without_others_keep_the_rest(kept: list[tuple[int, int]], removed: list[tuple[int, int]]) -> None:
    left = without(kept, removed)
    assert {at for first, last in left for at in range(first, last + 1)} == {
        at for first, last in kept for at in range(first, last + 1)
    } - {at for first, last in removed for at in range(first, last + 1)}


@given(spans, st.lists(st.integers(0, 31), max_size=5))
def test_a_range_is_cut_at_each_edge(span: tuple[int, int], edges: list[int]) -> None:
    cut = pieces([span], edges)
    assert [at for first, last in cut for at in range(first, last + 1)] == [*range(span[0], span[1] + 1)]
    assert {first for first, _ in cut} == {span[0], *(edge for edge in edges if span[0] < edge <= span[1])}


def test_ports_and_ranges_have_short_texts() -> None:
    assert ranges_text(((1, 52), (53, 53))) == "1-52, 53"
    assert span_text("IPv6", [(0, 2**128 - 1)]) == "::/0"
    assert span_text("IPv4", [(1, 6)]) == "0.0.0.1/32, 0.0.0.2/31, 0.0.0.4/31 and 1 more"


def test_a_block_is_read_as_the_server_reads_it() -> None:
    address = read_address("10.1.2.3")
    assert address is not None
    assert address in read_block("10.9.9.9/8")
    assert address not in read_block("10.0.0.0/8", ["10.1.0.0/16"])
    assert address in read_block("10.0.0.0/8", ["fd00::/8"])
    assert address not in read_block("::/0")

"""Pairs of routes and the verdict on each, from the objects on a server to the rows; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.rules.manifest import ref_of
from tests.contract.product.hosts.pairs import COLLIDES, PAIRS, SHARED

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.hosts.pairs import Pair
    from tests.contract.product.hosts.routes import Places


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) > 100


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_pair_of_routes_has_the_expected_verdict(pair: Pair, places: Places, cluster: Cluster) -> None:
    wanted = ((pair.one, pair.where[0], "one"), (pair.other, pair.where[1], "two"))
    refs = [ref_of(cluster.create(each.manifest(places, where, name))) for each, where, name in wanted]
    try:
        frame = tk.hosts(cluster, namespaces=[places.namespace("a"), places.namespace("b"), places.namespace("ops")])
    finally:
        for ref in refs:
            cluster.delete(ref)

    names = [f"{ref.kind}/{ref.name} in {ref.namespace}" for ref in refs]
    rows = {f"{row['kind']}/{row['name']} in {row['namespace']}": row for _, row in frame.iterrows()}
    assert tuple(rows[name]["state"] for name in names) == pair.expected
    shared = [None if pd.isna(rows[name]["shared_with"]) else rows[name]["shared_with"] for name in names]
    if pair.expected in ((COLLIDES, COLLIDES), (SHARED, SHARED)):
        assert shared == names[::-1]
    winner = None if pair.wins is None else names[pair.wins]
    assert [None if pd.isna(rows[name]["winner"]) else rows[name]["winner"] for name in names] == [winner] * 2

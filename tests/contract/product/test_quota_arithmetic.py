"""Pods count towards a quota as on the server; `python -m tests.arithmetic` compares 2,000 of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.arithmetic.comparison import compare

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster

PODS = 240


@pytest.mark.timeout(300)
def test_random_pods_count_as_on_the_server(cluster: Cluster) -> None:
    found = compare(cluster, pods=PODS, seed=1)

    assert found.differences == []
    assert found.pods >= PODS

"""What pods count for in a quota is what the server counts; 2,000 of them by `python -m tests.arithmetic`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.arithmetic.comparison import compare

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster

PODS = 240


@pytest.mark.timeout(300)
def test_random_pods_count_for_what_the_server_says(cluster: Cluster) -> None:
    found = compare(cluster, pods=PODS, seed=1)

    assert found.differences == []
    assert found.pods >= PODS

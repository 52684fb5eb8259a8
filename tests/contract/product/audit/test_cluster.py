"""One wall of the cluster removed or weakened at a time: the audit names that wall and only that; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.provision.install import install_platform
from tests.contract.product.audit.cluster_breaks import CLUSTER_BREAKS
from tests.contract.tenants import fresh_name
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.audit.breaks import Break
    from tests.contract.wire import Wire


@pytest.fixture(scope="module")
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield name


def failures(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The failing checks of the cluster, with their evidence: other tests may leave some behind."""
    frame = tk.audit(cluster, namespaces=[namespace])
    rows = frame[frame["tenant"].isna() & (frame["state"] == "fail")]
    return dict(zip(rows["check"], rows["evidence"], strict=True))


@pytest.fixture(scope="module")
def before(cluster: Cluster, name: str) -> dict[str, str]:
    return failures(cluster, name)


@pytest.mark.parametrize("each", CLUSTER_BREAKS, ids=[each.id for each in CLUSTER_BREAKS])
def test_a_wall_of_the_cluster_that_is_removed_is_named_and_no_other(
    cluster: Cluster, wire: Wire, name: str, before: dict[str, str], each: Break
) -> None:

    def is_named() -> bool:
        after = failures(cluster, name)
        assert {code for code, evidence in after.items() if before.get(code) != evidence} == {each.code, *each.also}
        return True

    def is_mended() -> bool:
        assert failures(cluster, name) == before
        return True

    try:
        for operation in each.operations(name):
            operation.do(wire, name)
        eventually(is_named, timeout_s=15)
    finally:
        for operation in each.after(name):
            operation.do(wire, name)
        install_platform(cluster, force_conflicts="all", progress=False)
    eventually(is_mended)

"""`why` on servers with nodes: each defect that the scheduler or a kubelet reports is the first row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.why import why
from tenantkit.rules.manifest import ref_of
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.product.defects import ENDED, NODES, UNPLACED, UNSTARTED
from tests.contract.product.defects.defect import asking, deployment, job, stateful_set
from tests.contract.product.defects.naming import is_named_first
from tests.contract.product.defects.planting import finish, make_nodes, plant, uproot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.defects.defect import Defect

_SLOW_S = 40  # an object is called stuck only after a while
_PLANTED = (*UNSTARTED, *UNPLACED, *ENDED)


@pytest.fixture(scope="module")
def planted(cluster: Cluster) -> Iterator[dict[str, str]]:
    """The namespace of each defect, by its name: all at once, since most take a moment to show."""
    make_nodes(cluster, NODES)
    namespaces = {defect.name: fresh_name() for defect in _PLANTED}
    for defect in _PLANTED:
        plant(cluster, namespaces[defect.name], defect)
    for defect in _PLANTED:
        finish(cluster, namespaces[defect.name], defect)
    yield namespaces
    for defect in _PLANTED:
        uproot(cluster, namespaces[defect.name], defect)
    for node in NODES:
        cluster.delete(ref_of(node))


@pytest.mark.parametrize("defect", _PLANTED, ids=lambda defect: defect.name)
def test_a_defect_is_the_first_row_with_its_object(
    cluster: Cluster, planted: dict[str, str], defect: Defect, eventually: Callable[..., Any]
) -> None:
    assert eventually(lambda: is_named_first(cluster, planted[defect.name], defect), timeout_s=_SLOW_S)


@pytest.mark.usefixtures("planted")
def test_a_workload_that_runs_has_no_row(cluster: Cluster, eventually: Callable[..., Any]) -> None:
    with own_namespace(cluster, fresh_name()) as namespace:
        for manifest in (deployment("serve", asking(gpu="1"), replicas=2), stateful_set("store"), job("train")):
            manifest["metadata"]["namespace"] = namespace
            cluster.create(manifest)

        def all_run() -> bool:
            pods = cluster.list("Pod", namespace=namespace)
            return len(pods) == 4 and all(pod["status"].get("phase") in ("Running", "Succeeded") for pod in pods)

        eventually(all_run)
        frame = why(cluster, namespaces=[namespace])

        assert frame.empty, frame.to_dict("records")
        assert frame.attrs["incomplete"] == {}

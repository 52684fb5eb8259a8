"""`why` on servers with nodes: each planted defect is named first, with the object that is to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.findings.why import why
from tenantkit.rules.manifest import ref_of
from tests.contract.defects import DEFECTS, NODES
from tests.contract.defects.defect import asking, deployment, job, stateful_set
from tests.contract.defects.planting import finish, make_nodes, plant, uproot
from tests.contract.namespaces import fresh_name, own_namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.defects.defect import Defect

pytestmark = pytest.mark.gap("sandbox", raises=NotFound, reason="has no policies, makes no pods and places none")

_SLOW_S = 40  # an object is called stuck only after a while


@pytest.fixture(scope="module")
def planted(cluster: Cluster) -> Iterator[dict[str, str]]:
    """The namespace of each defect, by its name: all at once, since most take a moment to show."""
    make_nodes(cluster, NODES)
    namespaces = {defect.name: fresh_name() for defect in DEFECTS}
    for defect in DEFECTS:
        plant(cluster, namespaces[defect.name], defect)
    for defect in DEFECTS:
        finish(cluster, namespaces[defect.name], defect)
    yield namespaces
    for defect in DEFECTS:
        uproot(cluster, namespaces[defect.name], defect)
    for node in NODES:
        cluster.delete(ref_of(node))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_named_first_with_what_is_to_blame(
    cluster: Cluster, planted: dict[str, str], defect: Defect, eventually: Callable[..., Any]
) -> None:
    namespace = planted[defect.name]
    [expected, workload, says] = [
        text.replace("{namespace}", namespace) for text in (defect.object, defect.workload, defect.says)
    ]

    def named_first() -> bool:
        frame = why(cluster, namespaces=[namespace])
        assert not frame.empty, "nothing is said of it"
        first = frame.iloc[0]
        assert (first["cause"], first["workload"]) == (defect.cause, workload), frame.to_dict("records")
        assert says in first["message"]
        if expected == "{pod}":
            return str(first["object"]).startswith(f"Pod/{workload.partition('/')[2]}-")
        return bool(first["object"] == expected)

    assert eventually(named_first, _SLOW_S)


@pytest.mark.usefixtures("planted")
def test_what_runs_as_it_should_has_no_row(cluster: Cluster, eventually: Callable[..., Any]) -> None:
    with own_namespace(cluster, fresh_name()) as namespace:
        for manifest in (
            deployment("serve", asking(gpu="1"), replicas=2),
            stateful_set("store"),
            job("train"),
        ):
            manifest["metadata"]["namespace"] = namespace
            cluster.create(manifest)

        def all_run() -> bool:
            pods = cluster.list("Pod", namespace=namespace)
            return len(pods) == 4 and all(pod["status"].get("phase") in ("Running", "Succeeded") for pod in pods)

        eventually(all_run)
        frame = why(cluster, namespaces=[namespace])

        assert frame.empty, frame.to_dict("records")
        assert frame.attrs["unread"] == {}

"""Whether `why` names a planted defect first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.why import why

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.defects.defect import Defect


def is_named_first(cluster: Cluster, namespace: str, defect: Defect) -> bool:
    """Whether the first row has the defect's cause, workload, object and words; for those who wait until it has.

    Raises:
        AssertionError: it has not yet; all rows are told.
    """
    expected, workload, says = (
        text.replace("{namespace}", namespace) for text in (defect.object, defect.workload, defect.says)
    )
    frame = why(cluster, namespaces=[namespace])
    assert not frame.empty, "nothing is said of it"
    first, rows = frame.iloc[0], frame.to_dict("records")
    assert (first["cause"], first["workload"]) == (defect.cause, workload), rows
    assert says in first["message"], rows
    is_of_pod = expected == "{pod}" and str(first["object"]).startswith(f"Pod/{workload.partition('/')[2]}-")
    assert is_of_pod or first["object"] == expected, rows
    return True

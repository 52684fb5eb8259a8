"""Whether the first row of `why` is a planted defect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.why import why

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.defects.defect import Defect


def is_named_first(cluster: Cluster, namespace: str, defect: Defect) -> bool:
    """Check that the first row has the defect's cause, workload, object and message; used with `eventually`.

    Raises:
        AssertionError: it does not have them yet; the error shows all rows.
    """
    expected, workload, says = (
        text.replace("{namespace}", namespace) for text in (defect.object, defect.workload, defect.says)
    )
    frame = why(cluster, namespaces=[namespace])
    assert not frame.empty, "there is no row"
    first, rows = frame.iloc[0], frame.to_dict("records")
    assert (first["cause"], first["workload"]) == (defect.cause, workload), rows
    assert says in first["message"], rows
    is_of_pod = expected == "{pod}" and str(first["object"]).startswith(f"Pod/{workload.partition('/')[2]}-")
    assert is_of_pod or first["object"] == expected, rows
    return True

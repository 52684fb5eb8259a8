"""My tenants: those that have you as a member, for users who may not list tenants.

The index answers in one request, and only about you (`rules.tenant_index`). It tells owners from other members, but not
editors from viewers: that takes a request per tenant, see `whoami`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.own_namespaces import read_index
from tenantkit.display.shown import EMPTY
from tenantkit.frames.kit.schema import frame_of_rows

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Schema

MY_TENANTS: Schema = {"tenant": "string", "namespace": "string", "role": "string"}


@takes_cluster
def my_tenants(cluster: Cluster) -> pd.DataFrame:
    """Return the tenants that have you as a member, by yourself or through a group: one row per tenant, in one request.

    Administrators and provisioners see only the tenants that name them; `tenants` lists all.

    Args:
        cluster: the connection, from `connect`.

    Returns:
        tenant, namespace, role: string. The role is `owner` or `member`; a member is an editor or a viewer, or an owner
        while the tenant is frozen read-only, and `whoami(cluster).tenants` tells which, by one more request per tenant.
        Sorted by tenant. `attrs["incomplete"]`: why some may be missing, if the server's answer was incomplete, or if
        the platform does not keep an index yet. `attrs["scope"]` is not set.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server did not answer.

    RBAC: create selfsubjectrulesreviews, which any signed-in user may.
    Source: page "Authorization", section "Checking API access".

    Example:
        >>> mine = my_tenants(tk.connect(context="sandbox-owner"))
        >>> mine.set_index("tenant")["role"].to_dict()
        {'chatbot': 'member', 'recsys': 'member', 'speech': 'owner'}
    """
    index = read_index(cluster)
    rows = (
        (tenant.name, tenant.namespace, "owner" if tenant.name in index.owned else "member") for tenant in index.tenants
    )
    frame = frame_of_rows(rows, MY_TENANTS)
    frame.attrs["incomplete"] = {"SelfSubjectRulesReview": index.incomplete} if index.incomplete is not None else {}
    if frame.empty:
        known = "You are not a member of any tenant."
        frame.attrs[EMPTY] = known if index.incomplete is None else f"Your tenants are not known: {index.incomplete}."
    return frame

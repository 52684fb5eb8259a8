"""Which part of the cluster a reader covers: `tenant=`, `namespaces=` and `label_selector=` mean the same everywhere.

`tenant` names one tenant, `namespaces` names namespaces whether or not they are a tenant's, and without both a reader
covers the connection's namespaces, or all that the user may list. `label_selector` keeps the objects whose own labels
match, in the API server's syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.stored import get_namespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster


def chosen_namespaces(cluster: Cluster, tenant: str | None, namespaces: Sequence[str] | None) -> Sequence[str] | None:
    """The namespaces that the arguments name; None where they name none.

    Raises:
        InvalidSpecError: both are given.
        NotFound: there is no such tenant.
    """
    if tenant is None:
        return namespaces
    if namespaces is not None:
        raise InvalidSpecError([Problem("tenant", tenant, "use either tenant or namespaces")])
    return [get_namespace(cluster, tenant)["metadata"]["name"]]


def both_selectors(first: str, second: str | None) -> str:
    """A selector that matches where both do."""
    return f"{first},{second}" if second else first

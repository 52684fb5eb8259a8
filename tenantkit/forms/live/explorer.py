"""What tenants have and how it fares, as it changes: workloads, pods and events, by filters down to the reason."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from tenantkit.forms.kit.panel import table
from tenantkit.forms.live.view import LiveView, cell_text

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html

KINDS = ("Deployment", "StatefulSet", "Job", "Pod", "Event")
_MOST = 100
_COLUMNS = ("kind", "tenant", "team", "namespace", "name", "state", "detail")


class Explorer(LiveView):
    """Workloads, pods and events as they change, by team, tenant, kind and state. Experimental: its look may change.

    Choose a tenant, and Why? tells what keeps its workloads from running. Shows itself as the last line of a cell; run
    again, the cell ends the one before. `stop()` or the button Stop ends it, `close()` also takes it from the page.

    Args:
        cluster: where.
        namespace: only there. Default: the whole cluster.

    RBAC: list and watch namespaces, deployments, statefulsets, jobs, pods and events; for Why?, see `why`.

    Example:
        >>> Explorer(cluster, namespace="vision")  # doctest: +SKIP
    """

    def __init__(self, cluster: Cluster, *, namespace: str | None = None) -> None:
        kinds = ("Namespace", *KINDS) if namespace is None else KINDS
        filters = ("tenant", "team", "kind", "state")
        super().__init__(cluster, title="Explorer", kinds=kinds, filters=filters, namespace=namespace)

    def _choices(self) -> dict[str, list[str]]:
        model = self.feed.model
        return {"tenant": model.tenants, "team": model.teams, "kind": [*KINDS], "state": model.states}

    def _content(self) -> Html:
        wanted = {name: self.chosen(name) for name in self.filters}
        found = (row for row in self.feed.model.rows(**wanted) if row.kind != "Namespace")
        cells = [[cell_text(getattr(row, name)) for name in _COLUMNS] for row in islice(found, _MOST)]
        rest = sum(1 for _ in found)
        few = f"the first {_MOST} of {len(cells) + rest} objects" if rest else f"{len(cells)} objects"
        return table(_COLUMNS, cells, caption=few)

"""What tenants have and how it fares, as it changes: from a tenant to its workloads, their pods, events and the reason.

Each drop-down offers what lies within the one before it, so that they are the way down and back up. Each kind costs a
thread and a connection; services, volumes and the like are left to their frames, which a cell shows when asked.
Turned down: a tree to unfold, which jumps under the hand when pods come and go.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.forms.kit.markup import joined
from tenantkit.forms.kit.panel import notice, table
from tenantkit.forms.live.view import LiveView, cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html
    from tenantkit.forms.live.model import Row

KINDS = ("CronJob", "Deployment", "Job", "StatefulSet", "ReplicaSet", "Pod", "Event")
_BETWEEN = frozenset({"ReplicaSet", "Namespace"})  # shown only to whom asks for them
_SAID_BY_TENANT = frozenset({"tenant", "team", "namespace"})
_MOST = 100
_COLUMNS = ("kind", "tenant", "team", "namespace", "name", "state", "detail")


class Explorer(LiveView):
    """Workloads, pods and events as they change. Experimental: its look may change.

    Choose a tenant, one of its workloads, one of its pods: the table shows what belongs to it, and events about it, the
    latest first; Why? tells what keeps it from running. Choose `all` again to go back up. Shows itself as the last line
    of a cell; run again, the cell ends the one before. `stop()` or the button Stop ends it, `close()` also takes it
    from the page. While no page shows it, it rests, and goes on by itself when one does.

    Args:
        cluster: where.
        namespaces: only these. Default: the connection's `namespaces`; where it has none, the whole cluster, or the
            connection's own namespace where the whole cluster may not be watched. Each costs eight connections.

    RBAC: list and watch cronjobs, deployments, jobs, statefulsets, replicasets, pods and events, and namespaces (get,
    where only some are shown); for Why?, see `why`.

    Example:
        >>> Explorer(cluster, namespaces=["vision"])  # doctest: +SKIP
    """

    within = {"team": ("tenant", "workload", "pod"), "tenant": ("workload", "pod"), "workload": ("pod",)}

    @takes_cluster
    def __init__(self, cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> None:
        kinds = ("Namespace", *KINDS)
        filters = ("team", "tenant", "workload", "pod", "kind", "state")
        super().__init__(cluster, title="Explorer", kinds=kinds, filters=filters, namespaces=namespaces)

    def _choices(self) -> dict[str, list[str]]:
        model = self.feed.model
        found = {"team": model.teams, "tenant": model.tenants, "kind": [*KINDS], "state": model.states}
        return found | {"workload": self._workloads(), "pod": self._pods()}

    def _workloads(self) -> list[str]:
        """Those of the chosen tenant: there may be many of one name in many tenants."""
        model, tenant = self.feed.model, self.chosen("tenant")
        if not tenant and len(self.feed.namespaces) != 1:
            return []
        rows = (row for row in model.rows(tenant=tenant) if row.kind not in {"Namespace", "Event"})
        return sorted({model.root(row) for row in rows})

    def _pods(self) -> list[str]:
        workload = self.chosen("workload")
        if not workload:
            return []
        return [row.label for row in self._rows(kind="Pod") if self.feed.model.root(row) == workload]

    def _rows(self, *, kind: str = "", state: str = "") -> Iterator[Row]:
        return self.feed.model.rows(team=self.chosen("team"), tenant=self.chosen("tenant"), kind=kind, state=state)

    def _shown(self) -> Iterator[Row]:
        """What the filters let through."""
        kind, workload, pod = self.chosen("kind"), self.chosen("workload"), self.chosen("pod")
        for row in self._rows(kind=kind, state=self.chosen("state")):
            if pod:
                is_shown = pod in {row.label, row.of}
            elif workload:
                is_shown = self.feed.model.root(row) == workload
            else:
                is_shown = kind == row.kind or row.kind not in _BETWEEN
            if is_shown:
                yield row

    def _content(self, choices: Mapping[str, Sequence[str]]) -> Html | None:
        found, gone = self._shown(), self._gone(choices)
        columns = [name for name in _COLUMNS if name not in _SAID_BY_TENANT or not self.chosen("tenant")]
        cells = [[_text(row, name) for name in columns] for row in islice(found, _MOST)]
        if not cells and self._is_unread(*([self.chosen("kind")] if self.chosen("kind") else KINDS)):
            return gone  # what may not be read is not an empty table
        rest = sum(1 for _ in found)
        few = f"the first {_MOST} of {len(cells) + rest} objects" if rest else f"{len(cells)} objects"
        return joined(gone, table(columns, cells, caption=few))

    def _gone(self, choices: Mapping[str, Sequence[str]]) -> Html | None:
        """Said of what is chosen and is there no longer; events about it may still be."""
        for name in ("pod", "workload"):
            if (wanted := self.chosen(name)) and wanted not in choices[name]:
                return notice("warning", f"{wanted} is there no longer.", word="Gone")
        return None


def _text(row: Row, column: str) -> str:
    value = str(getattr(row, column))
    if column == "detail" and row.at:
        return cell_text(f"{row.at[11:19]} {value}")  # the day is the server's, and in UTC
    return cell_text(value)
